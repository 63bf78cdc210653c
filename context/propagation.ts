import { activeSpanContext } from "../internal/opentelemetry.ts";
import { isWellFormedId } from "./ids.ts";
import { getContext } from "./storage.ts";
import { formatTraceparent, nextHop } from "./traceparent.ts";

/** Options of {@link propagationHeaders}. */
export interface PropagationOptions {
  /**
   * Whether the receiver is one of ours. `tracestate` and `baggage` can hold what a third party must not see, so
   * they go to a trusted peer only.
   * @default false
   */
  readonly trusted?: boolean | undefined;
}

/**
 * `headers` with the ids and the trace of the current request added, for a call to another service.
 *
 * Adds `X-Correlation-ID`, `X-Request-ID` and `traceparent` (the active OpenTelemetry span, else our trace with a new
 * parent id for each call); for a trusted peer also `tracestate` and `baggage`. A header that is there already is
 * kept. An id that the receiver would not take is left out: it takes 1 to 128 characters of `A-Z a-z 0-9 . _ : = + / -`.
 * Outside of a request the headers come back as they were.
 *
 * @example
 * ```ts
 * import { propagationHeaders } from "@glam/shared/context";
 *
 * const request = new Request("http://catalog/items/7", { headers: propagationHeaders({}, { trusted: true }) });
 * console.log(request.headers.get("x-correlation-id")); // null: no request is being handled here
 * ```
 */
export function propagationHeaders(
  headers?: Headers | Record<string, string> | [string, string][],
  options: PropagationOptions = {},
): Headers {
  const { trusted = false } = options;
  const result = new Headers(headers);
  addPropagation(result, trusted);
  return result;
}

/** Where headers are gathered under lower-case names: `Headers`, or a `Map`, which costs a small part of them. */
export interface HeaderCarrier {
  /** Whether the header is there. */
  has(name: string): boolean;
  /** Sets the header. */
  set(name: string, value: string): unknown;
}

/** Adds what {@link propagationHeaders} adds. */
export function addPropagation(headers: HeaderCarrier, trusted: boolean): void {
  const add = (name: string, value: string | undefined) => {
    if (value !== undefined && !headers.has(name)) headers.set(name, value);
  };
  const addId = (name: string, id: string | undefined) => {
    if (id !== undefined && isWellFormedId(id)) add(name, id);
  };
  const context = getContext();
  addId("x-correlation-id", context?.correlationId);
  addId("x-request-id", context?.requestId);
  if (!headers.has("traceparent")) {
    const span = activeSpanContext();
    if (span !== undefined) {
      add("traceparent", formatTraceparent(span));
      if (trusted) add("tracestate", span.tracestate);
    } else if (context?.traceparent !== undefined) {
      add("traceparent", nextHop(context.traceparent));
      if (trusted) add("tracestate", context.tracestate);
    }
  }
  if (trusted) add("baggage", context?.baggage);
}
