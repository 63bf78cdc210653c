import type { ContextLike } from "./_hono.ts";
import type { RequestState } from "./_request_state.ts";

/**
 * Records whether anything is set on the context that Hono would add to a response. Hono does not expose that, so this
 * wraps the two methods that set it before the first handler runs.
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
