import assert from "node:assert/strict";
import { getContext, getCorrelationId } from "../context/storage.ts";
import { createMetrics } from "../metrics/create_metrics.ts";
import type { EventArguments } from "../messaging/listener/options.ts";
import type { It } from "./_listener_delivery_conformance.ts";
import { ACK_WAIT_MS, type BusUnderTest, Listening, Named, Numbered } from "./_listening.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";

/** Tests of the context of a handler, and of the metrics and health of a listener. */
export function contextConformance(it: It, create: () => Promise<BusUnderTest>): void {
  const test = (name: string, fn: (listening: Listening) => Promise<void>) =>
    it(name, async () => {
      await using listening = new Listening(await create());
      await fn(listening);
    });

  test("listener gives the handler the event and runs it in its context", async (t) => {
    const seen = Promise.withResolvers<Record<string, unknown>>();
    await t.listen({
      events: [Numbered],
      deps: { table: "summary" },
      async handle({ event, data, headers, context, attempt, signal, deps, log, message }) {
        await Promise.resolve();
        log.info("seen");
        seen.resolve({
          same: getContext() === context,
          correlation: getCorrelationId(),
          source: context.sourceService,
          service: context.service,
          trace: context.traceparent,
          state: context.tracestate,
          baggage: context.baggage,
          type: event.event_type,
          id: typeof event.event_id,
          data,
          own: headers.get("x-own"),
          attempt,
          aborted: signal.aborted,
          deps,
          stream: message.stream,
          sequence: message.sequence,
          deliveryCount: message.deliveryCount,
        });
      },
    });
    const { seq } = await t.publish(Numbered, { n: 7 }, [
      ["traceparent", `00-${TRACE}-b7ad6b7169203331-01`],
      ["tracestate", "vendor=1"],
      ["baggage", "tenant=7"],
      ["X-Own", "mine"],
    ], { correlation_id: "corr_7", source_service: "orders" });
    const { trace, ...rest } = await t.pass(seen.promise);
    assert.match(String(trace), new RegExp(`^00-${TRACE}-(?!b7ad6b7169203331)[0-9a-f]{16}-01$`));
    assert.deepEqual(rest, {
      same: true,
      correlation: "corr_7",
      source: "orders",
      service: "conformance",
      state: "vendor=1",
      baggage: "tenant=7",
      type: Numbered.subject,
      id: "string",
      data: { n: 7 },
      own: "mine",
      attempt: 1,
      aborted: false,
      deps: { table: "summary" },
      stream: t.events.name,
      sequence: seq,
      deliveryCount: 1,
    });
  });

  test("listener handles what the Python package publishes: an envelope without headers", async (t) => {
    const seen = Promise.withResolvers<EventArguments>();
    await t.listen({ events: [Numbered], handle: (args) => seen.resolve(args as EventArguments) });
    await t.bus.publish({
      subject: Numbered.subject,
      data: `{"event_id": "6d6f6c1e-0a0e-11ee-be56-0242ac120002", "event_type": "${Numbered.subject}", ` +
        `"correlation_id": null, "timestamp": "2026-01-15T10:30:45.123456+00:00", "source_service": "py", ` +
        `"data": {"n": 1}, "metadata": {"correlation_id": "corr_py"}}`,
    });
    const { event, headers, context } = await t.pass(seen.promise);
    assert.equal(event.source_service, "py");
    assert.equal(headers.size, 0);
    assert.equal(context.correlationId, "corr_py");
    assert.equal(context.sourceService, "py");
  });

  test("listener runs its middleware around the handler, the first outermost", async (t) => {
    const steps: string[] = [];
    await t.listen({
      events: [Named],
      middleware: ["outer", "inner"].map((name) => async (args, next) => {
        steps.push(`${name} ${args.event.data.name}`);
        const result = await next();
        steps.push(`${name} ${result}`);
      }),
      handle: () => "result",
    });
    await t.publish(Named, { name: "x" });
    await t.until(() => steps.length === 4, "it is handled");
    assert.deepEqual(steps, ["outer x", "inner x", "inner result", "outer undefined"]);
  });

  test("listener of several events gives each its durable consumer", async (t) => {
    const seen: unknown[] = [];
    const listener = await t.listen({
      events: [Numbered, Named],
      handle({ event }) {
        seen.push(event.data);
      },
    });
    await t.publish(Numbered, { n: 1 });
    await t.publish(Named, { name: "x" });
    await t.until(() => seen.length === 2, "both are handled");
    assert.deepEqual([...listener.durables], [
      ["evt.conformance.numbered.v1", "conformance-suite-evt_conformance_numbered_v1"],
      ["evt.conformance.named.v1", "conformance-suite-evt_conformance_named_v1"],
    ]);
  });

  test("listener counts what it consumes, with labels that no message can multiply", async (t) => {
    const metrics = createMetrics({ service: "conformance" });
    const gate = Promise.withResolvers<void>();
    const listener = await t.listen({
      events: [Numbered],
      metrics,
      concurrency: 2,
      maxAttempts: 2,
      onError: (_error, { event }) => event.data.n === 5 ? "ack" : undefined,
      async handle({ data, attempt }) {
        if (data.n === 2 && attempt === 1) throw new Error("once");
        if (data.n === 3) throw new Error("always");
        if (data.n === 5) throw new Error("dropped");
        if (data.n === 4) await gate.promise;
      },
    });
    await t.publishNumbers(1, 3);
    await t.publish(Numbered, { n: "no number" });
    await t.publish(Numbered, { n: 5 });
    await t.publish(Numbered, { n: 4 });
    const read = async (name: string, more = "") => {
      const { body } = await metrics.expose();
      const labels = `service="conformance",queue_group="suite",subject="${Numbered.subject}"${more}`;
      return Number(
        body.split("\n").find((line) => line.startsWith(`${name}{${labels}}`))?.split(" ").at(-1),
      );
    };
    const outcome = (name: string) => read("messaging_consumed_total", `,outcome="${name}"`);
    await t.until(async () => {
      const { ackPending, pending } = await t.info(listener, Numbered);
      return ackPending === 1 && pending === 0 && await read("messaging_handlers_in_flight") === 1;
    }, "the last one runs, and all others are settled");
    assert.equal(await outcome("ok"), 2);
    assert.equal(await outcome("retry"), 2);
    assert.equal(await outcome("dlq"), 1);
    assert.equal(await outcome("invalid"), 1);
    assert.equal(await outcome("ignored"), 1);
    assert.equal(await outcome("duplicate"), 0);
    assert.equal(await read("messaging_handlers_in_flight"), 1);
    assert.equal(await read("messaging_held_messages"), 1);
    assert.equal(await read("messaging_handler_duration_seconds_count"), 6);
    assert.equal(await read("messaging_ack_failures_total"), 0);
    assert.equal(await read("messages_expired_total"), 0);
    await t.until(
      async () => (await metrics.expose()).body.includes("messaging_dlq_depth 2"),
      "the depth is known",
    );
    await t.bus.deleteConsumer(t.events.name, listener.durables.get(Numbered.subject)!);
    gate.resolve();
    await t.until(async () => await outcome("ok") === 3, "the last one is done");
    await t.until(async () => (await listener.health()).status === "healthy", "the consumer is there again");
  });

  test("listener shows how far behind it is", async (t) => {
    const metrics = createMetrics({ service: "conformance" });
    const gate = Promise.withResolvers<void>();
    const listener = await t.listen({ events: [Numbered], metrics, prefetch: 2, handle: () => gate.promise });
    await t.publishNumbers(1, 50);
    await t.until(async () => (await listener.health()).consumers[0]!.lag >= 40, "health shows the lag");
    const { body } = await metrics.expose();
    const shown = Number(/^messaging_consumer_lag\{.*\} (\d+)$/m.exec(body)?.[1]);
    assert.ok(shown >= 40 && shown < 50, `${shown}`);
    gate.resolve();
    await t.until(async () => (await listener.health()).consumers[0]!.lag === 0, "it caught up");
  });

  test("listener counts a message that comes again though it was settled, and does not run it again", async (t) => {
    const metrics = createMetrics({ service: "conformance" });
    let calls = 0;
    const listener = await t.listen({ events: [Numbered], metrics, handle: () => void calls++ });
    await t.publishNumbers(1, 10);
    await t.until(
      async () => calls === 10 && (await t.info(listener, Numbered)).ackPending === 0,
      "ten are handled",
    );
    // A new consumer of that name redelivers from the beginning, as a server does that lost its last acknowledgements.
    const name = listener.durables.get(Numbered.subject)!;
    const config = {
      stream: t.events.name,
      name,
      filterSubject: Numbered.subject,
      ackWaitMs: ACK_WAIT_MS,
      maxAckPending: 20_000,
    };
    // The listener may be faster, and make the consumer again where it was.
    do await t.bus.deleteConsumer(t.events.name, name); while (!(await t.bus.consumer(config)).created);
    await t.publishNumbers(11, 12);
    await t.until(() => calls === 12, "the new ones are handled");
    await t.until(async () => (await t.info(listener, Numbered)).ackPending === 0, "all are settled");
    assert.equal(calls, 12);
    const { body } = await metrics.expose();
    const count = (pattern: RegExp) => Number(pattern.exec(body)?.[1]);
    assert.equal(count(/^messaging_consumed_total\{.*outcome="duplicate"\} (\d+)$/m), 10);
    assert.equal(count(/^messaging_ack_failures_total\{.*\} (\d+)$/m), 10);
  });
}
