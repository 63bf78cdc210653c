/** What is used of an OpenTelemetry `Span`. */
export interface SpanLike {
  /** Sets an attribute. */
  setAttribute(key: string, value: string | number): unknown;
  /** Sets the status. */
  setStatus(status: { code: number }): unknown;
  /** Ends the span, now. */
  end(): void;
}

/** What is used of an OpenTelemetry `Tracer`; the parent of a span is the active one. */
export interface TracerLike {
  /** Starts a span. */
  startSpan(
    name: string,
    options: { kind: number; attributes: Record<string, string | number> },
  ): SpanLike;
}
