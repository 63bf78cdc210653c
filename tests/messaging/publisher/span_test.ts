import assert from "node:assert/strict";
import { it } from "node:test";
import { createMemoryBus, createPublisher, defineEvent, Streams } from "@glam/shared/messaging";
import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import * as z from "zod";
import { recordSpans } from "../../_support/recorded_spans.ts";

const exporter = recordSpans();

const Noted = defineEvent("evt.span.noted.v1", z.object({ text: z.string() }));

it("publish makes a producer span, and the event carries it as its trace", async () => {
  await using bus = createMemoryBus();
  const publisher = createPublisher(bus, { service: "shop" });
  await publisher.publish(Noted, { text: "a" });
  const [span] = exporter.getFinishedSpans();
  assert.equal(span?.name, "send evt.span.noted.v1");
  assert.equal(span?.kind, SpanKind.PRODUCER);
  assert.equal(span?.attributes["messaging.system"], "nats");
  assert.equal(span?.attributes["messaging.destination.name"], Noted.subject);
  const stored = await bus.readMessage(Streams.EVENTS, { sequence: 1 });
  const { traceId, spanId } = span!.spanContext();
  assert.equal(stored?.headers.get("traceparent"), `00-${traceId}-${spanId}-01`);
  exporter.reset();
  await assert.rejects(publisher.publish(Noted, { text: 7 as unknown as string }));
  assert.equal(exporter.getFinishedSpans()[0]?.status.code, SpanStatusCode.ERROR);
});
