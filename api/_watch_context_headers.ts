import type { ContextLike } from "./_hono.ts";
import type { RequestState } from "./_request_state.ts";

/**
 * Notes whether anything is set on the context that Hono would add to a response. Hono keeps that to itself, so this
 * listens to the two methods that set it, from the first handler on.
 */
export function watchContextHeaders(c: ContextLike, state: RequestState): void {
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
