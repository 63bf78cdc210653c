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
 * The answer to an error: the envelope, or a problem document where the client asks for one. Of the headers set so far
 * those stay that still hold for an error.
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

const KEPT: ReadonlySet<string> = new Set([
  "allow",
  "content-security-policy",
  "content-security-policy-report-only",
  "content-type",
  "nel",
  "origin-agent-cluster",
  "permissions-policy",
  "proxy-authenticate",
  "referrer-policy",
  "report-to",
  "reporting-endpoints",
  "retry-after",
  "server-timing",
  "set-cookie",
  "strict-transport-security",
  "timing-allow-origin",
  "traceparent",
  "vary",
  "www-authenticate",
  "x-content-type-options",
  "x-correlation-id",
  "x-dns-prefetch-control",
  "x-download-options",
  "x-frame-options",
  "x-permitted-cross-domain-policies",
  "x-request-id",
  "x-robots-tag",
  "x-service-name",
  "x-xss-protection",
]);
const KEPT_FAMILIES = /^(access-control-|cross-origin-|ratelimit|x-ratelimit-)/;

/** Drops what described, cached or validated the body that the headers were set for. */
function dropStale(headers: Headers): void {
  for (const name of [...headers.keys()]) {
    if (!KEPT.has(name) && !KEPT_FAMILIES.test(name)) headers.delete(name);
  }
}

function addVary(headers: Headers, field: string): void {
  const names = headers.get("vary")?.toLowerCase().split(",").map((name) => name.trim()) ?? [];
  if (!names.includes("*") && !names.includes(field.toLowerCase())) headers.append("Vary", field);
}
