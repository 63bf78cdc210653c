import type { MessageBus } from "./message_bus.ts";

/** The sequence of the first message of a stream that was stored at an instant or later, by binary search. */
export async function firstSequenceSince(bus: MessageBus, stream: string, since: Date): Promise<number> {
  const info = await bus.streamInfo(stream);
  if (info === undefined) return 1;
  let [low, high] = [info.firstSequence, info.lastSequence + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const message = await bus.readMessage(stream, { from: middle });
    if (message === undefined || Number(message.timeNanos / 1_000_000n) >= since.getTime()) high = middle;
    else low = message.sequence + 1;
  }
  return low;
}
