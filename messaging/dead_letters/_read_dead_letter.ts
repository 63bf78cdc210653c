import { DLQ_HEADERS, isOwnHeader, originOf, parseOmitted } from "./_format.ts";
import { subjectMatcher } from "../contract/_subject.ts";
import type { DeadLetter, DeadLetterFilter } from "./dead_letters.ts";
import type { GlamEvent } from "../contract/event.ts";
import { type HeaderEntries, MessageHeaders } from "../bus/message_headers.ts";
import type { StoredMessage } from "../bus/stream.ts";

/** Reads a stored message as a dead letter. */
export function toDeadLetter({ subject, sequence, timeNanos, headers, data }: StoredMessage): DeadLetter {
  const text = (name: string) => headers.get(name);
  const number = (name: string) => {
    const value = Number(headers.get(name) ?? NaN);
    return Number.isSafeInteger(value) ? value : undefined;
  };
  const date = (name: string) => {
    const value = new Date(headers.get(name) ?? NaN);
    return Number.isNaN(value.getTime()) ? undefined : value;
  };
  return {
    sequence,
    subject: originOf(subject),
    data,
    event: parse(data),
    headers: new MessageHeaders(originalHeaders(headers)),
    deadSince: new Date(Number(timeNanos / 1_000_000n)),
    stream: text(DLQ_HEADERS.stream),
    streamSequence: number(DLQ_HEADERS.sequence),
    consumer: text(DLQ_HEADERS.consumer),
    messageId: text(DLQ_HEADERS.messageId),
    attempts: number(DLQ_HEADERS.attempts),
    errorCode: text(DLQ_HEADERS.errorCode),
    errorName: text(DLQ_HEADERS.errorName),
    errorMessage: text(DLQ_HEADERS.errorMessage),
    errorDigest: text(DLQ_HEADERS.errorDigest),
    firstFailedAt: date(DLQ_HEADERS.firstFailedAt),
    lastFailedAt: date(DLQ_HEADERS.lastFailedAt),
    redriveCount: number(DLQ_HEADERS.redriveCount) ?? 0,
    omittedHeaders: parseOmitted(text(DLQ_HEADERS.omittedHeaders)),
    omittedBytes: number(DLQ_HEADERS.omittedBytes) ?? 0,
  };
}

/** The headers of the message itself, without those of the broker and of the dead letter. */
function originalHeaders(headers: MessageHeaders): HeaderEntries {
  return [...headers].filter(([name]) => !isOwnHeader(name));
}

function parse(data: Uint8Array): Partial<GlamEvent> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(data));
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A predicate for the dead letters that `filter` selects. */
export function deadLetterMatcher(filter: DeadLetterFilter): (letter: DeadLetter) => boolean {
  const { sequence, subject, consumer, errorCode, errorDigest, since, until } = filter;
  const hasSubject = subject === undefined ? () => true : subjectMatcher(subject);
  return (letter) =>
    (sequence === undefined || letter.sequence === sequence) &&
    hasSubject(letter.subject) &&
    (consumer === undefined || letter.consumer === consumer) &&
    (errorCode === undefined || letter.errorCode === errorCode) &&
    (errorDigest === undefined || letter.errorDigest === errorDigest) &&
    (since === undefined || letter.deadSince >= since) &&
    (until === undefined || letter.deadSince < until);
}
