import { fullJitter } from "../../internal/backoff.ts";
import type { Timer } from "../bus/clock.ts";
import type { ListenerCore } from "./_core.ts";
import type { NotTried } from "./_handle_once.ts";

const BETWEEN_TRIES = { minDelayMs: 100, maxDelayMs: 5000, factor: 2 };

/**
 * An outage of the inbox's database, in which no handler can be called: after a delay one message is tried at a time, until
 * its handler could be called.
 */
export class InboxOutage {
  readonly #engine: ListenerCore;
  /** Failures in succession. */
  #count = 0;
  #reason: string | undefined;
  #timer: Timer | undefined;

  constructor(engine: ListenerCore) {
    this.#engine = engine;
  }

  /** Why no handler can be called; `undefined` where there is no outage. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** How many handlers may run at a time. */
  get limit(): number {
    if (this.#reason === undefined) return this.#engine.settings.concurrency;
    return this.#timer === undefined ? 1 : 0;
  }

  /** Records that a handler could not be called. */
  begin({ message, cause }: NotTried): void {
    if (this.#timer !== undefined) return;
    this.#reason = message;
    const delayMs = fullJitter(++this.#count, BETWEEN_TRIES);
    this.#timer = this.#engine.after(delayMs, () => {
      this.#timer = undefined;
      this.#engine.dispatcher.pump();
    });
    this.#engine.logger.error("Inbox could not be used; events wait for it", {
      error: cause,
      delay_ms: Math.round(delayMs),
    });
  }

  /** Records that a handler could be called: the outage is over. */
  end(): void {
    if (this.#reason === undefined) return;
    this.#timer?.cancel();
    this.#timer = this.#reason = undefined;
    this.#count = 0;
  }
}
