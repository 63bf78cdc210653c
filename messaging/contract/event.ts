import { ValidationError } from "../../errors/common.ts";
import { type IssueLike, type ValidationDetails, validationDetails } from "../../errors/validation_errors.ts";
import { parseExact } from "../../internal/exact_json.ts";
import { parseIntegers } from "./_exact_integers.ts";
import type { EventContract } from "./define_event.ts";

/** An event on the wire: the JSON envelope, which the Python services share. */
export interface GlamEvent<Data = unknown, Type extends string = string> {
  /** Id of this event; a UUID where this package or the Python package created it. */
  readonly event_id: string;
  /** Subject of its contract. */
  readonly event_type: Type;
  /** Correlation id of the operation that published it; `null` where it is unknown. */
  readonly correlation_id: string | null;
  /** Time of creation, ISO 8601 with an offset. */
  readonly timestamp: string;
  /** Name of the service that published it; `null` where it is unknown. */
  readonly source_service: string | null;
  /** Data that the contract describes. */
  readonly data: Data;
  /** Additional facts of the publisher. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Result of {@link decodeEvent}: an event or an error. */
export type DecodedEvent<Data, Type extends string = string> =
  | { readonly event: GlamEvent<Data, Type>; readonly error?: undefined }
  | { readonly event?: undefined; readonly error: ValidationError };

/**
 * Decodes the payload of an event, and validates its data by the contract. Never throws.
 *
 * Unknown fields of the envelope are kept. Where the Python package leaves a member out, `correlation_id` and `source_service`
 * are `null`, and `metadata` is empty.
 */
export function decodeEvent<Data, Input, Subject extends string>(
  contract: EventContract<Data, Input, Subject>,
  bytes: Uint8Array,
): DecodedEvent<Data, Subject> {
  let body: unknown;
  try {
    body = parseExact(UTF8.decode(bytes));
  } catch {
    return invalid(contract, "The message is not JSON in UTF-8");
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return invalid(contract, "The message is not a JSON object");
  }
  const event = body as { -readonly [Key in keyof GlamEvent]?: GlamEvent[Key] };
  if (typeof event.event_id !== "string" || event.event_id === "") return missing(contract, "event_id");
  if (typeof event.timestamp !== "string" || event.timestamp === "") return missing(contract, "timestamp");
  if (!("data" in event)) return missing(contract, "data");
  const result = parseIntegers(contract.schema, event.data);
  if (!result.success) {
    const details = validationDetails(result.error.issues as readonly IssueLike[], "data");
    return invalid(contract, "Its data break the contract", details);
  }
  event.data = result.data;
  event.event_type = contract.subject; // discriminates the events of a listener
  event.correlation_id ??= null;
  event.source_service ??= null;
  event.metadata ??= {};
  return { event: event as GlamEvent<Data, Subject> };
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });

function missing(contract: { readonly subject: string }, field: string): { readonly error: ValidationError } {
  return invalid(contract, `Its ${field} is missing`, {
    validation_errors: [{ field, message: "Expected a non-empty value", type: "missing" }],
  });
}

function invalid(
  contract: { readonly subject: string },
  reason: string,
  details?: ValidationDetails,
): { readonly error: ValidationError } {
  return {
    error: new ValidationError(`Cannot read an event of "${contract.subject}": ${reason}`, { details }),
  };
}
