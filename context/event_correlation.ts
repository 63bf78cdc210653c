import { isWellFormedId } from "./ids.ts";
import { getContext } from "./storage.ts";

/** A message with the id of the operation that it belongs to. */
export interface CorrelatedEvent {
  /** Correlation id of the event. */
  readonly correlation_id: string;
  /** Metadata of the event, with the same id. */
  readonly metadata: Readonly<Record<string, unknown>> & { readonly correlation_id: string };
}

/**
 * A copy of `event` that carries the correlation id of the current request, at the top level and in `metadata`.
 * Outside of a request the copy is unchanged.
 */
export function addCorrelationToEvent<T extends object>(
  event: T,
): Omit<T, keyof CorrelatedEvent> & Partial<CorrelatedEvent> {
  const correlationId = getContext()?.correlationId;
  if (correlationId === undefined) return { ...event };
  const { metadata } = event as { metadata?: object | null };
  return {
    ...event,
    correlation_id: correlationId,
    metadata: { ...metadata, correlation_id: correlationId },
  };
}

/**
 * The correlation id of an event: of its top level, else of its `metadata`, else `undefined`. An id counts where it is well
 * formed: 1 to 128 characters of `A-Z a-z 0-9 . _ : = + / -`.
 */
export function extractCorrelationFromEvent(event: unknown): string | undefined {
  const { correlation_id: top, metadata } = (event ?? {}) as { correlation_id?: unknown; metadata?: unknown };
  const { correlation_id: inner } = (metadata ?? {}) as { correlation_id?: unknown };
  return [top, inner].find((id): id is string => typeof id === "string" && isWellFormedId(id));
}
