/**
 * The active OpenTelemetry span, read from the place where every copy of `@opentelemetry/api` 1.x registers itself.
 * This needs no import, and costs nothing when tracing is off.
 *
 * @see https://github.com/open-telemetry/opentelemetry-js/blob/main/api/src/internal/global-utils.ts
 */
const API_KEY = Symbol.for("opentelemetry.js.api.1");
const SPAN_KEY = Symbol.for("OpenTelemetry Context Key SPAN");

/** The part of a span context that this package reads. */
export interface ActiveSpanContext {
  readonly traceId: string;
  readonly parentId: string;
  readonly flags: number;
  readonly tracestate: string | undefined;
}

interface SpanContextLike {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  readonly traceState?: { serialize(): string };
}

interface OpenTelemetryApi {
  readonly context?: { active(): { getValue(key: symbol): unknown } };
}

const NO_TRACE = "0".repeat(32);

/** The context of the active span, or `undefined` when there is none. */
export function activeSpanContext(): ActiveSpanContext | undefined {
  const api = (globalThis as { [API_KEY]?: OpenTelemetryApi })[API_KEY];
  if (api?.context === undefined) return undefined;
  const span = api.context.active().getValue(SPAN_KEY) as { spanContext(): SpanContextLike } | undefined;
  const context = span?.spanContext();
  if (context === undefined || context.traceId === NO_TRACE) return undefined;
  return {
    traceId: context.traceId,
    parentId: context.spanId,
    flags: context.traceFlags,
    tracestate: context.traceState?.serialize() || undefined,
  };
}
