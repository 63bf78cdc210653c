import { isGlamError } from "../../errors/glam_error.ts";
import { retryAfterSeconds } from "../../errors/retry_after.ts";
import { toGlamError } from "../../errors/to_glam_error.ts";

/** Why an attempt failed, or why there will be none. */
export interface Failure {
  /** What was thrown. */
  readonly error: unknown;
  /** Stable code, as in an error envelope. */
  readonly code: string;
  /** Class of the error. */
  readonly name: string;
  /** One line. */
  readonly message: string;
  /** The same for failures at the same place: to group dead letters by. */
  readonly digest: string;
  /** Attempts that were made. */
  readonly attempts: number;
  /** When, in milliseconds since 1970. */
  readonly failedAt: number;
}

/** The failure that `error` is. */
export function toFailure(error: unknown, attempts: number, failedAt: number): Failure {
  const { code } = toGlamError(error);
  const { name, message, stack } = describe(error);
  return { error, code, name, message, digest: digestOf(stack ?? `${name}: ${message}`), attempts, failedAt };
}

/**
 * Whether another attempt may end otherwise. Errors of this package say so themselves; one that a caller has to correct
 * (a status under 500) will not get better, nor will what a schema refuses. Of everything else nobody knows, so it is
 * tried again; so is an open circuit, which is about now and not about the message.
 */
export function isWorthRetrying(error: unknown): boolean {
  const known = toGlamError(error);
  const { status, details: { retryable }, code } = known;
  if (code === "CIRCUIT_OPEN") return true;
  if (typeof retryable === "boolean") return retryable;
  return status >= 500 || status === 408 || status === 425 || status === 429;
}

/** How long the error asks to wait, in milliseconds. */
export function retryAfterMs(error: unknown): number {
  if (!isGlamError(error)) return 0;
  return Math.min((retryAfterSeconds(error.details["retry_after"]) ?? 0) * 1000, MAX_RETRY_AFTER_MS);
}

const MAX_RETRY_AFTER_MS = 3_600_000;

/** Anything can be thrown, also what throws when it is looked at. */
function describe(error: unknown): { name: string; message: string; stack: string | undefined } {
  try {
    if (error instanceof Error) {
      const { name, message, stack } = error;
      return {
        name: String(name),
        message: String(message),
        stack: typeof stack === "string" ? stack : undefined,
      };
    }
    return { name: typeof error, message: String(error), stack: undefined };
  } catch {
    return { name: "unknown", message: "An error that cannot be read", stack: undefined };
  }
}

/** FNV-1a over the places of a stack: without the message, which tells one order from another. */
function digestOf(stack: string): string {
  const places = stack.split("\n").filter((line) => /^\s*at |@/.test(line));
  let hash = 0x811c9dc5;
  for (const char of places.length === 0 ? stack : places.join("\n")) {
    hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}
