import assert from "node:assert/strict";
import { it } from "node:test";
import { getContext } from "@glam/shared/context";
import { createListener, createMemoryBus, defineEvent } from "@glam/shared/messaging";
import * as z from "zod";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const Numbered = defineEvent("evt.test.numbered.v1", z.object({ n: z.int() }));

for (const isAsked of [true, false]) {
  it(`what a handler left running keeps the ids${isAsked ? ", and the trace that it asked for" : ""}`, async () => {
    await using bus = createMemoryBus();
    const called = Promise.withResolvers<void>();
    const settled = Promise.withResolvers<void>();
    const late = Promise.withResolvers<[correlationId: string, traceId: string]>();
    await using listener = createListener(bus, {
      service: "ledger",
      queueGroup: "summary",
      events: [Numbered],
      handle({ context }) {
        called.resolve();
        if (isAsked) assert.equal(getContext()!.traceparent!.slice(3, 35), TRACE);
        settled.promise.then(() => {
          const { correlationId, traceparent } = getContext()!;
          assert.equal(correlationId, context.correlationId);
          late.resolve([correlationId, traceparent!.slice(3, 35)]);
        }).catch(late.reject);
      },
    });
    await listener.start();
    await bus.publish({
      subject: Numbered.subject,
      data: JSON.stringify({
        event_id: "event-7",
        timestamp: new Date().toISOString(),
        correlation_id: "corr_7",
        data: { n: 7 },
      }),
      headers: [["traceparent", `00-${TRACE}-b7ad6b7169203331-01`]],
    });
    await called.promise;
    await listener.stop();
    settled.resolve();
    const [correlationId, traceId] = await late.promise;
    assert.equal(correlationId, "corr_7");
    // The message, and its headers with it, is not kept for what nobody waited for.
    if (isAsked) assert.equal(traceId, TRACE);
    else assert.notEqual(traceId, TRACE);
  });
}
