import type { ListenerCore } from "./_core.ts";
import type { HeldMessage } from "./_held_message.ts";
import { poisonMessageError } from "./_redelivery_policy.ts";
import { SPARE_DELIVERIES } from "./_settings.ts";

/** How long a message waits for an older one that may have to be handled before it, in milliseconds. */
const RETRY_MS = 1000;
/** How many keys of buried messages are remembered. */
const MAX_KEYS = 1000;

/**
 * Buries messages that were delivered so often that they seem to kill each process that handles them.
 *
 * The delivery count alone is no proof: a message that waits behind the killer, since it has the same key, is delivered as
 * often and never handled. So with `keyOf` only the oldest message of the consumer is buried for its count; those behind one
 * that was buried run alone first.
 */
export class PoisonPolicy {
  readonly #engine: ListenerCore;
  /** Keys of messages that were buried here: what was behind them has not been handled yet. */
  readonly #buriedKeys = new Set<unknown>();

  constructor(engine: ListenerCore) {
    this.#engine = engine;
  }

  /**
   * Whether a message was delivered so often that it is to be buried. One that came with others may have been held beside the
   * killer each time, so it gets more chances to run alone than one that came `alone`.
   */
  isDue(deliveryCount: number, alone: boolean): boolean {
    return deliveryCount >= this.#engine.settings.maxAttempts + (alone ? 1 : 2) * SPARE_DELIVERIES;
  }

  /** Buries a message, or lets it run alone once where its deliveries are explained by another one. */
  judge(held: HeldMessage): void {
    const { dispatcher, settings: { keyOf } } = this.#engine;
    if (keyOf === undefined) return this.#bury(held);
    const key = dispatcher.keyOf(held);
    if (held.deadLetterCause !== undefined) return; // it could not be read
    if (key === undefined) return this.#bury(held);
    held.state = "queued";
    this.#judgeBehind(held, key).catch(() => {
      if (held.state === "queued") this.#engine.giveBack(held, RETRY_MS);
    });
  }

  async #judgeBehind(held: HeldMessage, key: unknown): Promise<void> {
    const { dispatcher } = this.#engine;
    const oldest = this.#buriedKeys.has(key) ? undefined : await held.source.consumer?.oldest();
    if (held.state !== "queued") return; // the listener has stopped meanwhile
    if (this.#buriedKeys.has(key)) {
      dispatcher.take(held);
    } else if (oldest !== undefined && oldest.sequence < held.sequence) {
      this.#engine.giveBack(held, RETRY_MS);
    } else {
      this.#remember(key);
      this.#bury(held);
    }
  }

  #remember(key: unknown): void {
    this.#buriedKeys.add(key);
    if (this.#buriedKeys.size <= MAX_KEYS) return;
    for (const oldest of this.#buriedKeys) {
      this.#buriedKeys.delete(oldest);
      break;
    }
  }

  #bury(held: HeldMessage): void {
    this.#engine.redeliveryPolicy.deadLetter(held, poisonMessageError(held.delivery.deliveryCount), "dlq");
  }
}
