import { getContext } from "../context/storage.ts";
import { RequestTimeoutError } from "../errors/common.ts";

/** Milliseconds below which a request is not worth sending. */
const LEAST_MS = 5;

/** The time that one call has, over all of its attempts. */
export class CallDeadline {
  /** Aborts when the time is over, or the caller gives up. */
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #endsAt: number;
  readonly #caller: AbortSignal | undefined;
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #onAbort = () => this.#controller.abort(this.#caller!.reason);

  /**
   * @throws {RequestTimeoutError} when there is no time left to begin with.
   */
  constructor(timeoutMs: number, caller: AbortSignal | undefined, doing: string) {
    caller?.throwIfAborted();
    const now = Date.now();
    const left = (getContext()?.deadlineAt ?? Infinity) - now;
    const ms = Math.min(timeoutMs, left);
    const expired = () =>
      new RequestTimeoutError(`${doing}: no answer within ${Math.max(0, Math.round(ms))} ms`, {
        operation: "http_request",
        timeoutSeconds: Math.max(0, ms) / 1000,
      });
    if (ms < LEAST_MS && ms < timeoutMs) throw expired();
    this.#endsAt = now + ms;
    this.#caller = caller;
    this.signal = this.#controller.signal;
    this.#timer = setTimeout(() => this.#controller.abort(expired()), ms);
    caller?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Milliseconds that are left. */
  get leftMs(): number {
    return Math.max(0, this.#endsAt - Date.now());
  }

  /** What `work` gives, unless the time is over first: what carries a request may not heed its signal. */
  async race<T>(work: Promise<T>): Promise<T> {
    const { signal } = this;
    signal.throwIfAborted();
    let stop = () => {};
    const aborted = new Promise<never>((_, reject) => {
      stop = () => reject(signal.reason);
      signal.addEventListener("abort", stop, { once: true });
    });
    try {
      return await Promise.race([work, aborted]);
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** Ends the call with this reason. */
  giveUp(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** Stops the timer, and listens to nobody any more. */
  end(): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener("abort", this.#onAbort);
  }
}
