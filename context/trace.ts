import { activeSpanContext } from "../internal/opentelemetry.ts";
import { randomHex } from "../internal/random.ts";
import { normalizeBaggage } from "./baggage.ts";
import type { RequestContext } from "./request_context.ts";
import { formatTraceparent, newTraceparent, parseTraceparent } from "./traceparent.ts";
import { normalizeTracestate } from "./tracestate.ts";

/**
 * The key under which a context keeps the request's headers until its trace is read from them. Few requests use their
 * trace, and reading a header takes time.
 */
export const UNREAD: unique symbol = Symbol("unread trace headers");

/** The part of `Headers` that a trace is read from. */
export interface TraceHeaders {
  /** The value of a header. */
  get(name: "baggage" | "traceparent" | "tracestate"): string | null;
}

/** A request's context with a trace that may not have been read yet. */
export interface UnreadContext extends RequestContext {
  [UNREAD]: TraceHeaders | undefined;
}

/** The part of a context that a trace is in. */
type Traced = Pick<RequestContext, "baggage" | "traceparent" | "tracestate"> & Partial<UnreadContext>;

/** Sets the trace of a new context from the active OpenTelemetry span: another one is active when the trace is read later. */
export function joinActiveSpan(context: UnreadContext): void {
  const span = activeSpanContext();
  if (span === undefined) return;
  context.traceparent = formatTraceparent(span);
  context.tracestate = span.tracestate;
  context.baggage = baggageOf(context[UNREAD]!);
  context[UNREAD] = undefined;
}

/** The `traceparent` that was received, or made before; this makes none. */
export function knownTraceOf(context: Pick<RequestContext, "traceparent">): string | undefined {
  const headers = (context as Traced)[UNREAD];
  if (headers !== undefined) readTrace(context, headers);
  return context.traceparent;
}

/**
 * Drops the reference to the request's headers, and keeps the values of the three trace headers where there are any. The
 * trace is not read here: that would make an id that few requests use.
 */
export function releaseHeaders(context: Pick<RequestContext, "traceparent">): void {
  const headers = (context as Traced)[UNREAD];
  if (headers === undefined) return;
  const traceparent = headers.get("traceparent");
  const baggage = headers.get("baggage");
  (context as Traced)[UNREAD] = traceparent === null && baggage === null
    ? undefined
    : new TraceTexts(traceparent, traceparent === null ? null : headers.get("tracestate"), baggage);
}

/** The headers of a trace, without the request that they came with. */
class TraceTexts implements TraceHeaders {
  readonly traceparent: string | null;
  readonly tracestate: string | null;
  readonly baggage: string | null;

  constructor(traceparent: string | null, tracestate: string | null, baggage: string | null) {
    this.traceparent = traceparent;
    this.tracestate = tracestate;
    this.baggage = baggage;
  }

  get(name: "baggage" | "traceparent" | "tracestate"): string | null {
    return this[name];
  }
}

function readTrace(context: Traced, headers: TraceHeaders): void {
  context[UNREAD] = undefined;
  const header = headers.get("traceparent");
  const caller = header === null ? undefined : parseTraceparent(header);
  if (caller !== undefined) {
    context.traceparent = formatTraceparent({ ...caller, parentId: randomHex(16) });
    const state = headers.get("tracestate");
    context.tracestate = state === null ? undefined : normalizeTracestate(state);
  }
  context.baggage = baggageOf(headers);
}

/**
 * The `traceparent` of a request; where it has none yet, that of the active OpenTelemetry span, else of a new trace.
 */
export function traceOf(context: RequestContext): string {
  return knownTraceOf(context) ?? (context.traceparent = startTrace());
}

function startTrace(): string {
  const span = activeSpanContext();
  return span === undefined ? newTraceparent() : formatTraceparent(span);
}

function baggageOf(headers: TraceHeaders): string | undefined {
  const baggage = headers.get("baggage");
  return baggage === null ? undefined : normalizeBaggage(baggage);
}
