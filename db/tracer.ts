/** The part of an OpenTelemetry `Span` that this package uses. */
export interface SpanLike {
  /** Sets an attribute. */
  setAttribute(key: string, value: string | number): unknown;
  /** Sets the status. */
  setStatus(status: { code: number }): unknown;
  /** Ends the span. */
  end(): void;
}

/** The part of an OpenTelemetry `Tracer` that this package uses. The active span is the parent. */
export interface TracerLike {
  /** Starts a span. */
  startSpan(
    name: string,
    options: { kind: number; attributes: Record<string, string | number> },
  ): SpanLike;
}
