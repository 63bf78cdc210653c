import type { Timer } from "../bus/clock.ts";
import type { ListenerCore } from "./_core.ts";

/**
 * Sweeps the held messages: extends their ack wait, and gives up handlers that exceed `maxHandlerMs`. A message that was
 * delivered between two sweeps counts as delivered at the earlier one: it is extended a little early and given up a little
 * late.
 */
export class AckExtender {
  /** Time of the last sweep, in milliseconds since 1970: exact enough for the times that are kept of each message. */
  ranAt = 0;
  /** Time of the sweep before: what is delivered now was not delivered by then, however long this process was suspended. */
  ranBefore = 0;
  readonly #engine: ListenerCore;
  readonly #everyMs: number;
  #timer: Timer | undefined;

  constructor(engine: ListenerCore) {
    const { maxHandlerMs, sources } = engine.settings;
    const ackWaitMs = Math.min(...sources.map((source) => source.ackWaitMs));
    this.#engine = engine;
    this.#everyMs = Math.round(Math.max(10, Math.min(1000, ackWaitMs / 9, maxHandlerMs / 10)));
  }

  start(): void {
    this.ranBefore = this.ranAt = this.#engine.now();
    this.#schedule();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #schedule(): void {
    this.#timer = this.#engine.bus.clock.setTimer(() => {
      this.#sweep();
      this.#schedule();
    }, this.#everyMs);
  }

  #sweep(): void {
    const { answers, bus, runner, sources, settings: { maxHandlerMs } } = this.#engine;
    this.ranBefore = this.ranAt;
    const now = this.ranAt = this.#engine.now();
    const isConnected = bus.connected;
    for (const source of sources) {
      const { ackWaitMs, partitions } = source.settings;
      const waitMs = Math.min(ackWaitMs, source.ackWaitMs);
      for (const held of source.held.values()) {
        if (held.state === "running" && now - held.startedAt >= maxHandlerMs + this.#everyMs) {
          runner.giveUp(held);
        } else if (partitions !== undefined && answers.isLost(held)) {
          runner.lose(held);
        } else if (
          isConnected && now - held.extendedAt >= waitMs / 3 - this.#everyMs && !answers.isLost(held)
        ) {
          held.extendedAt = now;
          held.delivery.inProgress();
        }
      }
    }
  }
}
