import { type SpanHandle, startSpan } from "../../internal/spans.ts";
import type { GlamEvent } from "../contract/event.ts";
import type { HeldMessage } from "./_held_message.ts";

/**
 * The span of one call of a handler, as a child of what published the event; `undefined` where OpenTelemetry is not set up.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
 */
export function startConsumerSpan(held: HeldMessage, event: GlamEvent): SpanHandle | undefined {
  const { subject, durable } = { subject: held.delivery.subject, durable: held.source.settings.durable };
  return startSpan(() => ({
    name: `process ${subject}`,
    kind: "consumer",
    traceparent: held.get("traceparent") ?? undefined,
    tracestate: held.get("tracestate") ?? undefined,
    attributes: {
      "messaging.system": "nats",
      "messaging.operation.name": "process",
      "messaging.operation.type": "process",
      "messaging.destination.name": subject,
      "messaging.consumer.group.name": durable,
      "messaging.message.id": event.event_id,
      "messaging.message.conversation_id": event.correlation_id ?? undefined,
      "messaging.message.body.size": held.delivery.data.length,
    },
  }));
}
