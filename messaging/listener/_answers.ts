import type { ListenerCore } from "./_core.ts";
import type { HeldMessage } from "./_held_message.ts";

/** How long an answer may take to the server, in milliseconds. */
const MARGIN_MS = 1000;

/** An answer that waits for the connection. */
interface Unsent {
  readonly held: HeldMessage;
  send(): void;
}

/**
 * Answers deliveries, unless their message is lost: the ack wait has passed since the server last heard of it, so it may have
 * delivered the message to another process. nats-server 2.9 takes such a late answer all the same, and would settle the
 * message, or deliver it once more, while the other process handles it. The answer is not sent; where the message was
 * handled here and comes here again, it is acknowledged then.
 */
export class Answers {
  readonly #engine: ListenerCore;
  readonly #unsent: Unsent[] = [];

  constructor(engine: ListenerCore) {
    this.#engine = engine;
  }

  ack(held: HeldMessage): void {
    this.#answer({ held, send: () => held.delivery.ack() });
  }

  nak(held: HeldMessage, delayMs: number): void {
    this.#answer({ held, send: () => held.delivery.nak(delayMs) });
  }

  /**
   * Whether the server may have delivered a message again. That of a partition counts as lost a little earlier: an answer
   * that is on its way when the ack wait ends would let the next message of its key begin.
   */
  isLost({ extendedAt, source: { settings: { ackWaitMs, partitions } } }: HeldMessage): boolean {
    const marginMs = partitions === undefined ? 0 : Math.min(MARGIN_MS, ackWaitMs / 10);
    return this.#engine.now() - extendedAt >= ackWaitMs - marginMs;
  }

  /** Sends what has waited for the connection and is not too late. */
  resend(): void {
    for (const answer of this.#unsent.splice(0)) this.#answer(answer);
  }

  /** Leaves what still waits to the bus, which sends it when it is connected. */
  close(): void {
    for (const { held, send } of this.#unsent.splice(0)) if (!this.isLost(held)) send();
  }

  #answer(answer: Unsent): void {
    if (!this.#engine.bus.connected) this.#unsent.push(answer);
    else if (!this.isLost(answer.held)) answer.send();
  }
}
