import { isGlamError } from "../../errors/glam_error.ts";
import { isWritableHeader } from "../bus/_header_bytes.ts";
import type { MessageBus } from "../bus/message_bus.ts";
import {
  DLQ_HEADERS,
  dlqSubject,
  formatOmitted,
  isOwnHeader,
  originOfMessage,
} from "../dead_letters/_format.ts";
import { Streams } from "../bus/streams.ts";
import type { HeldMessage } from "./_held_message.ts";

/** Longest error message in a header, in characters. */
const MAX_MESSAGE = 1000;

type Header = readonly [name: string, value: string];

/** A dead letter that is stored. */
export interface WrittenLetter {
  /** Its sequence in the stream of dead letters. */
  readonly letter: number;
  readonly omitted: Omitted;
}

/** What a dead letter lacks of its message. */
export interface Omitted {
  /** Names of the headers that are left out. */
  readonly headers: readonly string[];
  /** Bytes of the payload where it is left out, else 0. */
  readonly bytes: number;
}

/**
 * Writes the dead letter of a message: its payload and headers, and why it failed. The message id makes it idempotent: a
 * second write, as after a crash, stores nothing.
 *
 * What can never be written is left out and named in the dead letter, so that no message stays for ever because of it:
 * headers that no client may write, and, where the whole is too large, the details of the error, then the headers, then the
 * payload.
 *
 * `isHeld` says that the message stays where it is until an operator has decided about the dead letter. It may become one
 * again within the duplicate window, so its message id has the time of the failure as well.
 */
export async function writeDeadLetter(
  bus: MessageBus,
  held: HeldMessage,
  isHeld: boolean,
): Promise<WrittenLetter> {
  const { subject, data, stream, sequence, timeNanos } = held.delivery;
  const { kept, unwritable } = ownHeaders(held);
  const facts = [...factsOf(held), ...isHeld ? [[DLQ_HEADERS.held, "true"] as const] : []];
  const essential = facts.filter(([name]) => ESSENTIAL.has(name));
  const every = [...kept.map(([name]) => name), ...unwritable];
  const forms = [
    { data, headers: [...kept, ...facts], omitted: { headers: unwritable, bytes: 0 } },
    { data, headers: [...kept, ...essential], omitted: { headers: unwritable, bytes: 0 } },
    { data, headers: essential, omitted: { headers: every, bytes: 0 } },
    { data: "", headers: essential.filter(isShort), omitted: { headers: every, bytes: data.length } },
  ];
  for (let index = 0;; index++) {
    const { data, headers, omitted } = forms[index]!;
    try {
      const { seq } = await bus.publish({
        subject: dlqSubject(subject),
        data,
        headers: [...headers, ...omittedFacts(omitted)],
        stream: Streams.DLQ,
        id: `${stream}:${sequence}:${held.source.settings.durable}:${timeNanos}` +
          (isHeld ? `:${held.deadLetterCause!.failedAt}` : ""),
      });
      return { omitted, letter: seq };
    } catch (error) {
      if (index === forms.length - 1 || !isTooLarge(error)) throw error;
    }
  }
}

function isShort([, value]: Header): boolean {
  return value.length <= MAX_MESSAGE;
}

function isTooLarge(error: unknown): boolean {
  return isGlamError(error) && error.details["kind"] === "too_large";
}

/** The headers of the message itself, and the names of those that cannot be written. */
function ownHeaders({ delivery }: HeldMessage): { kept: Header[]; unwritable: string[] } {
  const kept: Header[] = [];
  const unwritable: string[] = [];
  for (const [name, value] of delivery.headers) {
    if (isOwnHeader(name)) continue;
    if (isWritableHeader(name, value)) kept.push([name, value]);
    else unwritable.push(name);
  }
  return { kept, unwritable };
}

/** Where the message is from, and why it failed. */
function factsOf({ delivery, deadLetterCause, firstFailedAt }: HeldMessage): Header[] {
  const { stream, sequence, consumer, headers } = delivery;
  const failure = deadLetterCause!;
  const { id, redrives } = originOfMessage(headers);
  const facts: [string, string | undefined][] = [
    [DLQ_HEADERS.stream, stream],
    [DLQ_HEADERS.sequence, String(sequence)],
    [DLQ_HEADERS.consumer, consumer],
    [DLQ_HEADERS.messageId, id],
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
    [DLQ_HEADERS.redriveCount, String(redrives)],
  ];
  return facts.filter((fact): fact is [string, string] =>
    fact[1] !== undefined && isWritableHeader(fact[0], fact[1])
  );
}

function omittedFacts({ headers, bytes }: Omitted): Header[] {
  return [
    ...headers.length > 0 ? [[DLQ_HEADERS.omittedHeaders, formatOmitted(headers)] as const] : [],
    ...bytes > 0 ? [[DLQ_HEADERS.omittedBytes, String(bytes)] as const] : [],
  ];
}

const ESSENTIAL: ReadonlySet<string> = new Set([
  DLQ_HEADERS.stream,
  DLQ_HEADERS.sequence,
  DLQ_HEADERS.consumer,
  DLQ_HEADERS.messageId,
  DLQ_HEADERS.errorCode,
  DLQ_HEADERS.redriveCount,
  DLQ_HEADERS.held,
]);

/** Text without line breaks and control characters, cut to {@link MAX_MESSAGE} characters. */
function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f\s]+/g, " ").trim().slice(0, MAX_MESSAGE);
}
