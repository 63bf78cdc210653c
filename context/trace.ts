import { activeSpanContext } from "../internal/opentelemetry.ts";
import { randomHex } from "../internal/random.ts";
import { normalizeBaggage } from "./baggage.ts";
import { formatTraceparent, newTraceparent, parseTraceparent } from "./traceparent.ts";
import { normalizeTracestate } from "./tracestate.ts";

/** The trace part of a request's context. */
export interface Trace {
  /** This hop's `traceparent`. */
  readonly traceparent: string;
  /** The caller's `tracestate`. */
  readonly tracestate: string | undefined;
  /** The caller's `baggage`. */
  readonly baggage: string | undefined;
}

/** The trace that a request with these headers belongs to: the active OpenTelemetry span's, the caller's, or a new one. */
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
      : newTraceparent(),
    tracestate: span !== undefined
      ? span.tracestate
      : state === null
      ? undefined
      : normalizeTracestate(state),
    baggage: baggage === null ? undefined : normalizeBaggage(baggage),
  };
}
