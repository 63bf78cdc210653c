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
};
