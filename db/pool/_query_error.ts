import { InternalError, RequestTimeoutError } from "../../errors/common.ts";
import { type GlamError, isGlamError } from "../../errors/glam_error.ts";
import { DatabaseError, UpstreamServiceError } from "../../errors/infrastructure.ts";
import { toGlamError } from "../../errors/to_glam_error.ts";

/** The fields of a driver's error that are read here. */
interface DriverError extends Error {
  readonly code?: unknown;
  readonly routine?: unknown;
}

// Fields of a server's error that can hold data of a row, of a parameter or of a statement inside a function.
const DATA_FIELDS = ["detail", "where", "internal_query", "hint"] as const;

/**
 * Maps an error of the driver to one of this package. The original is the cause; its fields that can hold data of a row
 * or a parameter are made non-enumerable, so that they are not logged.
 *
 * `connecting` means that the query had no connection yet, so that any unknown error is one of the connection.
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

/** The SQLSTATE or driver code of the first cause that has one. */
export function codeOf(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const { code } = at as DriverError;
    if (typeof code === "string" && !isGlamError(at)) return code;
  }
  return undefined;
}

/** Whether the transaction may succeed when its whole callback is run again. */
export function isWorthAnotherRun(error: unknown): boolean {
  const code = codeOf(error);
  // A table was altered after this connection had prepared a `select *` of it. The driver then drops the statement.
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

/** Whether the error says that the connection was lost during the query. */
export function isConnectionLoss(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && (DRIVER_LOST.has(code) || SERVER_LOST.test(code));
}

/** Whether the driver lost the connection. A SQLSTATE of that meaning can also be raised by a function on a live one. */
export function isDriverLoss(error: unknown): boolean {
  return DRIVER_LOST.has(codeOf(error));
}

/** The error for a query whose connection was lost. */
export function connectionLost(): GlamError {
  const cause = Object.assign(new Error("The connection to the server was lost"), {
    code: "CONNECTION_CLOSED",
  });
  return toQueryError(cause);
}
