import { MessageBusError } from "../../errors/infrastructure.ts";
import { busError } from "./_bus_error.ts";
import type { MessageBus } from "./message_bus.ts";

const checks = new WeakMap<MessageBus, Map<string, Promise<string | undefined>>>();

/**
 * Rejects a request subject that a stream covers: the caller would take the stream's acknowledgement for the response. The
 * result is cached per bus and subject. Without the permission to ask for the stream, the subject is not checked.
 */
export async function assertUncovered(bus: MessageBus, subject: string): Promise<void> {
  let known = checks.get(bus);
  if (known === undefined) checks.set(bus, known = new Map());
  let check = known.get(subject);
  if (check === undefined) {
    check = bus.findStream(subject).catch(undefinedIfRefused);
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

function undefinedIfRefused(error: unknown): undefined {
  if (error instanceof MessageBusError && error.kind === "refused") return undefined;
  throw error;
}
