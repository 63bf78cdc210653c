import type { RequestContext } from "../context/request_context.ts";
import { CONTEXT_IDS, contextIds } from "./context_ids.ts";
import { errorFields, isError } from "./exception.ts";
import { set } from "./sanitize.ts";
import type { Sanitizer } from "./sanitizer.ts";

/** The part of a line after the ids of the context: its fields, then those of its error. */
export type Entries = Record<string, unknown>;

/** The second argument of a logger's method, with its Error separated from the other fields. */
export interface GivenFields {
  readonly error?: Error | undefined;
  readonly fields?: object | undefined;
}

/**
 * Names that a field cannot have, and when: those of the line always, those of an error and of the context only in a
 * line that has them.
 */
const RESERVED: ReadonlyMap<string, "line" | "error" | keyof RequestContext> = new Map([
  ...["timestamp", "level", "service", "message", "environment"].map((name) => [name, "line"] as const),
  ...["error_type", "error_code", "error_details", "exception"].map((name) => [name, "error"] as const),
  ...Object.entries(CONTEXT_IDS),
]);

/** Splits the second argument of a logger's method into error and fields. Untyped callers may pass anything. */
export function toGivenFields(given: unknown): GivenFields {
  if (given === undefined || given === null) return {};
  if (isError(given)) return { error: given };
  try {
    if (typeof given !== "object" || Array.isArray(given)) return { fields: { fields: given } };
    const { error } = given as { error?: unknown };
    if (isError(error)) return { error, fields: given };
  } catch {
    // a throwing getter or Proxy; it is marked as unreadable when the fields are copied
  }
  return { fields: given };
}

/**
 * The entries of one line. `bound` are the fields of a child logger, copied by {@link bindFields}. A field of the line
 * replaces a bound field of the same name. A field with a reserved name is renamed to `field_<name>`.
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
    const owner = RESERVED.get(name);
    const isReserved = owner !== undefined &&
      (owner === "line" || (owner === "error" ? name in ofError : context?.[owner] !== undefined));
    if (!isReserved) set(entries, name, value);
    // A wrapper of this logger may pass on what the line has already.
    else if (value !== (owner === "error" ? (ofError as Entries)[name] : contextIds(context)[name])) {
      set(entries, `field_${name}`, value);
    }
  };
  if (bound !== undefined) {
    for (const name of Object.keys(bound)) add(name, bound[name]);
  }
  if (fields !== undefined) addFields(fields, add, error, sanitizer);
  return Object.assign(entries, ofError);
}

/** Copies `bound` and `fields` into one object, once for each child logger instead of once for each line. */
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
    add("fields", "[unreadable]"); // a revoked Proxy, or one whose `ownKeys` trap throws
  }
}
