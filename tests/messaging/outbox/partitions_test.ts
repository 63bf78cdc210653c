import assert from "node:assert/strict";
import { it } from "node:test";
import { ContractError } from "@glam/shared/errors";
import { createMetrics } from "@glam/shared/metrics";
import { defineEvent } from "@glam/shared/messaging";
import { Registry } from "prom-client";
import * as z from "zod";
import { fnv1a32 } from "../../_support/fnv1a32.ts";
import { waitFor } from "../../_support/wait_for.ts";
import { openOutbox, relayOnce, rowsOf, storedEvents } from "./_outbox.ts";

const Placed = defineEvent(
  "evt.test.placed.v1",
  z.object({ order: z.string(), n: z.int() }),
  { partitions: 8, keyOf: (data) => data.order },
);

it("the relay publishes an event to the partition of its key, and those of a key in order", async () => {
  await using setting = await openOutbox();
  const { db, bus, outbox } = setting;
  for (let n = 0; n < 40; n++) {
    await db.transaction((tx) => outbox.add(tx, Placed, { order: `order-${n % 5}`, n }));
  }
  assert.deepEqual((await rowsOf(db))[7]!["key"], "order-2");
  await relayOnce(outbox, bus);
  const events = await storedEvents(bus);
  assert.equal(events.length, 40);
  const last = new Map<string, number>();
  for (const { id, subject, headers, event } of events) {
    const { order, n } = event.data as unknown as { order: string; n: number };
    assert.equal(subject, `evt.test.placed.v1.p${fnv1a32(order) % 8}`);
    assert.equal(headers.get("glam-key"), order);
    assert.equal(id, `evt.test.placed.v1:${event.event_id}`);
    assert.ok(n > (last.get(order) ?? -1), `${n} of ${order} came after ${last.get(order)}`);
    last.set(order, n);
  }
});

it("the outbox counts what it sent by the subject, whatever the partition", async () => {
  const metrics = createMetrics({ service: "shop", registry: new Registry() });
  await using setting = await openOutbox({ metrics });
  const { db, bus, outbox } = setting;
  for (let n = 0; n < 10; n++) {
    await db.transaction((tx) => outbox.add(tx, Placed, { order: `order-${n}`, n }));
  }
  await using relay = outbox.relay(bus);
  await relay.start();
  const sent = async () =>
    (await metrics.expose()).body.split("\n").filter((line) => line.startsWith("outbox_sent_total"));
  await waitFor(async () => (await sent())[0]?.endsWith(" 10"), "all are sent");
  assert.equal((await sent()).length, 1);
  assert.match((await sent())[0]!, /subject="evt\.test\.placed\.v1"/);
});

it("an event without a key is a broken contract, and is not added", async () => {
  await using setting = await openOutbox();
  const { db, outbox } = setting;
  const adding = db.transaction((tx) => outbox.add(tx, Placed, { order: "", n: 1 }));
  await assert.rejects(adding, (error: Error) => error instanceof ContractError);
  assert.equal((await rowsOf(db)).length, 0);
});
