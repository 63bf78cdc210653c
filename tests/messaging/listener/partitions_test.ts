import assert from "node:assert/strict";
import { it } from "node:test";
import {
  createListener,
  createManualClock,
  createMemoryBus,
  createPublisher,
  defineEvent,
  ensureStreams,
  type ListenerOptions,
  Streams,
} from "@glam/shared/messaging";
import { createMetrics } from "@glam/shared/metrics";
import { Registry } from "prom-client";
import * as z from "zod";
import { waitFor } from "../../_support/wait_for.ts";

const Keyed = defineEvent("evt.test.keyed.v1", z.object({ key: z.string(), n: z.int() }), {
  partitions: 16,
  keyOf: (data) => data.key,
});
const Plain = defineEvent("evt.test.plain.v1", z.object({ n: z.int() }));
const quiet = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };

function create(options: Partial<ListenerOptions<[typeof Keyed], undefined>>): () => unknown {
  const own = { service: "ledger", queueGroup: "g", events: [Keyed] as const, handle() {} };
  return () => createListener(createMemoryBus(), { ...own, ...options } as never);
}

it("a listener of partitions refuses what contradicts their order", () => {
  assert.throws(create({ keyOf: (event) => event.data.key }), {
    name: "TypeError",
    message: 'Expected no `keyOf`: the contract of "evt.test.keyed.v1" has one, with its partitions',
  });
  assert.throws(
    create({ onDeadLetter: "stop" as never }),
    /Expected `onDeadLetter` to be "continue" or "hold"/,
  );
  assert.throws(create({ events: [Keyed, Plain] as never, onDeadLetter: "hold" }), {
    name: "TypeError",
    message: 'Expected `onDeadLetter: "hold"` with partitions only, and "evt.test.plain.v1" has none',
  });
  const clash = defineEvent("evt.test.keyed.v1_p3", z.object({ n: z.int() }));
  assert.throws(create({ events: [Keyed, clash] as never }), /both need the durable consumer/);
  assert.throws(create({ events: [Keyed, Keyed] as never }), /each event once/);
});

it("a slow process does not hold up the others, because it asks only while few events wait in it", async () => {
  const clock = createManualClock();
  await using bus = createMemoryBus({ clock });
  const handled = { slow: 0, fast: 0 };
  const listen = async (name: "fast" | "slow", ms: number) => {
    const listener = createListener(bus, {
      service: "test",
      queueGroup: "g",
      events: [Keyed],
      concurrency: 2,
      ackWaitMs: 600_000,
      logger: quiet,
      async handle() {
        await new Promise<void>((resolve) => clock.setTimer(resolve, ms));
        handled[name]++;
      },
    });
    const started = listener.start();
    while (!await Promise.race([started.then(() => true), clock.advance(1).then(() => false)]));
    return listener;
  };
  await ensureStreams(bus);
  const total = 320;
  const publisher = createPublisher(bus, { service: "test" });
  for (let n = 0; n < total; n++) await publisher.publish(Keyed, { key: `key-${n % 64}`, n });
  await using _slow = await listen("slow", 400);
  await using _fast = await listen("fast", 10);
  let ms = 0;
  for (; handled.slow + handled.fast < total; ms += 100) {
    await clock.advance(100);
    assert.ok(ms < 400_000, JSON.stringify(handled));
  }
  // Half of them if it asked for all that it could get.
  assert.ok(handled.slow < total / 4, `The slow one handled ${handled.slow} of ${total} in ${ms} ms`);
});

it("concurrency is 16 where all events have partitions, and the ack wait of each partition 10 seconds", async () => {
  await using bus = createMemoryBus();
  let running = 0;
  let most = 0;
  const gate = Promise.withResolvers<void>();
  await using listener = createListener(bus, {
    service: "test",
    queueGroup: "g",
    events: [Keyed],
    logger: quiet,
    async handle() {
      most = Math.max(most, ++running);
      await gate.promise;
    },
  });
  await listener.start();
  const publisher = createPublisher(bus, { service: "test" });
  for (let n = 0; n < 200; n++) await publisher.publish(Keyed, { key: `key-${n}`, n });
  await waitFor(() => running === 16, "each partition has one running");
  gate.resolve();
  await waitFor(() => running === 200, "all are handled");
  assert.equal(most, 200);
  for (const partition of [0, 15]) {
    const { config } = await bus.consumer({
      stream: Streams.EVENTS,
      name: `test-g-evt_test_keyed_v1_p${partition}`,
      filterSubject: `evt.test.keyed.v1.p${partition}`,
      ackWaitMs: 10_000,
      maxAckPending: 1,
    });
    assert.deepEqual([config.ackWaitMs, config.maxAckPending], [10_000, 1]);
  }
});

it("a listener of both handles the event without partitions as before", async () => {
  await using bus = createMemoryBus();
  const seen: number[] = [];
  let running = 0;
  let most = 0;
  await using listener = createListener(bus, {
    service: "test",
    queueGroup: "g",
    events: [Keyed, Plain],
    logger: quiet,
    async handle({ data }) {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
      seen.push(data.n);
    },
  });
  await listener.start();
  const publisher = createPublisher(bus, { service: "test" });
  for (let n = 0; n < 20; n++) {
    if (n % 2 === 0) await publisher.publish(Plain, { n });
    else await publisher.publish(Keyed, { key: `key-${n}`, n });
  }
  await waitFor(() => seen.length === 20, "all are handled");
  assert.equal(most, 1);
});

it("the numbers of a listener have no series for each partition", async () => {
  await using bus = createMemoryBus();
  const metrics = createMetrics({ service: "test", registry: new Registry() });
  let calls = 0;
  await using listener = createListener(bus, {
    service: "test",
    queueGroup: "g",
    events: [Keyed],
    metrics,
    logger: quiet,
    handle: () => void calls++,
  });
  await listener.start();
  const publisher = createPublisher(bus, { service: "test" });
  for (let n = 0; n < 50; n++) await publisher.publish(Keyed, { key: `key-${n}`, n });
  await waitFor(() => calls === 50, "all are handled");
  const { body } = await metrics.expose();
  const lines = body.split("\n").filter((line) => line.startsWith("messaging_consumed_total{"));
  assert.ok(
    lines.includes(
      'messaging_consumed_total{service="test",queue_group="g",subject="evt.test.keyed.v1",outcome="ok"} 50',
    ),
    lines.join("\n"),
  );
  assert.match(body, /^messaging_partitions_on_hold\{[^}]*subject="evt\.test\.keyed\.v1"\} 0$/m);
  assert.ok(!/keyed\.v1\.p|keyed_v1_p/.test(body), body);
});

it("a listener counts what the stream drops of its partitions before it is handled", async () => {
  const clock = createManualClock();
  await using bus = createMemoryBus({ clock, streams: { events: { maxMessages: 40 } } });
  const gate = Promise.withResolvers<void>();
  const listener = createListener(bus, {
    service: "test",
    queueGroup: "g",
    events: [Keyed],
    ackWaitMs: 600_000,
    logger: quiet,
    handle: () => gate.promise,
  });
  const started = listener.start();
  while (!await Promise.race([started.then(() => true), clock.advance(1).then(() => false)]));
  const publisher = createPublisher(bus, { service: "test" });
  for (let n = 0; n < 40; n++) await publisher.publish(Keyed, { key: `key-${n}`, n });
  await clock.advance(3000);
  const before = await listener.health();
  assert.ok(before.in_flight > 10);
  assert.equal(before.consumers[0]!.lag, 40 - before.in_flight);
  for (let n = 40; n < 60; n++) await publisher.publish(Keyed, { key: `key-${n}`, n });
  await clock.advance(3000);
  const { status, consumers: [consumer] } = await listener.health();
  assert.equal(status, "degraded");
  const dropped = 60 - 40;
  assert.ok(consumer!.expired + (consumer!.expired_at_most ?? 0) > 0, JSON.stringify(consumer));
  assert.ok(consumer!.expired <= dropped, JSON.stringify(consumer));
  gate.resolve();
  await clock.advance(1);
  await listener.stop();
});
