import { isGlamError } from "../../errors/glam_error.ts";
import type { MessageBus } from "../bus/message_bus.ts";
import { DLQ_HEADERS, dlqSubject } from "../dead_letters/_format.ts";
import { Streams } from "../bus/streams.ts";
import type { HeldMessage } from "./_held_message.ts";

/** Longest error message in a header, in characters. */
const MAX_MESSAGE = 1000;

/**
 * Writes the dead letter of a message: its payload and headers, and why it failed. The message id makes it idempotent: a
 * second write, as after a crash, stores nothing.
 */
export async function writeDeadLetter(bus: MessageBus, held: HeldMessage): Promise<void> {
  const { delivery, deadLetterCause, firstFailedAt, source } = held;
  const { subject, data, stream, sequence, consumer, timeNanos } = delivery;
  const failure = deadLetterCause!;
  const kept: (readonly [string, string])[] = [];
  let redrives = "0";
  let messageId = delivery.headers.get(DLQ_HEADERS.messageId);
  for (const [name, value] of delivery.headers) {
    if (name.toLowerCase() === DLQ_HEADERS.redriveCount.toLowerCase()) redrives = value;
    else if (!/^(nats|glam-dlq)-/i.test(name)) kept.push([name, value]);
  }
  if (redrives === "0") messageId ??= delivery.headers.get("Nats-Msg-Id");
  const facts: [string, string | undefined][] = [
    [DLQ_HEADERS.stream, stream],
    [DLQ_HEADERS.sequence, String(sequence)],
    [DLQ_HEADERS.consumer, consumer],
    [DLQ_HEADERS.messageId, messageId],
    [DLQ_HEADERS.attempts, String(failure.attempts)],
    [DLQ_HEADERS.errorCode, oneLine(failure.code)],
    [DLQ_HEADERS.errorName, oneLine(failure.name)],
    [DLQ_HEADERS.errorMessage, oneLine(failure.message)],
    [DLQ_HEADERS.errorDigest, failure.digest],
    [
      DLQ_HEADERS.firstFailedAt,
      firstFailedAt === undefined ? undefined : new Date(firstFailedAt).toISOString(),
    ],
    [DLQ_HEADERS.lastFailedAt, new Date(failure.failedAt).toISOString()],
    [DLQ_HEADERS.redriveCount, redrives],
  ];
  const known = facts.filter((fact): fact is [string, string] => fact[1] !== undefined);
  const message = {
    subject: dlqSubject(subject),
    data,
    stream: Streams.DLQ,
    id: `${stream}:${sequence}:${source.settings.durable}:${timeNanos}`,
  };
  try {
    await bus.publish({ ...message, headers: [...kept, ...known] });
  } catch (error) {
    // Near the payload limit there is no room for the error; the origin has to do.
    if (!isGlamError(error) || error.details["kind"] !== "too_large") throw error;
    const least = known.filter(([name]) => ESSENTIAL.has(name));
    await bus.publish({ ...message, headers: [...kept, ...least] }).catch(() =>
      bus.publish({ ...message, headers: least })
    );
  }
}

const ESSENTIAL: ReadonlySet<string> = new Set([
  DLQ_HEADERS.stream,
  DLQ_HEADERS.sequence,
  DLQ_HEADERS.consumer,
  DLQ_HEADERS.messageId,
  DLQ_HEADERS.errorCode,
  DLQ_HEADERS.redriveCount,
]);

/** Text without line breaks and control characters, cut to {@link MAX_MESSAGE} characters. */
function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f\s]+/g, " ").trim().slice(0, MAX_MESSAGE);
}
