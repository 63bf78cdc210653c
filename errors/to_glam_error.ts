import { getRequestId } from "../context/storage.ts";
import { fromNats } from "./_nats.ts";
import { fromNetwork } from "./_network.ts";
import { fromPostgres } from "./_postgres.ts";
import type { ForeignError } from "./_shape.ts";
import { InternalError, ValidationError } from "./common.ts";
import { GlamError, isErrorStatus, isGlamError } from "./glam_error.ts";
import { type IssueLike, validationDetails } from "./validation_errors.ts";

/**
 * Maps whatever was thrown to an error of this package. One of this package stays as it is. Those of Zod, Hono, PostgreSQL,
 * NATS, timeouts and the network are recognised by their shape, whichever copy of a library made them. Everything else is
 * an {@link InternalError} whose `error_id` is the current request id. The original is the `cause`; its text is kept only
 * for an HTTPException, which is meant for the client, and for the issues of Zod.
 *
 * @example
 * ```ts
 * import { toGlamError } from "@glam/shared/errors";
 *
 * const error = toGlamError(Object.assign(new Error("duplicate key"), {
 *   name: "PostgresError",
 *   code: "23505",
 *   constraint_name: "users_email_key",
 * }));
 * console.log(error.code, error.details); // CONFLICT { constraint: "users_email_key" }
 * ```
 */
export function toGlamError(thrown: unknown): GlamError {
  if (typeof thrown === "object" && thrown !== null) {
    try {
      if (isGlamError(thrown)) return thrown;
      const error = fromZod(thrown) ?? fromHttpException(thrown) ?? fromPostgres(thrown) ??
        fromNats(thrown) ??
        fromNetwork(thrown);
      if (error !== undefined) return error;
    } catch {
      // A member throws when it is read: the object cannot be recognised.
    }
  }
  return new InternalError(undefined, { errorId: getRequestId(), cause: thrown });
}

function fromZod(error: ForeignError): GlamError | undefined {
  const { name, issues } = error;
  if ((name !== "ZodError" && name !== "$ZodError") || !Array.isArray(issues)) return undefined;
  const details = validationDetails(issues as IssueLike[]);
  return new ValidationError("Request validation failed", { details, cause: error });
}

function fromHttpException(error: ForeignError): GlamError | undefined {
  const { status, getResponse, message } = error;
  if (!isErrorStatus(status) || typeof getResponse !== "function") return undefined;
  const text = typeof message === "string" && message !== "" ? message : undefined;
  return new GlamError(text, { code: `HTTP_${status}`, status, cause: error });
}
