import assert from "node:assert/strict";
import { it } from "node:test";
import { createDeadLetters, createMemoryBus, ensureStreams, Streams } from "@glam/shared/messaging";
import { fnv1a32 } from "../../_support/fnv1a32.ts";

const SUBJECT = "evt.test.placed.v1";

async function openBus(partitions: number) {
  const bus = createMemoryBus();
  await ensureStreams(bus);
  for (let n = 0; n < partitions; n++) {
    await bus.consumer({
      stream: Streams.EVENTS,
      name: `shop-orders-evt_test_placed_v1_p${n}`,
      filterSubject: `${SUBJECT}.p${n}`,
    });
  }
  return bus;
}

function letter(key: string, partition: number) {
  return {
    subject: `dlq.${SUBJECT}.p${partition}`,
    data: JSON.stringify({ event_id: "e", timestamp: "2026-01-01T00:00:00Z", data: { key } }),
    headers: [
      ["Glam-Key", key],
      ["Glam-Dlq-Consumer", `shop-orders-evt_test_placed_v1_p${partition}`],
    ] as const,
  };
}

it("a redrive publishes to the partition that the key has now", async () => {
  await using bus = await openBus(32);
  const key = "order-7";
  assert.notEqual(fnv1a32(key) % 16, fnv1a32(key) % 32);
  await bus.publish(letter(key, fnv1a32(key) % 16));
  const { redriven } = await createDeadLetters(bus).redrive("all");
  assert.equal(redriven, 1);
  const event = await bus.readMessage(Streams.EVENTS, { from: 1 });
  assert.equal(event?.subject, `${SUBJECT}.p${fnv1a32(key) % 32}`);
  assert.equal(event?.headers.get("Glam-Key"), key);
});

it("a redrive leaves the partition where nobody can say how many there are", async () => {
  await using bus = await openBus(0);
  await bus.publish(letter("order-7", 3));
  await createDeadLetters(bus).redrive("all");
  assert.equal((await bus.readMessage(Streams.EVENTS, { from: 1 }))?.subject, `${SUBJECT}.p3`);
});

it("dead letters of all partitions are found by the subject and by the listener", async () => {
  await using bus = await openBus(16);
  const dead = createDeadLetters(bus);
  await bus.publish(letter("a", 3));
  await bus.publish(letter("b", 12));
  await bus.publish({ subject: "dlq.evt.test.other.v1", data: "{}" });
  await bus.publish({ subject: `dlq.${SUBJECT}.late`, data: "{}" });
  const found = async (filter: object) => {
    const subjects = [];
    for await (const { subject } of dead.list(filter)) subjects.push(subject);
    const { letters } = await dead.newest(filter);
    assert.deepEqual(letters.map(({ subject }) => subject).reverse(), subjects);
    return subjects;
  };
  const both = [`${SUBJECT}.p3`, `${SUBJECT}.p12`];
  assert.deepEqual(await found({ subject: SUBJECT }), both);
  assert.deepEqual(await found({ subject: "evt.test.placed.*" }), both);
  assert.deepEqual(await found({ subject: `${SUBJECT}.p3` }), both.slice(0, 1));
  assert.deepEqual(await found({ consumer: "shop-orders-evt_test_placed_v1" }), both);
  assert.deepEqual(await found({ consumer: "shop-orders-evt_test_placed_v1_p1" }), []);
  await bus.publish({ subject: `dlq.${SUBJECT}`, data: "{}" });
  assert.deepEqual(await found({ subject: SUBJECT }), [...both, SUBJECT]);
  assert.equal(await dead.purge({ subject: SUBJECT }), 3);
});
