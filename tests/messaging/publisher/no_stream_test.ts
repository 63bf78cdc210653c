// What publish does when no stream has its subject, or none any more.
import assert from "node:assert/strict";
import { after, it } from "node:test";
import { MessageBusError } from "@glam/shared/errors";
import {
  connectNats,
  createManualClock,
  createMemoryBus,
  createPublisher,
  defineEvent,
  domainStreams,
  type MessageBus,
} from "@glam/shared/messaging";
import * as z from "zod";
import { startNats } from "../../_support/nats_server.ts";
import { waitFor } from "../../_support/wait_for.ts";

const server = await startNats();
after(() => server.stop());

const Placed = defineEvent("evt.shop.order.placed.v1", z.object({ n: z.int() }));
const streams = domainStreams(["shop"]);
const silent = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };

const brokers: [name: string, open: () => Promise<MessageBus>][] = [
  ["NATS", () => connectNats({ servers: server.url, ...server.account() })],
  ["memory", () => Promise.resolve(createMemoryBus())],
];

for (const [broker, open] of brokers) {
  it(`publish waits for a stream that is gone for a moment, on ${broker}`, async () => {
    await using bus = await open();
    const warned: unknown[] = [];
    const publisher = createPublisher(bus, {
      service: "test",
      ensureStreams: false,
      logger: { ...silent, warn: (message: string) => void warned.push(message) },
    });
    const shop = { name: "GLAM_SHOP", subjects: ["evt.shop.>"] };
    await bus.ensureStream(shop);
    await publisher.publish(Placed, { n: 1 });
    await bus.deleteStream("GLAM_SHOP");
    const published = publisher.publish(Placed, { n: 2 });
    await waitFor(() => warned.length >= 3, "it has tried more than twice");
    await bus.ensureStream(shop);
    assert.equal((await published).stream, "GLAM_SHOP");
  });
}

it("publish gives up after five seconds without a stream, and after two attempts where there was none", async () => {
  const clock = createManualClock();
  await using bus = createMemoryBus({ clock });
  const publisher = createPublisher(bus, { service: "test", ensureStreams: false });
  const ended = async (publishing: Promise<unknown>) => {
    const from = clock.now();
    let error: unknown;
    const end = publishing.catch((reason) => error = reason);
    while (error === undefined) await clock.advance(50);
    await end;
    assert.ok(error instanceof MessageBusError && error.kind === "no_stream", String(error));
    return clock.now() - from;
  };
  assert.ok(await ended(publisher.publish(Placed, { n: 1 })) < 500);
  await bus.ensureStream({ name: "GLAM_SHOP", subjects: ["evt.shop.>"] });
  await publisher.publish(Placed, { n: 1 });
  await bus.deleteStream("GLAM_SHOP");
  const ms = await ended(publisher.publish(Placed, { n: 1 }));
  assert.ok(ms >= 5000 && ms < 7000, `${ms} ms`);
  assert.ok(await ended(publisher.publish(Placed, { n: 1 }, { timeoutMs: 700 })) < 1000);
});

it("publish makes the stream again that does not come back", async () => {
  await using bus = createMemoryBus({ streams });
  const publisher = createPublisher(bus, { service: "test" });
  await publisher.publish(Placed, { n: 1 });
  await bus.deleteStream("GLAM_SHOP");
  assert.equal((await publisher.publish(Placed, { n: 2 })).stream, "GLAM_SHOP");
});
