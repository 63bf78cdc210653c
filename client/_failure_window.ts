/** How many slices a window is counted in. */
const SLICES = 10;

interface Slice {
  number: number;
  failures: number;
  total: number;
}

/**
 * Counts attempts within the last `windowMs`, for a circuit breaker of cockatiel. Its own `SamplingBreaker` forgets a
 * slice of the window with each attempt instead of with time: after a quiet hour it still counts the hour's failures.
 */
export class FailureWindow {
  readonly #failureRatio: number;
  readonly #minRequests: number;
  readonly #sliceMs: number;
  #slices: Slice[] = Array.from({ length: SLICES }, () => ({ number: -1, failures: 0, total: 0 }));

  constructor(failureRatio: number, windowMs: number, minRequests: number) {
    this.#failureRatio = failureRatio;
    this.#minRequests = minRequests;
    this.#sliceMs = windowMs / SLICES;
  }

  get state(): unknown {
    return this.#slices;
  }
  set state(slices: unknown) {
    this.#slices = slices as Slice[];
  }

  /** Counts a success; the one that closes the circuit lets it begin anew. */
  success(state: number): void {
    if (state !== CLOSED) { for (const slice of this.#slices) slice.number = -1; }
    this.#current().total++;
  }

  /** Counts a failure, and tells whether the circuit is to open. */
  failure(state: number): boolean {
    const current = this.#current();
    current.total++;
    current.failures++;
    if (state !== CLOSED) return true;
    let failures = 0;
    let total = 0;
    for (const slice of this.#slices) {
      if (slice.number <= current.number - SLICES) continue;
      failures += slice.failures;
      total += slice.total;
    }
    return total >= this.#minRequests && failures >= this.#failureRatio * total;
  }

  #current(): Slice {
    const number = Math.floor(Date.now() / this.#sliceMs);
    const slice = this.#slices[number % SLICES]!;
    if (slice.number !== number) Object.assign(slice, { number, failures: 0, total: 0 });
    return slice;
  }
}

/** `CircuitState.Closed` of cockatiel, which is loaded later. */
const CLOSED = 0;
