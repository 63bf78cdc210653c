import type { Principal } from "./guards.ts";

/**
 * What `glamMiddleware` adds to `c.var`: `new Hono<{ Variables: GlamVariables }>()`.
 */
export type GlamVariables = {
  /** Id of the request. */
  requestId: string;
  /** Correlation id of the request. */
  correlationId: string;
  /** Aborts when the `timeoutMs` of the middleware passes; absent without one. */
  signal?: AbortSignal;
  /** Who sent the request, where authentication has found it. */
  principal?: Principal;
};
