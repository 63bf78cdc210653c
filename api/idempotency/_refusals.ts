import { ServiceUnavailableError } from "../../errors/common.ts";
import { GlamError } from "../../errors/glam_error.ts";

/** The answers of the guard itself; none of them is kept. */

/** A request without a key. */
export function keyMissing(): GlamError {
  return new GlamError("The header Idempotency-Key is missing: send a new value for each operation", {
    code: "IDEMPOTENCY_KEY_MISSING",
    status: 400,
  });
}

/** A key that is none. */
export function keyInvalid(): GlamError {
  return new GlamError(
    "Expected the header Idempotency-Key to be one text of 1 to 255 printable ASCII characters",
    { code: "IDEMPOTENCY_KEY_INVALID", status: 400 },
  );
}

/** The key of another request. */
export function keyReused(): GlamError {
  return new GlamError(
    "The Idempotency-Key was sent with another request: use a new one for each operation",
    {
      code: "IDEMPOTENCY_KEY_REUSED",
      status: 422,
    },
  );
}

/** The repetition of a request that runs. */
export function inProgress(): GlamError {
  return new GlamError("The first request with this Idempotency-Key is still running", {
    code: "IDEMPOTENCY_IN_PROGRESS",
    status: 409,
    details: { retry_after: 1 },
  });
}

/** The repetition of a request whose answer was too large to be kept. */
export function resultGone(status: number): GlamError {
  return new GlamError("The request was done before, and its answer was too large to be kept", {
    code: "IDEMPOTENCY_RESULT_GONE",
    status: 409,
    details: { original_status: status },
  });
}

/** A transaction that another one has made impossible; the handler is not run twice for one request. */
export function notThisTime(cause: unknown): GlamError {
  return new ServiceUnavailableError("The operation conflicted with another at the same time", {
    cause,
    retryAfter: 1,
  });
}
