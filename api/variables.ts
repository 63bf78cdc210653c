/**
 * What `glamMiddleware` adds to `c.var`: `new Hono<{ Variables: GlamVariables }>()`.
 */
export type GlamVariables = {
  /** Id of the request. */
  requestId: string;
  /** Correlation id of the request. */
  correlationId: string;
  /** Aborts when the request has no more time; set where the middleware has a `timeoutMs`. */
  signal?: AbortSignal;
};
