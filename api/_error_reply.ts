import type { RequestContext } from "../context/request_context.ts";
import { type ErrorDetail, errorEnvelope, exposedDetail, toWritable } from "../errors/envelope.ts";
import type { GlamError } from "../errors/glam_error.ts";
import { retryAfterHeader } from "../errors/retry_after.ts";
import { namedQuality } from "../internal/accept.ts";
import { isoNow } from "../internal/clock.ts";
import type { ContextLike } from "./_hono.ts";
import { MethodNotAllowedError } from "./_method_not_allowed.ts";
import { toProblem } from "./_problem.ts";
import type { Settings } from "./_settings.ts";

/** The part of a request's state that an error answer needs. */
export interface ReplyState {
  readonly context: RequestContext;
  readonly settings: Pick<Settings, "exposeInternal">;
}

/**
 * The answer to an error: the envelope, or a problem document where the client asks for one. Headers that were set before
 * stay, except those that described the body that the error replaces.
 */
export function errorReply(
  c: ContextLike,
  error: GlamError,
  { context, settings }: ReplyState,
): Response {
  const exposed = settings.exposeInternal ? internalDetail(error) : exposedDetail(error);
  const detail = withErrorId(toWritable(exposed), error, context);
  const problem = wantsProblem(c.req.raw.headers.get("accept"));
  const body = problem ? toProblem(error.status, detail, context) : errorEnvelope(detail, {
    request_id: context.requestId,
    correlation_id: context.correlationId,
    timestamp: isoNow(),
  });
  const response = c.body(JSON.stringify(body), error.status as never, {
    "Content-Type": problem ? "application/problem+json" : "application/json",
  });
  dropStale(response.headers);
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("X-Content-Type-Options", "nosniff");
  addVary(response.headers, "Accept");
  const retryAfter = retryAfterHeader(detail.details?.["retry_after"]);
  if (retryAfter !== undefined) response.headers.set("Retry-After", retryAfter);
  if (error instanceof MethodNotAllowedError) response.headers.set("Allow", error.allow);
  return response;
}

/** The full detail; an internal error has the message of its cause. */
function internalDetail(error: GlamError): ErrorDetail {
  const detail = exposedDetail(error, { exposeInternal: true });
  const { cause } = error;
  return error.code === "INTERNAL_ERROR" && cause instanceof Error
    ? { ...detail, message: String(cause) }
    : detail;
}

/** Adds the request id to an internal error: its log lines are found by it. */
function withErrorId(detail: ErrorDetail, error: GlamError, context: RequestContext): ErrorDetail {
  if (error.code !== "INTERNAL_ERROR" || detail.details?.error_id !== undefined) return detail;
  return { ...detail, details: { ...detail.details, error_id: context.requestId } };
}

function wantsProblem(accept: string | null): boolean {
  if (accept === null || !/problem\+json/i.test(accept)) return false;
  const problem = namedQuality(accept, "application/problem+json");
  return problem > 0 && problem >= namedQuality(accept, "application/json");
}

// What described, cached or named the body that the error replaces. Everything else that the application has set says
// something of the request, the client or the service, and stays.
const OF_THE_BODY: ReadonlySet<string> = new Set([
  "accept-ranges",
  "age",
  "content-digest",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-length",
  "content-location",
  "content-md5",
  "content-range",
  "delta-base",
  "digest",
  "etag",
  "expires",
  "im",
  "last-modified",
  "link",
  "location",
  "memento-datetime",
  "pragma",
  "preference-applied",
  "refresh",
  "repr-digest",
  "signature",
  "signature-input",
  "sourcemap",
  "trailer",
  "transfer-encoding",
  "warning",
  "x-accel-expires",
  "x-accel-redirect",
  "x-lighttpd-send-file",
  "x-sendfile",
  "x-sourcemap",
]);
/** `Cache-Control`, and those for one kind of cache (RFC 9213), such as `CDN-Cache-Control`. */
const CACHING = /(?:^|-)cache-control$|^surrogate-control$/;

/** Whether a header was about the body that was there before. */
export function isOfTheBody(name: string): boolean {
  return OF_THE_BODY.has(name) || CACHING.test(name);
}

function dropStale(headers: Headers): void {
  for (const name of [...headers.keys()]) {
    if (isOfTheBody(name)) headers.delete(name);
  }
}

function addVary(headers: Headers, field: string): void {
  const names = headers.get("vary")?.toLowerCase().split(",").map((name) => name.trim()) ?? [];
  if (!names.includes("*") && !names.includes(field.toLowerCase())) headers.append("Vary", field);
}
