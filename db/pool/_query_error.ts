import { RequestTimeoutError } from "../../errors/common.ts";
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
 * `target` is given when the query had no connection yet: the error is then one of connecting to that database, and says
 * what the server or the network has answered, which holds no data of a row then.
 */
export function toQueryError(error: unknown, target?: string): GlamError {
  if (isGlamError(error)) return error;
  if (error instanceof Error) concealData(error);
  const known = toGlamError(error);
  const ofNetwork = known instanceof UpstreamServiceError || known instanceof RequestTimeoutError;
  if (target !== undefined) return cannotConnect(error as DriverError, known, ofNetwork, target);
  if (!ofNetwork) return known;
  const { code } = error as DriverError;
  return new DatabaseError("Database connection failed", {
    cause: error,
    retryable: true,
    ...(typeof code === "string" ? { errorCode: code } : {}),
  });
}

function cannotConnect(error: DriverError, known: GlamError, ofNetwork: boolean, target: string): GlamError {
  const { message, code } = error;
  const retryable = ofNetwork || known.details["retryable"] === true;
  const reason = message === undefined || message === "" ? known.message : message;
  return new DatabaseError(`Cannot connect to the database ${target}: ${reason}${remedyOf(error)}`, {
    cause: error,
    status: retryable ? 503 : 500,
    retryable,
    ...(typeof code === "string" ? { errorCode: code } : {}),
  });
}

// Codes of OpenSSL, and the texts of Deno and Bun.
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|ALTNAME|certificate/i;

/** What to change in the settings. */
function remedyOf({ code, message = "" }: DriverError): string {
  switch (code) {
    case "08P01":
      return /^unsupported startup parameter/.test(message)
        ? "; the server is a pooler such as PgBouncer: connect with `pooler: true`"
        : "";
    case "28000":
      return /no encryption|SSL off/.test(message)
        ? '; connect with `ssl: "verify-full"`, or sslmode in the URL'
        : "";
    case "28P01":
      return "; correct the password";
    case "3D000":
      return "; create it, or correct the name";
    case "TLS_REFUSED":
      return "; enable TLS there, or connect with `ssl: false` if the network is trusted";
    default:
      return CERTIFICATE.test(`${String(code)} ${message}`)
        ? "; trust its authority with `ssl: { ca }`, and connect by the name in the certificate"
        : "";
  }
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

/** The SQLSTATE of a write that the server refuses because it, or the transaction, is read-only. */
export const READ_ONLY = "25006";

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
