import type { RequestContext } from "../context/request_context.ts";
import { traceIdOf } from "../context/traceparent.ts";

/** Where in the context the ids of a line come from, in their order. */
export const CONTEXT_IDS: Readonly<Record<string, Exclude<keyof RequestContext, "signal">>> = {
  request_id: "requestId",
  correlation_id: "correlationId",
  trace_id: "traceparent",
  merchant_id: "merchantId",
  merchant_domain: "merchantDomain",
  user_id: "userId",
  source_service: "sourceService",
};

/** The ids that a line shows. */
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
 * The same as members of a JSON object, each after a comma. Written out, for this is in every line: an object made
 * only to be passed to `JSON.stringify` costs three times as much.
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

// What JSON escapes, and surrogates, of which a lone one must be escaped too.
// deno-lint-ignore no-control-regex
const NEEDS_ESCAPES = /["\\\x00-\x1f\ud800-\udfff]/;

/** `JSON.stringify` for a string that seldom needs escapes. */
export function quote(text: string): string {
  return NEEDS_ESCAPES.test(text) ? JSON.stringify(text) : '"' + text + '"';
}
