import type { MessageBus } from "./message_bus.ts";
import { STREAM_CONFIGS } from "./streams.ts";

const ensured = new WeakMap<MessageBus, Promise<void>>();

/** Ensures the streams of the fleet, once for each bus; `again` where one was deleted since. */
export function ensureStreams(bus: MessageBus, { again = false }: { again?: boolean } = {}): Promise<void> {
  const known = ensured.get(bus);
  if (known !== undefined && !again) return known;
  const work = (async () => {
    for (const config of STREAM_CONFIGS) await bus.ensureStream(config);
  })();
  ensured.set(bus, work);
  work.catch(() => ensured.delete(bus));
  return work;
}
