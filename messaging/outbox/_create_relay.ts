import type { MessageBus } from "../bus/message_bus.ts";
import type { OutboxEngine } from "./_engine.ts";
import type { RelayEngine } from "./_relay.ts";
import type { RelaySettings } from "./_settings.ts";
import type { Relay } from "./outbox.ts";

/** See `Outbox.relay`. */
export function createRelay(
  bus: MessageBus,
  settings: RelaySettings,
  open: () => Promise<OutboxEngine>,
): Relay {
  const finished = Promise.withResolvers<void>();
  finished.promise.catch(() => {}); // not everybody awaits it
  let engine: RelayEngine | undefined;
  let starting: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;

  async function begin(): Promise<void> {
    const outbox = await open();
    if (stopping !== undefined) return;
    const relay = outbox.relay(bus, settings, finished.reject);
    await relay.start();
    engine = relay;
  }

  async function end(): Promise<void> {
    await starting?.catch(() => {});
    await engine?.stop();
    finished.resolve();
  }

  return {
    finished: finished.promise,
    start() {
      if (stopping !== undefined) {
        return Promise.reject(new TypeError("Cannot start a relay that was stopped; create another one"));
      }
      return starting ??= begin();
    },
    stop: () => stopping ??= end(),
    health() {
      if (engine !== undefined) return engine.health();
      const reasons = [stopping === undefined ? "The relay was not started" : "The relay was stopped"];
      return Promise.resolve({ status: "unhealthy", reasons, listening: false });
    },
    [Symbol.asyncDispose]: () => stopping ??= end(),
  };
}
