import assert from "node:assert/strict";
import { it } from "node:test";
import { createMetrics } from "@glam/shared/metrics";
import {
  createMemoryBus,
  createPublisher,
  CreditDeducted,
  defineEvent,
  Streams,
} from "@glam/shared/messaging";
import { Counter, Registry } from "prom-client";
import * as z from "zod";

const Noted = defineEvent("evt.metrics.noted.v1", z.object({ text: z.string() }));

it("publishers count what is stored and what is given up, by kind, in one pair of metrics", async () => {
  await using bus = createMemoryBus({ maxPayloadBytes: 2000 });
  const metrics = createMetrics({ service: "shop", registry: new Registry() });
  const publisher = createPublisher(bus, { service: "shop", metrics });
  const second = createPublisher(bus, { service: "shop", metrics, timeoutMs: 50 });
  await publisher.publish(Noted, { text: "a" });
  await second.publish(Noted, { text: "b" });
  await publisher.publish(CreditDeducted, CreditDeducted.examples![0]!);
  await assert.rejects(publisher.publish(Noted, { text: "x".repeat(3000) }));
  bus.interrupt();
  await assert.rejects(second.publish(Noted, { text: "c" }));
  const lines = (await metrics.expose()).body.split("\n").filter((line) =>
    line.startsWith("messaging_publish")
  );
  assert.deepEqual(lines.sort(), [
    'messaging_publish_failed_total{service="shop",subject="evt.metrics.noted.v1",kind="too_large"} 1',
    'messaging_publish_failed_total{service="shop",subject="evt.metrics.noted.v1",kind="unavailable"} 1',
    'messaging_published_total{service="shop",subject="evt.credit.deducted.v1"} 1',
    'messaging_published_total{service="shop",subject="evt.metrics.noted.v1"} 2',
  ]);
});

it("a metric of the same name that is somebody else's is an error, and nothing is published", async () => {
  await using bus = createMemoryBus();
  const registry = new Registry();
  new Counter({ name: "messaging_published_total", help: "Mine", registers: [registry] });
  const publisher = createPublisher(bus, {
    service: "shop",
    metrics: createMetrics({ service: "shop", registry }),
  });
  await assert.rejects(publisher.publish(Noted, { text: "a" }), TypeError);
  assert.equal((await bus.streamInfo(Streams.EVENTS))?.messages ?? 0, 0);
});

it("a publisher refuses options that it cannot work with", () => {
  const bus = createMemoryBus();
  for (const service of ["", "my service", "a.b", undefined as unknown as string]) {
    assert.throws(() => createPublisher(bus, { service }), TypeError);
  }
  assert.throws(() => createPublisher(bus, { service: "shop", timeoutMs: 0 }), RangeError);
  assert.throws(() => createPublisher(bus, { service: "shop", ackTimeoutMs: NaN }), RangeError);
});

it("a publisher goes on by itself when the connection is there again", async () => {
  await using bus = createMemoryBus();
  const failed = Promise.withResolvers<void>();
  const logger = { debug() {}, info() {}, warn: () => failed.resolve(), error() {}, critical() {} };
  const publisher = createPublisher(bus, { service: "shop", logger });
  await publisher.publish(Noted, { text: "a" });
  bus.interrupt();
  const publishing = publisher.publish(Noted, { text: "b" });
  await failed.promise;
  bus.restore();
  assert.equal((await publishing).seq, 2);
});
