import type { RequestContext } from "../context/request_context.ts";
import { traceIdOf } from "../context/traceparent.ts";

/** The id fields of a line in their order, and the property of the context that each is taken from. */
export const CONTEXT_IDS: Readonly<Record<string, Exclude<keyof RequestContext, "deadlineAt" | "signal">>> = {
  request_id: "requestId",
  correlation_id: "correlationId",
  trace_id: "traceparent",
  merchant_id: "merchantId",
  merchant_domain: "merchantDomain",
  user_id: "userId",
  source_service: "sourceService",
};

/** The ids of the context, by the names that they have in a line. */
export function contextIds(context: RequestContext | undefined): Record<string, unknown> {
  const ids: Record<string, unknown> = {};
  if (context === undefined) return ids;
  for (const [name, key] of Object.entries(CONTEXT_IDS)) {
    const value = context[key];
    if (value !== undefined) ids[name] = key === "traceparent" ? traceIdOf(value) : String(value);
  }
  return ids;
}

/**
 * The ids of the context as members of a JSON object, each after a comma. Written out by hand because it runs for every
 * line: building an object for `JSON.stringify` costs three times as much.
 */
export function contextIdsJson(context: RequestContext): string {
  const { merchantDomain, merchantId, sourceService, traceparent, userId } = context;
  let json = ',"request_id":' + quote(context.requestId) + ',"correlation_id":' +
    quote(context.correlationId);
  if (traceparent !== undefined) json += ',"trace_id":' + quote(traceIdOf(traceparent));
  if (merchantId !== undefined) json += ',"merchant_id":' + quote(merchantId);
  if (merchantDomain !== undefined) json += ',"merchant_domain":' + quote(merchantDomain);
  if (userId !== undefined) json += ',"user_id":' + quote(userId);
  if (sourceService !== undefined) json += ',"source_service":' + quote(sourceService);
  return json;
}

// Characters that JSON escapes, and surrogates, because a lone surrogate is escaped as well.
// deno-lint-ignore no-control-regex
const NEEDS_ESCAPES = /["\\\x00-\x1f\ud800-\udfff]/;

/** `JSON.stringify` for strings that rarely need escapes. */
export function quote(text: string): string {
  return NEEDS_ESCAPES.test(text) ? JSON.stringify(text) : '"' + text + '"';
}
