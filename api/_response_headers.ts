import { traceOf } from "../context/trace.ts";
import { type ContextLike, replaceResponse } from "./_hono.ts";
import type { RequestState } from "./_request_state.ts";

/** Puts the ids and the service's name on the response, whatever it is. */
export function setHeaders(c: ContextLike, { context, settings, made }: RequestState): void {
  const { res } = c;
  if (res === made) return;
  try {
    const { headers } = res;
    headers.set("X-Request-ID", context.requestId);
    headers.set("X-Correlation-ID", context.correlationId);
    headers.set("X-Service-Name", settings.service);
    if (settings.exposeTrace) headers.set("traceparent", traceOf(context));
  } catch { // a response of fetch() has immutable headers
    replaceResponse(c, new Response(res.body, res));
    setHeaders(c, { context, settings });
  }
}
