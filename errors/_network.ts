import type { ForeignError } from "./_shape.ts";
import { RequestTimeoutError } from "./common.ts";
import type { GlamError } from "./glam_error.ts";
import { UpstreamServiceError } from "./infrastructure.ts";

const TIMEOUTS: ReadonlySet<unknown> = new Set([
  "ESOCKETTIMEDOUT",
  "ETIMEDOUT",
  "TimedOut", // Deno.errors
  "UND_ERR_BODY_TIMEOUT",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
]);

// Codes of Node, which Deno and Bun share, of undici and of older Bun, and names of Deno.errors.
const CONNECTION_FAILURES: ReadonlySet<unknown> = new Set([
  "BrokenPipe",
  "ConnectionAborted",
  "ConnectionClosed",
  "ConnectionRefused",
  "ConnectionReset",
  "EAI_AGAIN",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETUNREACH",
  "ENOTCONN",
  "ENOTFOUND",
  "EPIPE",
  "FailedToOpenSocket",
  "NetworkUnreachable",
  "UND_ERR_CLOSED",
  "UND_ERR_DESTROYED",
  "UND_ERR_SOCKET",
]);

// `fetch failed` is Node, and Deno from 2.9; `error sending request` and `error reading a body` Deno; `terminated`
// a body on Node; `Network connection lost` workerd; `Unable to connect` Bun.
const FETCH_FAILURE =
  /^(?:fetch failed|terminated|error sending request|error reading a body|Network connection lost|Unable to connect)/;
// Node says `fetch failed` of these too, but they are mistakes in the call.
const BAD_CALL = /^(?:bad port|unknown scheme|invalid .* header|URL scheme)/i;
const TIMED_OUT = /timed out/i;

/** The error for an abort, a timeout, or a connection or `fetch` that failed; `undefined` for any other. */
export function fromNetwork(error: ForeignError): GlamError | undefined {
  const cause = (typeof error.cause === "object" && error.cause !== null ? error.cause : {}) as ForeignError;
  const marks = [error.name, error.code, cause.name, cause.code];
  if (error.name === "TimeoutError" || marks.some((mark) => TIMEOUTS.has(mark))) return timedOut(error);
  if (error.name === "AbortError" || error.code === "UND_ERR_ABORTED") {
    return new RequestTimeoutError("Operation was aborted", { retryable: false, cause: error });
  }
  if (marks.some((mark) => CONNECTION_FAILURES.has(mark))) return upstream(error);
  const isFetchFailure = FETCH_FAILURE.test(String(error.message)) &&
    !BAD_CALL.test(String(cause.message ?? ""));
  if (!isFetchFailure) return undefined;
  return TIMED_OUT.test(`${error.message} ${cause.message}`) ? timedOut(error) : upstream(error);
}

function timedOut(error: ForeignError): GlamError {
  return new RequestTimeoutError("Operation timed out", { cause: error });
}

function upstream(error: ForeignError): GlamError {
  return new UpstreamServiceError("Upstream service could not be reached", { cause: error });
}
