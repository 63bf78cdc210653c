import { isGlamError } from "../../errors/glam_error.ts";
import { retryAfterSeconds } from "../../errors/retry_after.ts";
import { toGlamError } from "../../errors/to_glam_error.ts";

/** Why an attempt failed, or why a message becomes a dead letter without one. */
export interface Failure {
  /** The thrown value. */
  readonly error: unknown;
  /** Code of the error, as in an error envelope: `DATABASE_ERROR`. */
  readonly code: string;
  /** Class of the error. */
  readonly name: string;
  /** Message of the error. */
  readonly message: string;
  /** Hash of the stack: equal for failures at the same place, to group dead letters by. */
  readonly digest: string;
  /** Attempts that were made. */
  readonly attempts: number;
  /** Time of the failure, in milliseconds since 1970. */
  readonly failedAt: number;
}

/** Describes `error` as a failure. */
export function toFailure(error: unknown, attempts: number, failedAt: number): Failure {
  const { code } = toGlamError(error);
  const { name, message, stack } = describe(error);
  return { error, code, name, message, digest: digestOf(stack ?? `${name}: ${message}`), attempts, failedAt };
}

/**
 * Whether another attempt may succeed. An error with `retryable` in its details decides for itself. A status below 500
 * (other than 408, 425 and 429), a schema's refusal and a broken contract are permanent. Everything else is retried, and so is an open
 * circuit, whose cause is not the message.
 */
export function isWorthRetrying(error: unknown): boolean {
  const known = toGlamError(error);
  const { status, details: { retryable }, code } = known;
  if (code === "CIRCUIT_OPEN") return true;
  if (code === "CONTRACT_ERROR") return false;
  if (typeof retryable === "boolean") return retryable;
  return status >= 500 || status === 408 || status === 425 || status === 429;
}

/** The `retry_after` of an error in milliseconds, at most an hour; 0 where it has none. */
export function retryAfterMs(error: unknown): number {
  if (!isGlamError(error)) return 0;
  return Math.min((retryAfterSeconds(error.details["retry_after"]) ?? 0) * 1000, MAX_RETRY_AFTER_MS);
}

const MAX_RETRY_AFTER_MS = 3_600_000;

/** Reads a thrown value of any kind, including one whose members throw. */
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

/** FNV-1a over the frames of a stack, without the message, which differs from order to order. */
function digestOf(stack: string): string {
  const places = stack.split("\n").filter((line) => /^\s*at |@/.test(line));
  let hash = 0x811c9dc5;
  for (const char of places.length === 0 ? stack : places.join("\n")) {
    hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}
