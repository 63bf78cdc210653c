import { isWellFormedId, makeCorrelationId, makeRequestId } from "../context/ids.ts";
import type { RequestContext } from "../context/request_context.ts";
import { currentContext } from "../context/storage.ts";
import { joinActiveSpan, UNREAD, type UnreadContext } from "../context/trace.ts";
import { ON_DENO } from "../internal/runtime.ts";
import type { ContextLike } from "./_hono.ts";

/**
 * The context of a request: the caller's ids where they are well formed, else new ones. An application that another one
 * mounts (`app.mount`) takes over the ids of the request that it is a part of.
 */
export function createContext({ req }: ContextLike, service: string): RequestContext {
  const { headers } = req.raw;
  // On Deno each `get` of a served request is a native call, until `has` has copied all headers into JavaScript. Once
  // `headers` was read, Deno makes that copy at the end of the request in any case.
  const requestId = ON_DENO && !headers.has("x-request-id") ? null : headers.get("x-request-id");
  const correlationId = headers.get("x-correlation-id");
  const outer = currentContext();
  const mounter = outer?.method === undefined ? undefined : outer;
  const context: UnreadContext = {
    requestId: wellFormed(requestId) ?? wellFormed(mounter?.requestId) ?? makeRequestId(),
    correlationId: wellFormed(correlationId) ?? wellFormed(mounter?.correlationId) ?? makeCorrelationId(),
    traceparent: undefined,
    tracestate: undefined,
    baggage: undefined,
    service,
    method: req.method,
    path: req.path,
    [UNREAD]: headers,
  };
  joinActiveSpan(context);
  return context;
}

function wellFormed(id: string | null | undefined): string | undefined {
  return id != null && isWellFormedId(id) ? id : undefined;
}
