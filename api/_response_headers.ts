import type { RequestContext } from "../context/request_context.ts";
import { traceOf } from "../context/trace.ts";
import type { ContextLike } from "./_hono.ts";
import type { Settings } from "./_settings.ts";

/** Puts the ids and the service's name on the response, whatever it is. */
export function setHeaders(c: ContextLike, context: RequestContext, settings: Settings): void {
  const { res } = c;
  if (res.status === 101) return; // an upgrade must stay the object that the runtime made
  try {
    const { headers } = res;
    headers.set("X-Request-ID", context.requestId);
    headers.set("X-Correlation-ID", context.correlationId);
    headers.set("X-Service-Name", settings.service);
    if (settings.exposeTrace) headers.set("traceparent", traceOf(context));
  } catch { // a response of fetch() has immutable headers; c.header() copies it
    c.header("X-Request-ID", context.requestId);
    c.header("X-Correlation-ID", context.correlationId);
    c.header("X-Service-Name", settings.service);
    if (settings.exposeTrace) c.header("traceparent", traceOf(context));
  }
}
