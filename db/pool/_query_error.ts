import { InternalError, RequestTimeoutError } from "../../errors/common.ts";
import { type GlamError, isGlamError } from "../../errors/glam_error.ts";
import { DatabaseError, UpstreamServiceError } from "../../errors/infrastructure.ts";
import { toGlamError } from "../../errors/to_glam_error.ts";

/** What of an error of the driver is read here. */
interface DriverError extends Error {
  readonly code?: unknown;
  readonly routine?: unknown;
}

// Fields of a server's error that can hold data: of the row, of a parameter, of a statement inside a function.
const DATA_FIELDS = ["detail", "where", "internal_query", "hint"] as const;

/**
 * The error of this package for one that the driver rejected a query with.
 *
 * `connecting` says that the query had not reached a connection: whatever failed then is the connection. Of the
 * original, which is the cause, nothing that holds data of a row or a parameter shows in a log.
 */
export function toQueryError(error: unknown, connecting = false): GlamError {
  if (isGlamError(error)) return error;
  if (error instanceof Error) concealData(error);
  const known = toGlamError(error);
  const ofNetwork = known instanceof UpstreamServiceError || known instanceof RequestTimeoutError;
  if (!ofNetwork && !(connecting && known instanceof InternalError)) return known;
  const { code } = error as DriverError;
  return new DatabaseError("Database connection failed", {
    cause: error,
    retryable: ofNetwork,
    ...(typeof code === "string" ? { errorCode: code } : {}),
  });
}

function concealData(error: DriverError): void {
  for (const field of DATA_FIELDS) {
    if (Object.hasOwn(error, field)) Object.defineProperty(error, field, { enumerable: false });
  }
  // Errors of class 22 quote the value that did not fit.
  if (typeof error.code !== "string" || !/^22[0-9A-Z]{3}$/.test(error.code)) return;
  const message = error.message.replace(/".*"/s, '"[redacted]"');
  const stack = error.stack?.replace(error.message, () => message);
  Object.defineProperty(error, "message", { value: message });
  Object.defineProperty(error, "stack", { value: stack, enumerable: false });
}

/** SQLSTATE or driver code of the error that this one was made from. */
export function codeOf(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const { code } = at as DriverError;
    if (typeof code === "string" && !isGlamError(at)) return code;
  }
  return undefined;
}

/** Whether the transaction may succeed when all of it is run again. */
export function isWorthAnotherRun(error: unknown): boolean {
  const code = codeOf(error);
  // Somebody changed a table whose `select *` this connection had prepared; the driver forgets it when it fails.
  return code === "40001" || code === "40P01" || code === "0A000" && isStalePlan(error);
}

function isStalePlan(error: unknown): boolean {
  return (error as Error).cause instanceof Error &&
    ((error as Error).cause as DriverError).routine === "RevalidateCachedQuery";
}

const DRIVER_LOST: ReadonlySet<unknown> = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_DESTROYED",
  "ECONNRESET",
  "EPIPE",
]);
const SERVER_LOST = /^(?:08...|57P0[123])$/;

/** Whether the error says that the connection went away under the query. */
export function isConnectionLoss(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && (DRIVER_LOST.has(code) || SERVER_LOST.test(code));
}

/** Whether the driver says so: a SQLSTATE that says it may also be raised by a function, on a connection that lives. */
export function isDriverLoss(error: unknown): boolean {
  return DRIVER_LOST.has(codeOf(error));
}

/** The error for what waited on a connection that went away. */
export function connectionLost(): GlamError {
  const cause = Object.assign(new Error("The connection to the server was lost"), {
    code: "CONNECTION_CLOSED",
  });
  return toQueryError(cause);
}
