import { ensureStreams } from "../messaging/bus/ensure_streams.ts";
import type { Startable } from "./_step.ts";

/** Makes the streams of the fleet where they are absent, and logs those that differ. */
export async function ensureServiceStreams({ settings: { logger, options } }: Startable): Promise<void> {
  const { bus, streams } = options;
  if (bus === undefined || streams === false) return;
  for (const { name, drift } of await ensureStreams(bus, streams)) {
    if (drift.length > 0) logger.warn("A stream differs from what it should be", { stream: name, drift });
  }
}

/** Starts the listeners of a service, one after the other; one that is started already stays as it is. */
export async function startListeners(
  { begun, fail, settings: { options: { listeners = [] } }, signal }: Startable,
): Promise<{ listeners: number } | void> {
  for (const listener of listeners) {
    if (signal.aborted) return; // a listener that began now would not be stopped
    begun.add(listener);
    await listener.start();
    listener.finished.catch((error) => fail("listeners", error));
  }
  return { listeners: listeners.length };
}
