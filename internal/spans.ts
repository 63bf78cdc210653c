/**
 * Creates spans with the OpenTelemetry SDK of the application, found where every copy of `@opentelemetry/api` 1.x registers
 * itself: nothing is imported, and without an SDK no span is created.
 */
const API_KEY = Symbol.for("opentelemetry.js.api.1");
const SPAN_KEY = Symbol.for("OpenTelemetry Context Key SPAN");

/** Description of a span. */
export interface SpanDescription {
  /** Name of the span. */
  readonly name: string;
  /** Span kind. */
  readonly kind: keyof typeof KINDS;
  /** The remote parent, a `traceparent`; without one the active span is the parent. */
  readonly traceparent?: string | undefined;
  /** The `tracestate` that came with it. */
  readonly tracestate?: string | undefined;
  /** Attributes; undefined values are left out. */
  readonly attributes: Readonly<Record<string, number | string | undefined>>;
}

/** A started span. */
export interface SpanHandle {
  /** Runs `fn` with the span as the active one. */
  run<T>(fn: () => T): T;
  /** Ends it, with the error when the operation failed. */
  end(failed?: { readonly error: unknown }): void;
}

const KINDS = { client: 2, producer: 3, consumer: 4 } as const;
const STATUS_ERROR = 2;
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

interface ContextLike {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): ContextLike;
}

interface SpanLike {
  setAttribute(name: string, value: string): unknown;
  recordException(error: unknown): void;
  setStatus(status: { code: number; message?: string }): unknown;
  isRecording(): boolean;
  end(): void;
}

interface OpenTelemetryApi {
  readonly context?: {
    active(): ContextLike;
    with<T>(context: ContextLike, fn: () => T): T;
  };
  readonly trace?: {
    getTracer(name: string): {
      startSpan(name: string, options: object, context: ContextLike): SpanLike;
    };
  };
}

/** Starts a span; returns `undefined`, without calling `describe`, when OpenTelemetry is not set up. */
export function startSpan(describe: () => SpanDescription): SpanHandle | undefined {
  const { context, trace } = (globalThis as { [API_KEY]?: OpenTelemetryApi })[API_KEY] ?? {};
  if (context === undefined || trace === undefined) return undefined;
  const { name, kind, traceparent, tracestate, attributes } = describe();
  const parent = withRemoteParent(context.active(), traceparent, tracestate);
  const span = trace.getTracer("@glam/shared").startSpan(name, {
    kind: KINDS[kind],
    attributes: Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined)),
  }, parent);
  return {
    run: (fn) => context.with(parent.setValue(SPAN_KEY, span), fn),
    end(failed) {
      if (failed !== undefined && span.isRecording()) {
        const { error } = failed;
        span.setAttribute("error.type", error instanceof Error ? error.name : typeof error);
        span.recordException(error);
        span.setStatus({ code: STATUS_ERROR, ...(error instanceof Error && { message: error.message }) });
      }
      span.end();
    },
  };
}

function withRemoteParent(
  active: ContextLike,
  traceparent: string | undefined,
  tracestate: string | undefined,
) {
  const match = traceparent === undefined ? null : TRACEPARENT.exec(traceparent);
  if (match === null) return active;
  const spanContext = {
    traceId: match[1],
    spanId: match[2],
    traceFlags: parseInt(match[3]!, 16),
    isRemote: true,
    ...(tracestate !== undefined && { traceState: stateOf(tracestate) }),
  };
  return active.setValue(SPAN_KEY, { spanContext: () => spanContext, isRecording: () => false });
}

/** Wraps a `tracestate` for the SDK, unchanged. */
function stateOf(serialized: string): object {
  const state = {
    get: (key: string) =>
      serialized.split(",").map((member) => member.trim()).find((member) => member.startsWith(`${key}=`))
        ?.slice(key.length + 1),
    set: () => state,
    unset: () => state,
    serialize: () => serialized,
  };
  return state;
}
