import type { GlamError } from "./glam_error.ts";
import { retryAfterSeconds } from "./retry_after.ts";
import { toGlamError } from "./to_glam_error.ts";

/**
 * Whether the same call may succeed later: what `retryable` of the error says, of ours or as {@link toGlamError} sees
 * a foreign one (timeouts and connection failures are retryable); and of a 429 whether it says when to come back.
 */
export function isRetryableError(error: unknown): boolean {
  const known: GlamError & { readonly retryable?: unknown } = toGlamError(error);
  const { status, details, retryable = details["retryable"] } = known;
  if (typeof retryable === "boolean") return retryable;
  return status === 429 && retryAfterSeconds(details["retry_after"]) !== undefined;
}
