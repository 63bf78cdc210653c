import { activeSpanContext } from "../internal/opentelemetry.ts";
import { randomHex } from "../internal/random.ts";
import { normalizeBaggage } from "./baggage.ts";
import type { RequestContext } from "./request_context.ts";
import { formatTraceparent, newTraceparent, parseTraceparent } from "./traceparent.ts";
import { normalizeTracestate } from "./tracestate.ts";

/** The trace part of a request's context. */
export interface Trace {
  /** This hop's `traceparent`; `undefined` for a trace that starts here, which is made when it is first asked for. */
  readonly traceparent: string | undefined;
  /** The caller's `tracestate`. */
  readonly tracestate: string | undefined;
  /** The caller's `baggage`. */
  readonly baggage: string | undefined;
}

/** The trace that a request with these headers belongs to: the active OpenTelemetry span's, or the caller's. */
export function incomingTrace(headers: { get(name: string): string | null }): Trace {
  const header = headers.get("traceparent");
  const caller = header === null ? undefined : parseTraceparent(header);
  const span = activeSpanContext();
  const state = span === undefined && caller !== undefined ? headers.get("tracestate") : null;
  const baggage = headers.get("baggage");
  return {
    traceparent: span !== undefined
      ? formatTraceparent(span)
      : caller !== undefined
      ? formatTraceparent({ ...caller, parentId: randomHex(16) })
      : undefined,
    tracestate: span !== undefined
      ? span.tracestate
      : state === null
      ? undefined
      : normalizeTracestate(state),
    baggage: baggage === null ? undefined : normalizeBaggage(baggage),
  };
}

/**
 * The `traceparent` of a request. Where it has none yet it joins the active OpenTelemetry span, else it starts a trace: few
 * requests need one of our making.
 */
export function traceOf(context: RequestContext): string {
  return context.traceparent ??= startTrace();
}

function startTrace(): string {
  const span = activeSpanContext();
  return span === undefined ? newTraceparent() : formatTraceparent(span);
}
