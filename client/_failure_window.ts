import { type Slice, SlidingWindow } from "./_sliding_window.ts";

/**
 * Counts attempts within the last `windowMs`, for a circuit breaker of cockatiel. Its own `SamplingBreaker` forgets a
 * slice of the window with each attempt instead of with time: after a quiet hour it still counts the hour's failures.
 */
export class FailureWindow {
  readonly #failureRatio: number;
  readonly #minRequests: number;
  readonly #window: SlidingWindow;

  constructor(failureRatio: number, windowMs: number, minRequests: number) {
    this.#failureRatio = failureRatio;
    this.#minRequests = minRequests;
    this.#window = new SlidingWindow(windowMs);
  }

  get state(): unknown {
    return this.#window.slices;
  }
  set state(slices: unknown) {
    this.#window.slices = slices as Slice[];
  }

  /** Counts a success; the one that closes the circuit lets it begin anew. */
  success(state: number): void {
    if (state !== CLOSED) this.#window.clear();
    this.#window.current().total++;
  }

  /** Counts a failure, and tells whether the circuit is to open. */
  failure(state: number): boolean {
    const current = this.#window.current();
    current.total++;
    current.marked++;
    if (state !== CLOSED) return true;
    const { total, marked } = this.#window.sums(current);
    return total >= this.#minRequests && marked >= this.#failureRatio * total;
  }
}

/** `CircuitState.Closed` of cockatiel, which is loaded later. */
const CLOSED = 0;
