import type { MessageBus } from "../bus/message_bus.ts";

/** What tells a stream from one of the same name that was there before it; `undefined` where that cannot be known. */
export async function createdOf(bus: MessageBus, stream: string): Promise<string | undefined> {
  const info = await bus.streamInfo(stream).catch(() => undefined);
  return info?.created;
}
