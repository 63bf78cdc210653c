import assert from "node:assert/strict";
import { after, it } from "node:test";
import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { waitFor } from "../../_support/wait_for.ts";
import { Noted, openOutbox, storedEvents } from "./_outbox.ts";

const exporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(
  new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
);
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
after(() => {
  trace.disable();
  context.disable();
});

it("the trace of add goes on in the relay, and in the message", async () => {
  await using setting = await openOutbox();
  const { db, bus, outbox } = setting;
  await db.transaction((tx) => outbox.add(tx, Noted, { n: 1 }));
  const [created] = exporter.getFinishedSpans();
  assert.deepEqual([created?.name, created?.kind], ["create evt.test.noted.v1", SpanKind.PRODUCER]);
  await using relay = outbox.relay(bus);
  await relay.start();
  await waitFor(() => exporter.getFinishedSpans().length === 2);
  const sent = exporter.getFinishedSpans()[1]!;
  const { traceId, spanId } = created!.spanContext();
  assert.equal(sent.name, "send evt.test.noted.v1");
  assert.equal(sent.spanContext().traceId, traceId);
  assert.equal(sent.parentSpanContext?.spanId, spanId);
  const [stored] = await storedEvents(bus);
  assert.equal(stored!.headers.get("traceparent"), `00-${traceId}-${spanId}-01`);
  exporter.reset();
  await db.transaction((tx) => assert.rejects(outbox.add(tx, Noted, { n: "x" as never })));
  assert.equal(exporter.getFinishedSpans()[0]?.status.code, SpanStatusCode.ERROR);
});
