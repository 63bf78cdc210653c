import type { RequestContext } from "../context/request_context.ts";
import { CONTEXT_IDS } from "./context_ids.ts";
import { errorFields, isError } from "./exception.ts";
import { set } from "./sanitize.ts";
import type { Sanitizer } from "./sanitizer.ts";

/** What a line says after the ids of the context: the fields, then the error. */
export type Entries = Record<string, unknown>;

/** The second argument of a logger's method, with the Error in it set apart. */
export interface GivenFields {
  readonly error?: Error | undefined;
  readonly fields?: object | undefined;
}

/** Who owns the names that a field cannot take: the line always, an error and the context where they are there. */
const OWNERS: ReadonlyMap<string, "line" | "error" | keyof RequestContext> = new Map([
  ...["timestamp", "level", "service", "message", "environment"].map((name) => [name, "line"] as const),
  ...["error_type", "error_code", "error_details", "exception"].map((name) => [name, "error"] as const),
  ...Object.entries(CONTEXT_IDS),
]);

/** Sorts out what was given as fields; untyped callers may give anything. */
export function toGivenFields(given: unknown): GivenFields {
  if (given === undefined || given === null) return {};
  if (isError(given)) return { error: given };
  try {
    if (typeof given !== "object" || Array.isArray(given)) return { fields: { fields: given } };
    const { error } = given as { error?: unknown };
    if (isError(error)) return { error, fields: given };
  } catch {
    // a getter that throws, or a Proxy: it gets its mark among the fields
  }
  return { fields: given };
}

/**
 * The entries of one line. `bound` are fields that were copied before ({@link bindFields}); a field of the line wins
 * over a bound one, and the line, the context and the error win over both: the field is then called `field_<name>`.
 */
export function toEntries(
  context: RequestContext | undefined,
  bound: Entries | undefined,
  { error, fields }: GivenFields,
  sanitizer: Sanitizer,
): Entries {
  const entries: Entries = {};
  const ofError = error === undefined ? {} : errorFields(error, sanitizer);
  const add = (name: string, value: unknown) => {
    const owner = OWNERS.get(name);
    const isTaken = owner !== undefined &&
      (owner === "line" || (owner === "error" ? name in ofError : context?.[owner] !== undefined));
    set(entries, isTaken ? `field_${name}` : name, value);
  };
  if (bound !== undefined) {
    for (const name of Object.keys(bound)) add(name, bound[name]);
  }
  if (fields !== undefined) addFields(fields, add, error, sanitizer);
  return Object.assign(entries, ofError);
}

/** `bound` and `fields` as one object, copied, so that a child logger does the work only once. */
export function bindFields(bound: Entries | undefined, fields: object, sanitizer: Sanitizer): Entries {
  const entries: Entries = { ...bound };
  addFields(fields, (name, value) => set(entries, name, value), undefined, sanitizer);
  return entries;
}

function addFields(
  fields: object,
  add: (name: string, value: unknown) => void,
  error: Error | undefined,
  sanitizer: Sanitizer,
): void {
  try {
    sanitizer.eachField(fields, add, error === undefined ? undefined : "error");
  } catch {
    add("fields", "[unreadable]"); // a Proxy that is revoked, or does not tell its keys
  }
}
