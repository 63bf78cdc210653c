import type { Clock } from "./clock.ts";
import type { IncomingMessage } from "./message_bus.ts";

/** Replies in one answer at most: whoever floods an inbox must not fill the memory. */
const MAX_REPLIES = 10_000;

/** When to stop waiting for replies. */
interface Limits {
  readonly timeoutMs: number;
  readonly idleMs: number;
  readonly signal: AbortSignal | undefined;
  readonly clock: Clock;
}

/** The replies to one request, until no more are expected. */
export class Replies {
  readonly finished: Promise<IncomingMessage[]>;
  readonly #replies: IncomingMessage[] = [];
  readonly #resolve: (replies: IncomingMessage[]) => void;
  readonly #reject: (error: unknown) => void;
  readonly #limits: Limits;
  readonly #timer: { cancel(): void };
  #isOver = false;
  #idle: { cancel(): void } | undefined;

  /** `onEnd` runs when no more replies are taken. */
  constructor(limits: Limits, onEnd: () => unknown = () => {}) {
    const { clock, timeoutMs, idleMs, signal } = limits;
    for (const [name, ms] of [["timeoutMs", timeoutMs], ["idleMs", idleMs]] as const) {
      if (!(ms > 0)) throw new RangeError(`Expected \`${name}\` to be more than 0, got ${ms}`);
    }
    this.#limits = limits;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage[]>();
    this.#resolve = resolve;
    this.#reject = reject;
    this.#timer = clock.setTimer(this.end, timeoutMs);
    const onAbort = () => this.fail(signal!.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    this.finished = promise.finally(() => {
      this.#isOver = true;
      this.#timer.cancel();
      this.#idle?.cancel();
      signal?.removeEventListener("abort", onAbort);
      onEnd();
    });
  }

  /** Takes a reply. */
  add(reply: IncomingMessage): void {
    if (this.#isOver) return;
    if (this.#replies.push(reply) >= MAX_REPLIES) return this.end();
    this.#idle?.cancel();
    this.#idle = this.#limits.clock.setTimer(this.end, this.#limits.idleMs);
  }

  /** Resolves with the replies so far. */
  readonly end = (): void => this.#resolve(this.#replies);

  /** Rejects. */
  readonly fail = (error: unknown): void => this.#reject(error);
}
