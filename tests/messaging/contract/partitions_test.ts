import assert from "node:assert/strict";
import { it } from "node:test";
import { ContractError } from "@glam/shared/errors";
import { asyncapi, createMemoryBus, createPublisher, defineEvent, Streams } from "@glam/shared/messaging";
import { createMetrics } from "@glam/shared/metrics";
import { Registry } from "prom-client";
import * as z from "zod";

const Placed = defineEvent(
  "evt.test.placed.v1",
  z.object({ order: z.union([z.string(), z.number()]).optional(), total: z.int().default(0) }),
  { partitions: 16, keyOf: (data) => data.order! },
);

it("an event is published to the partition of its key, and type and message id do not have it", async () => {
  await using bus = createMemoryBus();
  const publisher = createPublisher(bus, { service: "test" });
  const { seq, eventId } = await publisher.publish(Placed, { order: "order-7" });
  const message = (await bus.readMessage(Streams.EVENTS, { sequence: seq }))!;
  assert.equal(message.subject, `evt.test.placed.v1.p${629130235 % 16}`);
  assert.equal(message.headers.get("Glam-Key"), "order-7");
  assert.equal(message.headers.get("Nats-Msg-Id"), `evt.test.placed.v1:${eventId}`);
  assert.equal(JSON.parse(new TextDecoder().decode(message.data)).event_type, "evt.test.placed.v1");
});

it("a number is the key that its digits are", async () => {
  await using bus = createMemoryBus();
  const publisher = createPublisher(bus, { service: "test" });
  const subjects = [];
  for (const order of [7, "7"]) {
    const { seq } = await publisher.publish(Placed, { order });
    subjects.push((await bus.readMessage(Streams.EVENTS, { sequence: seq }))!.subject);
  }
  assert.equal(subjects[0], subjects[1]);
});

it("an event without a key is a broken contract, and nothing of it is sent", async () => {
  await using bus = createMemoryBus();
  const publisher = createPublisher(bus, { service: "test" });
  for (const order of ["", undefined, NaN]) {
    await assert.rejects(publisher.publish(Placed, { order } as { order?: string }), (error: Error) => {
      assert.ok(error instanceof ContractError, String(error));
      return true;
    });
  }
  assert.equal((await bus.streamInfo(Streams.EVENTS))?.messages ?? 0, 0);
});

it("nobody may set the header of the key", async () => {
  await using bus = createMemoryBus();
  const publisher = createPublisher(bus, { service: "test" });
  await assert.rejects(
    publisher.publish(Placed, { order: "a" }, { headers: { "glam-key": "b" } }),
    TypeError,
  );
});

it("partitions and their key come together, from 2 to 256", () => {
  const schema = z.object({ order: z.string() });
  const keyOf = (data: { order: string }) => data.order;
  // @ts-expect-error: without a key
  assert.throws(() => defineEvent("evt.test.a.v1", schema, { partitions: 16 }), TypeError);
  // @ts-expect-error: without partitions
  assert.throws(() => defineEvent("evt.test.a.v1", schema, { keyOf }), TypeError);
  // @ts-expect-error: of a member that the data lack
  defineEvent("evt.test.a.v1", schema, { partitions: 16, keyOf: (data) => data.customer });
  for (const partitions of [1, 257, 2.5, NaN, "16" as unknown as number]) {
    assert.throws(() => defineEvent("evt.test.a.v1", schema, { partitions, keyOf }), RangeError);
  }
  for (const partitions of [2, 256]) {
    assert.equal(defineEvent("evt.test.a.v1", schema, { partitions, keyOf }).partitions, partitions);
  }
});

it("publishers count an event by its subject, whatever its partition", async () => {
  await using bus = createMemoryBus();
  const metrics = createMetrics({ service: "shop", registry: new Registry() });
  const publisher = createPublisher(bus, { service: "shop", metrics });
  for (let order = 0; order < 20; order++) await publisher.publish(Placed, { order });
  const lines = (await metrics.expose()).body.split("\n").filter((line) => line.startsWith("messaging_pub"));
  assert.deepEqual(lines, ['messaging_published_total{service="shop",subject="evt.test.placed.v1"} 20']);
});

it("the document of the events has the partition as a parameter of the address", () => {
  const { channels, components } = JSON.parse(JSON.stringify(asyncapi([Placed])));
  const channel = channels["evt.test.placed.v1"];
  assert.equal(channel.address, "evt.test.placed.v1.p{n}");
  assert.match(channel.parameters.n.description, /FNV-1a .* modulo 16$/);
  const { headers } = components.messages["evt.test.placed.v1"];
  assert.deepEqual(headers.properties["Glam-Key"], { type: "string" });
});
