import { DLQ_HEADERS, isOwnHeader, isSkip, originOf, parseOmitted } from "./_format.ts";
import { contractSubject } from "../contract/_partition.ts";
import { subjectMatcher } from "../contract/_subject.ts";
import type { DeadLetter, DeadLetterFilter } from "./dead_letters.ts";
import type { GlamEvent } from "../contract/event.ts";
import { type HeaderEntries, MessageHeaders } from "../bus/message_headers.ts";
import type { StoredMessage } from "../bus/stream.ts";

/** Reads a stored message as a dead letter. */
export function toDeadLetter(message: StoredMessage): DeadLetter {
  const { subject, sequence, headers, data } = message;
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
    deadSince: deadSince(message),
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
    held: text(DLQ_HEADERS.held) === "true",
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

/**
 * A predicate for the stored messages of the dead letters that `filter` selects. It reads only the headers that the filter
 * names, and is ten times as fast as reading the whole dead letter.
 */
export function deadLetterMatcher(filter: DeadLetterFilter): (message: StoredMessage) => boolean {
  const { sequence, subject, consumer, errorCode, errorDigest, since, until } = filter;
  const hasSubject = subject === undefined ? () => true : subjectMatcher(subject);
  const isOf = (message: StoredMessage) => {
    const origin = originOf(message.subject);
    return hasSubject(origin) || hasSubject(contractSubject({ subject: origin, headers: message.headers }));
  };
  const has = ({ headers }: StoredMessage, name: string, wanted: string | undefined) =>
    wanted === undefined || headers.get(name) === wanted;
  return (message) =>
    (sequence === undefined || message.sequence === sequence) &&
    !isSkip(message) &&
    isOf(message) &&
    (since === undefined || deadSince(message) >= since) &&
    (until === undefined || deadSince(message) < until) &&
    (consumer === undefined || isConsumer(message.headers.get(DLQ_HEADERS.consumer), consumer)) &&
    has(message, DLQ_HEADERS.errorCode, errorCode) &&
    has(message, DLQ_HEADERS.errorDigest, errorDigest);
}

/** Whether a durable is the wanted one, or that of one of its partitions. */
function isConsumer(durable: string | undefined, wanted: string): boolean {
  return durable === wanted ||
    durable !== undefined && durable.startsWith(`${wanted}_p`) &&
      /^\d+$/.test(durable.slice(wanted.length + 2));
}

/** When a message became a dead letter. */
export function deadSince({ timeNanos }: StoredMessage): Date {
  return new Date(Number(timeNanos / 1_000_000n));
}
