/**
 * The context of a request: its ids, its trace and its tenant, carried across every `await` by AsyncLocalStorage,
 * and passed on to other services and events.
 *
 * Use it wherever code needs the ids or the tenant of the request that it works for. `glamMiddleware()` of
 * `@glam/shared/api` sets it for HTTP requests; a job sets its own with {@link runWithContext}.
 *
 * ```ts
 * import { getContext, propagationHeaders, runWithContext, setContext } from "@glam/shared/context";
 *
 * await runWithContext({ service: "catalog" }, async () => {
 *   setContext({ merchantId: "m_1" });
 *   await Promise.resolve();
 *   console.log(getContext()?.merchantId); // m_1
 *   console.log([...propagationHeaders().keys()]); // traceparent, x-correlation-id, x-request-id
 * });
 * ```
 *
 * @module
 */

export { type BaggageEntry, formatBaggage, parseBaggage } from "./baggage.ts";
export {
  addCorrelationToEvent,
  type CorrelatedEvent,
  extractCorrelationFromEvent,
} from "./event_correlation.ts";
export { generateIdempotencyKey } from "./idempotency_key.ts";
export { makeCorrelationId, makeRequestId } from "./ids.ts";
export { propagationHeaders, type PropagationOptions } from "./propagation.ts";
export type { ContextInit, ContextPatch, RequestContext } from "./request_context.ts";
export { getContext, getCorrelationId, getRequestId, runWithContext, setContext } from "./storage.ts";
export { formatTraceparent, parseTraceparent, type Traceparent } from "./traceparent.ts";
export { normalizeTracestate } from "./tracestate.ts";
