import type { MessageBus } from "../bus/message_bus.ts";
import { Streams } from "../bus/streams.ts";
import { partitionsFilter } from "../contract/_partition.ts";
import { dlqSubject } from "./_format.ts";

/** A filter of the stream for the dead letters of a subject, and of its partitions where it has some. */
export async function lettersOf(bus: MessageBus, subject: string): Promise<string> {
  const own = dlqSubject(subject);
  if (subject.endsWith(">")) return own;
  const ofPartitions = partitionsFilter(own);
  const has = (filter: string) => bus.readMessage(Streams.DLQ, { from: 1, subject: filter });
  if (await has(ofPartitions) === undefined) return own;
  return await has(own) === undefined ? ofPartitions : ">";
}
