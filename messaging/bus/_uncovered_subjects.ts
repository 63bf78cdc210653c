import { busError } from "./_bus_error.ts";
import type { MessageBus } from "./message_bus.ts";
import { streamOf } from "./stream_of.ts";

const checks = new WeakMap<MessageBus, Map<string, Promise<string | undefined>>>();

/**
 * Rejects a request subject that a stream covers: the caller would take the stream's acknowledgement for the response. The
 * result is cached per bus and subject. Without the permission to ask for the stream, the layout that the bus was given
 * decides.
 */
export async function assertUncovered(bus: MessageBus, subject: string): Promise<void> {
  let known = checks.get(bus);
  if (known === undefined) checks.set(bus, known = new Map());
  let check = known.get(subject);
  if (check === undefined) {
    check = streamOf(bus, subject);
    known.set(subject, check);
    check.catch(() => known.delete(subject));
  }
  const stream = await check;
  if (stream === undefined) return;
  known.delete(subject);
  throw busError(
    "refused",
    `Cannot send requests to "${subject}": the stream ${stream} covers it, and would answer`,
    {
      operation: "request",
      stream,
      subject,
    },
  );
}
