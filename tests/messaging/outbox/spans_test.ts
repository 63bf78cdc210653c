import assert from "node:assert/strict";
import { it } from "node:test";
import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { recordSpans } from "../../_support/recorded_spans.ts";
import { waitFor } from "../../_support/wait_for.ts";
import { Noted, openOutbox, storedEvents } from "./_outbox.ts";

const exporter = recordSpans();

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
