import * as z from "zod";
import { defineEvent, type EventContract, type EventOptions } from "../contract/define_event.ts";

/**
 * Defines an event whose schema is built when it is first read: a service uses few of the events, and building all schemas
 * would dominate the time of the import.
 */
export function event<Data, Input, Subject extends string>(
  subject: Subject,
  shape: () => z.ZodRawShape,
  options: EventOptions<Input>,
): EventContract<Data, Input, Subject> {
  const contract = defineEvent(subject, NOT_BUILT, options as EventOptions<unknown>);
  let schema: z.ZodType<Data, Input> | undefined;
  const made = Object.defineProperty(contract, "schema", {
    configurable: true,
    enumerable: true,
    // Loose, so that fields which a newer publisher adds are kept.
    get: () => schema ??= z.looseObject(shape()) as unknown as z.ZodType<Data, Input>,
  });
  return made as unknown as EventContract<Data, Input, Subject>;
}

// Not even `z.unknown()`: the first schema of a process costs a millisecond or more.
const NOT_BUILT = undefined as unknown as z.ZodType;

// The forms that Python's `UUID` reads: any version, in braces, as a URN, without dashes.
const UUID =
  /^(?:urn:uuid:)?\{?[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}\}?$/;

// The forms that `isoformat()`, `str()` and Pydantic write. A time without an offset is UTC.
const TIME = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:?\d\d)?$/;

/** A UUID in any form that Python reads, kept as it is written. */
export function uuid(): z.ZodType<string, string> {
  return z.string().regex(UUID, "Expected a UUID").meta({ format: "uuid" });
}

/** An ISO 8601 time in the forms that Python writes. */
export function time(): z.ZodType<string, string> {
  return z.string().regex(TIME, "Expected a time, ISO 8601").refine(
    (text) => !Number.isNaN(Date.parse(text.replace(" ", "T"))),
    "Expected a time that exists",
  ).meta({ format: "date-time" });
}

/** An e-mail address in any script, as Pydantic accepts it. */
export function email(): z.ZodType<string, string> {
  return z.email({ pattern: z.regexes.unicodeEmail });
}

/** A time; the current time where it is left out. */
export function timeOrNow(): z.ZodType<string, string | undefined> {
  return (time() as unknown as z.ZodString).default(() => new Date().toISOString());
}

/** An integer from 0. */
export function count(): z.ZodType<number, number> {
  return z.int().min(0);
}

/** An integer from 1. */
export function positive(): z.ZodType<number, number> {
  return z.int().min(1);
}

/** A number of seconds from 0. */
export function seconds(): z.ZodType<number, number> {
  return z.number().min(0);
}

/** Any JSON object. */
export function anyObject(): z.ZodType<Record<string, unknown>, Record<string, unknown>> {
  return z.record(z.string(), z.unknown());
}

/** A member that Python leaves out or writes as `null`; it is `null` in both cases. */
export function nullable<T>(schema: z.ZodType<T, T>): z.ZodType<T | null, T | null | undefined> {
  return schema.nullable().default(null) as unknown as z.ZodType<T | null, T | null | undefined>;
}
