import type { GlamError } from "./glam_error.ts";
import { retryAfterSeconds } from "./retry_after.ts";
import { toGlamError } from "./to_glam_error.ts";

/**
 * Whether the same call may succeed later: the member `retryable` of the error, of a foreign one as {@link toGlamError} maps
 * it (timeouts and connection failures are retryable). A 429 is retryable where it has a `retry_after`.
 */
export function isRetryableError(error: unknown): boolean {
  const known: GlamError & { readonly retryable?: unknown } = toGlamError(error);
  const { status, details, retryable = details["retryable"] } = known;
  if (typeof retryable === "boolean") return retryable;
  return status === 429 && retryAfterSeconds(details["retry_after"]) !== undefined;
}
