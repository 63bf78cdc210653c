import { isRetryableError } from "../../errors/is_retryable_error.ts";
import { isWritableHeader } from "../bus/_header_bytes.ts";
import type { MessageBus } from "../bus/message_bus.ts";
import { Streams } from "../bus/streams.ts";
import { DLQ_HEADERS, redriveId } from "./_format.ts";
import type { DeadLetter } from "./dead_letters.ts";

/** Why a dead letter was not redriven. */
export interface RedriveProblem {
  readonly reason: string;
  /** Whether the broker failed, so that the next one would fail as well. */
  readonly isFinal: boolean;
}

/** Publishes a dead letter to `subject`, then removes it. Returns the problem where that fails. */
export async function publishAgain(
  bus: MessageBus,
  letter: DeadLetter,
  subject: string,
  timeNanos: bigint,
): Promise<RedriveProblem | undefined> {
  const { sequence, data, messageId, redriveCount } = letter;
  const headers: [string, string][] = [
    ...[...letter.headers].filter(([name, value]) => isWritableHeader(name, value)).map(([...pair]) => pair),
    [DLQ_HEADERS.redriveCount, String(redriveCount + 1)],
  ];
  // It is still the same event: an inbox recognises it by this id and not by the new message id.
  if (messageId !== undefined && isWritableHeader(DLQ_HEADERS.messageId, messageId)) {
    headers.push([DLQ_HEADERS.messageId, messageId]);
  }
  let isPublished = false;
  try {
    const { duplicate } = await bus.publish({ subject, data, headers, id: redriveId(sequence, timeNanos) });
    if (duplicate) {
      return { reason: "It was published again a moment ago, and could not be removed then", isFinal: false };
    }
    isPublished = true;
    await bus.deleteMessage(Streams.DLQ, sequence);
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      reason: isPublished ? `It was published again, and could not be removed: ${reason}` : reason,
      isFinal: isRetryableError(error),
    };
  }
}
