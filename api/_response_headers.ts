import { traceOf } from "../context/trace.ts";
import { detectRuntime } from "../internal/runtime.ts";
import { type ContextLike, replaceResponse } from "./_hono.ts";
import type { RequestState } from "./_request_state.ts";

/**
 * Puts the ids and the service's name on the response, whatever it is.
 *
 * @throws {Error} when no server can send the response, because its body was read or is being read.
 */
export function setHeaders(
  c: ContextLike,
  { context, settings, made, rateLimit }: Pick<RequestState, "context" | "made" | "rateLimit" | "settings">,
): void {
  const { res } = c;
  if (res === made) return;
  if (isUsed(res)) throw unsendable(c);
  try {
    const { headers } = res;
    headers.set("X-Request-ID", context.requestId);
    headers.set("X-Correlation-ID", context.correlationId);
    headers.set("X-Service-Name", settings.service);
    if (settings.exposeTrace) headers.set("traceparent", traceOf(context));
    if (rateLimit !== undefined) {
      headers.set("RateLimit-Policy", rateLimit.policy);
      headers.set("RateLimit", rateLimit.limit);
    }
  } catch { // a response of fetch() has immutable headers
    if (res.body?.locked === true) throw unsendable(c);
    replaceResponse(c, new Response(res.body, res));
    setHeaders(c, { context, settings, rateLimit });
  }
}

const ON_NODE = /* @__PURE__ */ detectRuntime() === "node";

/**
 * Whether the body of a response was read. On Node, `@hono/node-server` keeps a response that nobody has touched as a status
 * and a text under a symbol, and sends it in half the time; to ask such a response makes a real one of it.
 */
function isUsed(res: Response): boolean {
  if (ON_NODE && Object.getOwnPropertySymbols(res).some((key) => key.description === "cache")) return false;
  return res.bodyUsed;
}

function unsendable({ req }: ContextLike): Error {
  return new Error(`The handler of ${req.method} ${req.path} returned a response whose body was read before`);
}
