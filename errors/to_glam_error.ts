import { getRequestId } from "../context/storage.ts";
import { fromNats } from "./_nats.ts";
import { fromNetwork } from "./_network.ts";
import { fromPostgres } from "./_postgres.ts";
import type { ForeignError } from "./_shape.ts";
import { InternalError, ValidationError } from "./common.ts";
import { DatabaseError } from "./infrastructure.ts";
import { GlamError, isErrorStatus, isGlamError } from "./glam_error.ts";
import { type IssueLike, validationDetails } from "./validation_errors.ts";

/**
 * Maps whatever was thrown to an error of this package. One of this package stays as it is. Those of Zod, Hono, PostgreSQL,
 * NATS, timeouts and the network are recognised by their shape, whichever copy of a library made them. A wrapper
 * such as Drizzle's is mapped by the error of PostgreSQL in its `cause`. Everything else is
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
        fromQueryLayer(thrown) ?? fromNats(thrown) ?? fromNetwork(thrown);
      if (error !== undefined) return error;
    } catch {
      // A member throws when it is read: the object cannot be recognised.
    }
  }
  return new InternalError(undefined, { errorId: getRequestId(), cause: thrown });
}

/** How deep errors are nested that are looked through. */
const MAX_CAUSES = 8;

/**
 * Maps what a query layer over a driver throws, such as Drizzle, by the driver's error among its causes. That error
 * becomes the cause: the wrapper's message holds the parameters.
 */
function fromQueryLayer(thrown: ForeignError): GlamError | undefined {
  let { cause } = thrown;
  for (let depth = 0; depth < MAX_CAUSES && typeof cause === "object" && cause !== null; depth++) {
    // What wraps an error of this package is not mapped like it, unless it is a query layer over our own `sql`.
    if (isGlamError(cause)) return isQueryFailure(thrown) ? cause : undefined;
    const error = fromPostgres(cause);
    if (error !== undefined) return error;
    if (isQueryFailure(thrown) && fromNetwork(cause) !== undefined) {
      return new DatabaseError("Database connection failed", { cause });
    }
    ({ cause } = cause as ForeignError);
  }
  return undefined;
}

/** Whether it has the shape of a `DrizzleQueryError`. */
function isQueryFailure({ query, params }: ForeignError): boolean {
  return typeof query === "string" && Array.isArray(params);
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
