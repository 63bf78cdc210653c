import type { Sanitizer } from "./sanitizer.ts";

const MAX_ERRORS = 16;
const MAX_MEMBERS = 5;
const MAX_STACK = 8192;
const MAX_EXCEPTION = 16_384;

/** The fields that describe an Error in a line. */
export interface ErrorFields {
  /** Name of its class. */
  readonly error_type: string;
  /** Its `code`: of a GlamError, of Node, of Postgres. */
  readonly error_code?: string | number;
  /** The `details` of a GlamError. */
  readonly error_details?: unknown;
  /** Its stack, and those of its causes and of the members of an AggregateError. */
  readonly exception: string;
}

interface ErrorLike {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly status?: unknown;
  readonly details?: unknown;
  readonly stack?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
}

/** Whether `value` is an Error, of this realm or another. Does not throw, not even for a Proxy that does. */
export function isError(value: unknown): value is Error {
  try {
    if (value instanceof Error) return true;
    return typeof value === "object" && value !== null &&
      Object.prototype.toString.call(value) === "[object Error]";
  } catch {
    return false;
  }
}

/** The fields of a line for `error`. */
export function errorFields(error: Error, sanitizer: Sanitizer): ErrorFields {
  const code = read(error, "code");
  const details = read(error, "details");
  // The shape of a GlamError, of whichever copy of the package.
  const isGlamError = typeof code === "string" && typeof read(error, "status") === "number";
  return {
    error_type: sanitizer.text(typeOf(error), 256),
    ...(typeof code === "string" && code !== "" && { error_code: sanitizer.text(code, 256) }),
    ...(typeof code === "number" && { error_code: code }),
    ...(isGlamError && typeof details === "object" && details !== null &&
      { error_details: sanitizer.value(details) }),
    exception: sanitizer.text(describe(error, sanitizer, new Set()), MAX_EXCEPTION),
  };
}

/** The value that replaces an Error inside of fields. */
export function nestedError(error: Error, sanitizer: Sanitizer): object {
  // An object as `cause` could contain this error again, so it is not copied.
  const shallow: Sanitizer = {
    ...sanitizer,
    value: (value) => typeof value === "object" ? "[object]" : value,
  };
  const { error_type: type, error_code: code, exception } = errorFields(error, shallow);
  return { type, code, exception };
}

/** The stack of an Error, followed by those of its members and causes. */
function describe(error: unknown, sanitizer: Sanitizer, seen: Set<unknown>): string {
  if (!isError(error)) return asText(sanitizer.value(error));
  if (seen.has(error)) return `[already shown] ${typeOf(error)}`;
  if (seen.size >= MAX_ERRORS) return "… more errors";
  seen.add(error);
  let text = stackOf(error, sanitizer);
  const members = read(error, "errors");
  if (Array.isArray(members)) {
    for (const [index, member] of members.slice(0, MAX_MEMBERS).entries()) {
      text += `\n[${index + 1} of ${members.length}] ${describe(member, sanitizer, seen)}`;
    }
    if (members.length > MAX_MEMBERS) text += `\n… ${members.length - MAX_MEMBERS} more`;
  }
  const cause = read(error, "cause");
  if (cause !== undefined && cause !== null) text += `\nCaused by: ${describe(cause, sanitizer, seen)}`;
  return text;
}

function stackOf(error: Error, sanitizer: Sanitizer): string {
  const message = asText(read(error, "message") ?? "");
  const heading = message === "" ? typeOf(error) : `${typeOf(error)}: ${message}`;
  const stack = read(error, "stack");
  if (typeof stack !== "string" || stack === "") return sanitizer.text(heading, MAX_STACK);
  // V8 captures the stack at construction, so it lacks a name or message that was assigned later.
  return sanitizer.text(stack.includes(message) ? stack : `${heading}\n${stack}`, MAX_STACK);
}

function typeOf(error: Error): string {
  const name = read(error, "name");
  if (typeof name === "string" && name !== "" && name !== "Error") return name;
  const constructorName = read(read(error, "constructor"), "name");
  return typeof constructorName === "string" && constructorName !== "" ? constructorName : "Error";
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value) ?? String(value);
}

/** A property of anything, or `undefined` where reading it throws. */
function read(value: unknown, key: keyof ErrorLike | "constructor"): unknown {
  try {
    return (value as Record<string, unknown> | null | undefined)?.[key];
  } catch {
    return undefined;
  }
}
