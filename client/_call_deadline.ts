import { getContext } from "../context/storage.ts";
import { RequestTimeoutError } from "../errors/common.ts";
import type { DeadlineTimer, Timed } from "./_deadline_timer.ts";

/** Milliseconds below which a request is not worth sending. */
export const LEAST_MS = 5;

/** The time that one call has, over all of its attempts. */
export class CallDeadline implements Timed {
  /** Aborts when the time is over, or the caller gives up. */
  readonly signal: AbortSignal;
  /** Whether it was the time that ended the call. */
  isOver = false;
  readonly #controller = new AbortController();
  readonly #doing: string;
  readonly #ms: number;
  /** When it is over, by `performance.now()`. */
  readonly endsAt: number;
  readonly #caller: AbortSignal | undefined;
  readonly #timer: DeadlineTimer;
  readonly #onCallerAbort = () => this.giveUp(this.#caller!.reason);
  #interrupt: ((reason: unknown) => void) | undefined;

  /**
   * @throws {RequestTimeoutError} when the current request has no time left to begin with.
   */
  constructor(timeoutMs: number, caller: AbortSignal | undefined, doing: string, timer: DeadlineTimer) {
    caller?.throwIfAborted();
    const deadlineAt = getContext()?.deadlineAt;
    const left = deadlineAt === undefined ? Infinity : deadlineAt - Date.now();
    this.#doing = doing;
    this.#ms = Math.min(timeoutMs, left);
    if (left < LEAST_MS) throw this.#expired();
    this.endsAt = performance.now() + this.#ms;
    this.#caller = caller;
    this.signal = this.#controller.signal;
    this.#timer = timer;
    timer.add(this);
    caller?.addEventListener("abort", this.#onCallerAbort, { once: true });
  }

  /** Milliseconds that are left. */
  get leftMs(): number {
    return Math.max(0, this.endsAt - performance.now());
  }

  /** Ends the call since its time is over, and gives what it is told. */
  expire(): RequestTimeoutError {
    const error = this.#expired();
    this.isOver = true;
    this.giveUp(error);
    return error;
  }

  /**
   * What `work` gives, unless the time is over first: what carries a request may not heed its signal. One at a time.
   *
   * @throws the signal's reason, when it has aborted or aborts.
   */
  race<T>(work: Promise<T>): Promise<T> {
    const { signal } = this;
    return new Promise((resolve, reject) => {
      this.#interrupt = reject;
      if (signal.aborted) reject(signal.reason);
      // A carrier that heeds the signal may reject first, with an error of its own.
      work.then(resolve, (error) => reject(signal.aborted ? signal.reason : error));
    });
  }

  /** Ends the call with this reason. */
  giveUp(reason: unknown): void {
    if (this.signal.aborted) return;
    this.#interrupt?.(reason);
    this.#controller.abort(reason);
  }

  #expired(): RequestTimeoutError {
    const ms = Math.max(0, Math.round(this.#ms));
    return new RequestTimeoutError(`${this.#doing}: no answer within ${ms} ms`, {
      operation: "http_request",
      timeoutSeconds: ms / 1000,
    });
  }

  /** The call has ended: no time is over any more, and it listens to nobody any more. */
  end(): void {
    this.#timer.delete(this);
    this.#interrupt = undefined;
    this.#caller?.removeEventListener("abort", this.#onCallerAbort);
  }
}
