import type { MessageHeaders } from "../bus/message_headers.ts";
import { Streams } from "../bus/streams.ts";

/** Headers of a dead letter, beside those of its message. */
export const DLQ_HEADERS = {
  stream: "Glam-Dlq-Stream",
  sequence: "Glam-Dlq-Sequence",
  consumer: "Glam-Dlq-Consumer",
  messageId: "Glam-Dlq-Message-Id",
  attempts: "Glam-Dlq-Attempts",
  errorCode: "Glam-Dlq-Error-Code",
  errorName: "Glam-Dlq-Error-Name",
  errorMessage: "Glam-Dlq-Error-Message",
  errorDigest: "Glam-Dlq-Error-Digest",
  firstFailedAt: "Glam-Dlq-First-Failed-At",
  lastFailedAt: "Glam-Dlq-Last-Failed-At",
  redriveCount: "Glam-Dlq-Redrive-Count",
  held: "Glam-Dlq-Held",
  omittedHeaders: "Glam-Dlq-Omitted-Headers",
  omittedBytes: "Glam-Dlq-Omitted-Bytes",
} as const;

const PREFIX = "dlq.";

/** The subject of the dead letters of `subject`. */
export function dlqSubject(subject: string): string {
  return PREFIX + subject;
}

/** The subject of the message that became a dead letter. */
export function originOf(dlqSubject: string): string {
  return dlqSubject.startsWith(PREFIX) ? dlqSubject.slice(PREFIX.length) : dlqSubject;
}

/**
 * The subject of the note that the event of a held dead letter is to be left out, for the listener that holds it. Subjects of
 * events begin with `evt.` or `cmd.`.
 */
export function skipSubject(consumer: string, streamSequence: number): string {
  return `${SKIP_PREFIX}${consumer}.${streamSequence}`;
}

const SKIP_PREFIX = `${PREFIX}glam.skip.`;

/** Whether a message of the stream of dead letters is such a note. */
export function isSkip({ subject }: { readonly subject: string }): boolean {
  return subject.startsWith(SKIP_PREFIX);
}

/** Whether a header belongs to the broker or to the dead letter, and not to the message. */
export function isOwnHeader(name: string): boolean {
  return /^(nats|glam-dlq)-/i.test(name);
}

/**
 * The message id of a redrive. Another id than the original, whose duplicate window may be open; the same for each try, so that
 * it is stored once. No publisher can make one: their ids start with the subject.
 */
export function redriveId(sequence: number, timeNanos: bigint): string {
  return `redrive:${Streams.DLQ}:${sequence}:${timeNanos}`;
}

const REDRIVE_ID = new RegExp(`^redrive:${Streams.DLQ}:\\d+:\\d+$`);

/** The message id of the first publication, and how often the message was redriven. */
export function originOfMessage(
  headers: MessageHeaders,
): { readonly id?: string; readonly redrives: number } {
  const id = headers.get("Nats-Msg-Id");
  if (id === undefined) return { redrives: 0 };
  // Anybody can write these headers; they are believed only of a message that a redrive has published.
  if (!REDRIVE_ID.test(id)) return { id, redrives: 0 };
  const original = headers.get(DLQ_HEADERS.messageId);
  const redrives = Number(headers.get(DLQ_HEADERS.redriveCount));
  return {
    ...original !== undefined && { id: original },
    redrives: Number.isSafeInteger(redrives) && redrives > 0 ? redrives : 1,
  };
}

/** Longest list of omitted headers, in characters. */
const MAX_OMITTED = 500;

/** Names of omitted headers as the value of a header: a JSON array in ASCII. */
export function formatOmitted(names: readonly string[]): string {
  const escaped = (name: string) =>
    JSON.stringify(name.slice(0, 100)).replace(
      /[^\x20-\x7e]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
  let list = "";
  for (const name of new Set(names)) {
    const next = list === "" ? escaped(name) : `${list},${escaped(name)}`;
    if (next.length > MAX_OMITTED) return `[${list === "" ? "" : `${list},`}"..."]`;
    list = next;
  }
  return `[${list}]`;
}

/** Reads what {@link formatOmitted} wrote; empty where it is something else. */
export function parseOmitted(value: string | undefined): readonly string[] {
  if (value === undefined) return [];
  try {
    const names: unknown = JSON.parse(value);
    return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
  } catch {
    return [];
  }
}
