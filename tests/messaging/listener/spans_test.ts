// The real OpenTelemetry SDK: a handler runs in a span of its own, under what published the event.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { getContext } from "@glam/shared/context";
import { createListener, createMemoryBus, defineEvent } from "@glam/shared/messaging";
import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import * as z from "zod";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";
const Numbered = defineEvent("evt.test.numbered.v1", z.object({ n: z.int() }));
const silent = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
before(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
});
after(async () => {
  context.disable();
  trace.disable();
  await provider.shutdown();
});

it("a handler runs in a consumer span under the publisher's, and a failure is on it", async () => {
  await using bus = createMemoryBus();
  const seen: (string | undefined)[] = [];
  const done = Promise.withResolvers<void>();
  await using listener = createListener(bus, {
    service: "ledger",
    queueGroup: "summary",
    events: [Numbered],
    backoffMs: [1],
    logger: silent,
    async handle({ attempt }) {
      await Promise.resolve();
      seen.push(trace.getActiveSpan()?.spanContext().spanId, getContext()?.traceparent);
      if (attempt === 1) throw new RangeError("once");
      done.resolve();
    },
  });
  await listener.start();
  const event = { event_id: "event-7", timestamp: new Date().toISOString(), data: { n: 7 } };
  await bus.publish({
    subject: Numbered.subject,
    data: JSON.stringify(event),
    headers: [["traceparent", `00-${TRACE}-${PARENT}-01`], ["tracestate", "vendor=1"]],
  });
  await done.promise;
  await listener.stop();
  const spans = exporter.getFinishedSpans();
  assert.equal(spans.length, 2);
  const [failed, fine] = spans;
  assert.equal(failed!.name, "process evt.test.numbered.v1");
  assert.equal(failed!.kind, SpanKind.CONSUMER);
  assert.equal(failed!.spanContext().traceId, TRACE);
  assert.equal(failed!.parentSpanContext?.spanId, PARENT);
  assert.equal(failed!.status.code, SpanStatusCode.ERROR);
  assert.equal(failed!.attributes["error.type"], "RangeError");
  assert.equal(failed!.attributes["messaging.system"], "nats");
  assert.equal(failed!.attributes["messaging.destination.name"], Numbered.subject);
  assert.equal(failed!.attributes["messaging.consumer.group.name"], "ledger-summary-evt_test_numbered_v1");
  assert.equal(failed!.attributes["messaging.message.id"], "event-7");
  assert.equal(fine!.status.code, SpanStatusCode.UNSET);
  const ids = spans.map((span) => span.spanContext().spanId);
  assert.deepEqual(seen, [ids[0], `00-${TRACE}-${ids[0]}-01`, ids[1], `00-${TRACE}-${ids[1]}-01`]);
});
