import { isWellFormedId, makeCorrelationId } from "../../context/ids.ts";
import type { RequestContext } from "../../context/request_context.ts";
import { getContext } from "../../context/storage.ts";
import { formatTraceparent, newTraceparent, nextHop } from "../../context/traceparent.ts";
import { activeSpanContext } from "../../internal/opentelemetry.ts";
import type { MessageHeaders } from "../bus/message_headers.ts";
import { normalizeBaggage } from "../../context/baggage.ts";
import { normalizeTracestate } from "../../context/tracestate.ts";
import { parseTraceparent } from "../../context/traceparent.ts";

/** Characters of a malformed id that a message repeats. */
const MAX_SHOWN = 160;

/** The correlation id and the trace that a message carries. */
export interface Propagated {
  readonly correlationId: string;
  readonly traceparent: string;
  readonly tracestate: string | undefined;
  readonly baggage: string | undefined;
}

/**
 * The correlation id and the trace to send: those of the active OpenTelemetry span, else of the current request, else new
 * ones. Listeners belong to the fleet, so tracestate and baggage are sent as well.
 *
 * @throws {TypeError} when `correlationId` is malformed.
 */
export function propagated(correlationId: string | undefined): Propagated {
  if (correlationId !== undefined && !(typeof correlationId === "string" && isWellFormedId(correlationId))) {
    throw new TypeError(
      "Expected `correlationId` to be 1 to 128 characters of A-Z a-z 0-9 . _ : = + / -, got " +
        JSON.stringify(correlationId)?.slice(0, MAX_SHOWN),
    );
  }
  const context = getContext();
  const span = activeSpanContext();
  return {
    correlationId: correlationId ?? context?.correlationId ?? makeCorrelationId(),
    traceparent: span !== undefined
      ? formatTraceparent(span)
      : context?.traceparent !== undefined
      ? nextHop(context.traceparent)
      : newTraceparent(),
    tracestate: span !== undefined ? span.tracestate : context?.tracestate,
    baggage: context?.baggage,
  };
}

/** Appends the propagation headers to `headers`. */
export function addPropagated(headers: [name: string, value: string][], sent: Propagated): void {
  headers.push(["traceparent", sent.traceparent]);
  if (sent.tracestate !== undefined) headers.push(["tracestate", sent.tracestate]);
  if (sent.baggage !== undefined) headers.push(["baggage", sent.baggage]);
  headers.push(["X-Correlation-ID", sent.correlationId]);
}

/**
 * Reads the trace and the correlation id of a received message as members of a request context. Malformed ones are dropped,
 * so that they can be passed on in headers of HTTP and of other messages.
 */
export function receivedContext(
  headers: MessageHeaders,
): Partial<Pick<RequestContext, "baggage" | "correlationId" | "traceparent" | "tracestate">> {
  const [header, state, baggage] = [
    headers.get("traceparent"),
    headers.get("tracestate"),
    headers.get("baggage"),
  ];
  const trace = header === undefined ? undefined : parseTraceparent(header);
  const correlationId = headers.get("X-Correlation-ID");
  return {
    ...correlationId !== undefined && isWellFormedId(correlationId) && { correlationId },
    ...trace !== undefined && {
      traceparent: nextHop(formatTraceparent(trace)),
      tracestate: state === undefined ? undefined : normalizeTracestate(state),
    },
    ...baggage !== undefined && { baggage: normalizeBaggage(baggage) },
  };
}
