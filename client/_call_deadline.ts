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
  /** When it is over, by `performance.now()`. */
  readonly endsAt: number;
  readonly #controller = new AbortController();
  readonly #doing: string;
  readonly #ms: number;
  readonly #timer: DeadlineTimer;
  #stopListening: (() => void) | undefined;
  #interrupt: ((reason: unknown) => void) | undefined;

  /**
   * @throws {RequestTimeoutError} when the current request has no time left to begin with.
   */
  constructor(
    doing: string,
    startedAt: number,
    timeoutMs: number,
    caller: AbortSignal | undefined,
    timer: DeadlineTimer,
  ) {
    caller?.throwIfAborted();
    const deadlineAt = getContext()?.deadlineAt;
    const left = deadlineAt === undefined ? Infinity : deadlineAt - Date.now();
    this.#doing = doing;
    this.#ms = Math.min(timeoutMs, left);
    if (left < LEAST_MS) throw this.#expired();
    this.endsAt = startedAt + this.#ms;
    this.signal = this.#controller.signal;
    this.#timer = timer;
    timer.add(this);
    if (caller === undefined) return;
    const onAbort = () => this.giveUp(caller.reason);
    caller.addEventListener("abort", onAbort);
    this.#stopListening = () => caller.removeEventListener("abort", onAbort);
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

  /** Has `interrupt` called as soon as the call ends: what carries a request may not heed its signal. One at a time. */
  onEnd(interrupt: (reason: unknown) => void): void {
    this.#interrupt = interrupt;
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
    this.#stopListening?.();
  }
}
