import type { ContextLike } from "./_hono.ts";
import type { RequestState } from "./_request_state.ts";

/**
 * On Node, `@hono/node-server` writes a response that was made from a plain record of headers without ever making a
 * `Headers` object, which is worth a tenth of a small request. Hono makes one where there are two headers or more, so the
 * response is made past it; which is right only while nothing was set on the context that Hono would add.
 *
 * Hono keeps that to itself, so this listens to the two methods that set it, from the first handler on.
 */
export function watchForPlain(c: ContextLike, state: RequestState): void {
  if (c.req.routeIndex !== 0) return; // an outer middleware may have set something already
  state.plain = true;
  const { header, status } = c;
  c.header = (...args) => {
    state.plain = false;
    header(...args);
  };
  c.status = (...args) => {
    state.plain = false;
    status(...args);
  };
}

/** The response with the request's headers from the start. */
export function plainResponse(text: string, status: number | undefined, state: RequestState): Response {
  const { context, settings } = state;
  return state.made = new Response(text, {
    status: status ?? 200,
    headers: {
      "Content-Type": "application/json",
      "X-Request-ID": context.requestId,
      "X-Correlation-ID": context.correlationId,
      "X-Service-Name": settings.service,
    },
  });
}
