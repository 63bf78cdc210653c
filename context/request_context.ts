/**
 * The ids, the trace and the tenant of one request, which all of its log lines, error envelopes, outgoing requests and
 * events carry.
 */
export interface RequestContext {
  /** Id of this request: the caller's `X-Request-ID` where it is well formed, else `req_` and 12 hex digits. */
  requestId: string;
  /** Id of the whole business operation, carried across services: `X-Correlation-ID`, else `corr_` and 12 hex digits. */
  correlationId: string;
  /** W3C `traceparent` of this hop: the caller's trace id with a parent id of our own. */
  traceparent?: string | undefined;
  /** W3C `tracestate` as received, when legal. */
  tracestate?: string | undefined;
  /** W3C `baggage` as received, when legal. */
  baggage?: string | undefined;
  /** Name of the service that does the work. */
  service: string;
  /** Name of the calling service, where it is known. */
  sourceService?: string | undefined;
  /** HTTP method. */
  method?: string | undefined;
  /** URL path, without the query. */
  path?: string | undefined;
  /** Tenant, as authentication found it; never taken from a header of the client. */
  merchantId?: string | undefined;
  /** Shop domain of the tenant, as authentication found it. */
  merchantDomain?: string | undefined;
  /** User, as authentication found it. */
  userId?: string | undefined;
  /** Aborts when the `timeoutMs` of the middleware passes; absent without one. */
  signal?: AbortSignal | undefined;
  /** When the request has no more time, in milliseconds since 1970; clients of other services hand on what is left. */
  deadlineAt?: number | undefined;
}

/** A context to start with; ids and service that are left out are made. */
export type ContextInit = { readonly [Key in keyof RequestContext]?: RequestContext[Key] | undefined };

/** What authentication and similar middleware may add to the current context. */
export type ContextPatch = Partial<
  Pick<RequestContext, "merchantDomain" | "merchantId" | "sourceService" | "userId">
>;
