import { ContractError } from "../../errors/common.ts";
import { type IssueLike, validationDetails } from "../../errors/validation_errors.ts";
import { isoNow } from "../../internal/clock.ts";
import { stringifyExact } from "../../internal/exact_json.ts";
import { assertHeaders } from "../bus/_header_bytes.ts";
import { type Propagated, propagated } from "./_propagation.ts";
import type { EventContract } from "../contract/define_event.ts";
import {
  eventKeyOf,
  formatKey,
  KEY_HEADER,
  partitionOfKey,
  partitionSubject,
} from "../contract/_partition.ts";
import type { OutgoingMessage } from "../bus/message_bus.ts";
import type { HeaderEntries } from "../bus/message_headers.ts";
import type { PublishEventOptions } from "./publisher.ts";

/** An event and the message that carries it. */
export interface OutgoingEvent {
  readonly eventId: string;
  /** Its key, where its subject has partitions. */
  readonly key: string | undefined;
  readonly message: OutgoingMessage;
}

/**
 * Makes the message of an event: validates the data, and adds the envelope, the headers and the message id.
 *
 * @throws {ContractError} when the data break the contract, or have no key where its subject has partitions.
 * @throws {TypeError} when a header is not allowed, or the data cannot be written as JSON.
 */
export function toMessage<Data, Input>(
  service: string,
  contract: EventContract<Data, Input>,
  data: Input,
  options: PublishEventOptions,
): OutgoingEvent {
  const { subject, schema, partitions } = contract;
  const checked = schema.safeParse(data);
  if (!checked.success) throw invalid(subject, checked.error.issues as readonly IssueLike[]);
  const key = partitions === undefined ? undefined : eventKeyOf(contract, checked.data);
  const { eventId = crypto.randomUUID(), metadata } = options;
  const sent = propagated(options.correlationId);
  const body =
    `{"event_id":${quote(eventId)},"event_type":${quote(subject)},"correlation_id":${
      quote(sent.correlationId)
    },"timestamp":"${isoNow()}","source_service":${quote(service)},"data":${
      stringifyExact(checked.data) ?? "null"
    }` +
    `,"metadata":${metadata === undefined ? "{}" : JSON.stringify(metadata)}}`;
  const headers = options.headers === undefined ? ownHeaders(sent) : withOwn(options.headers, sent);
  const id = `${subject}:${options.idempotencyKey ?? eventId}`;
  if (key === undefined) return { eventId, key, message: { subject, data: body, headers, id } };
  headers.push([KEY_HEADER, formatKey(key)]);
  const to = partitionSubject(subject, partitionOfKey(key, partitions!));
  return { eventId, key, message: { subject: to, data: body, headers, id } };
}

function ownHeaders(sent: Propagated): [string, string][] {
  const headers: [string, string][] = [
    ["Content-Type", "application/json"],
    ["X-Correlation-ID", sent.correlationId],
    ["traceparent", sent.traceparent],
  ];
  if (sent.tracestate !== undefined) headers.push(["tracestate", sent.tracestate]);
  if (sent.baggage !== undefined) headers.push(["baggage", sent.baggage]);
  return headers;
}

/** A copy of the caller's headers, with the package's own that the caller did not set. */
function withOwn(
  given: HeaderEntries | Readonly<Record<string, string>>,
  sent: Propagated,
): [string, string][] {
  const headers: [string, string][] = Symbol.iterator in given
    ? [...given as HeaderEntries].map(([name, value]) => [name, value])
    : Object.entries(given);
  assertHeaders(headers);
  const reserved = headers.find(([name]) => RESERVED.test(name));
  if (reserved !== undefined) {
    throw new TypeError(
      `Cannot set the header ${
        reserved[0]
      }: Glam-Key is that of the event's key, and names that start with Glam-Dlq- are those of dead letters`,
    );
  }
  const taken = new Set(headers.map(([name]) => name.toLowerCase()));
  for (const own of ownHeaders(sent)) if (!taken.has(own[0].toLowerCase())) headers.push(own);
  return headers;
}

const RESERVED = /^glam-(?:dlq-|key$)/i;

// Text that JSON writes without escapes.
const PLAIN = /^[\w.:+/=@ -]*$/;

function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

function invalid(subject: string, issues: readonly IssueLike[]): ContractError {
  return new ContractError(`Cannot publish "${subject}": its data break the contract`, {
    contract: subject,
    details: validationDetails(issues, "data"),
  });
}
