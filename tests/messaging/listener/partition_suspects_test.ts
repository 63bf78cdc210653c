// Messages of partitions that were delivered so often that one of them seems to kill processes.
import assert from "node:assert/strict";
import { it } from "node:test";
import {
  createDeadLetters,
  createListener,
  createManualClock,
  createMemoryBus,
  createPublisher,
  defineEvent,
  ensureStreams,
  Streams,
} from "@glam/shared/messaging";
import * as z from "zod";
import { fnv1a32 } from "../../_support/fnv1a32.ts";

const PARTITIONS = 16;
const Numbered = defineEvent("evt.test.numbered.v1", z.object({ key: z.string() }), {
  partitions: PARTITIONS,
  keyOf: ({ key }) => key,
});
const silent = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };
const ACK_WAIT_MS = 10_000;

/** Keys whose partitions are in the order opposite to that in which they are published, and so asked in. */
const KEYS: readonly string[] = (() => {
  const found: { readonly key: string; readonly partition: number }[] = [];
  for (let n = 0; found.length < 3; n++) {
    const partition = fnv1a32(`k${n}`) % PARTITIONS;
    if (partition < (found.at(-1)?.partition ?? PARTITIONS) && partition >= 2 - found.length) {
      found.push({ key: `k${n}`, partition });
    }
  }
  return found.map(({ key }) => key);
})();

/** What a listener does with the first so many keys, which come to it for the nth time. */
async function stepsOf({ delivery, count = 3 }: { readonly delivery: number; readonly count?: number }) {
  const clock = createManualClock();
  await using bus = createMemoryBus({ clock });
  await ensureStreams(bus);
  const publisher = createPublisher(bus, { service: "test" });
  for (const key of KEYS.slice(0, count)) await publisher.publish(Numbered, { key });
  // Processes that die leave them to the end of the ack wait.
  let deliveries = 0;
  const dying = [];
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const consumer = await bus.consumer({
      stream: Streams.EVENTS,
      name: `test-suspects-evt_test_numbered_v1_p${partition}`,
      filterSubject: `${Numbered.subject}.p${partition}`,
      ackWaitMs: ACK_WAIT_MS,
      maxAckPending: 1,
    });
    const subscription = consumer.subscribe({
      expiresMs: 100 * ACK_WAIT_MS,
      onEnd() {},
      onDelivery: () => void deliveries++,
    });
    subscription.pull(delivery - 1);
    dying.push(subscription);
  }
  await clock.advance((delivery - 2) * ACK_WAIT_MS);
  assert.equal(deliveries, count * (delivery - 1));
  for (const subscription of dying) subscription.close();

  const steps: string[] = [];
  const listener = createListener(bus, {
    service: "test",
    queueGroup: "suspects",
    events: [Numbered],
    ackWaitMs: ACK_WAIT_MS,
    logger: silent,
    handle: ({ data: { key } }) => void steps.push(`run ${KEYS.indexOf(key) + 1}`),
  });
  await listener.start();
  await clock.advance(2 * ACK_WAIT_MS);
  await listener.stop();
  for await (const { event } of createDeadLetters(bus).list()) {
    steps.push(`buried ${KEYS.indexOf((event?.data as { key: string }).key) + 1}`);
  }
  return steps;
}

it("suspects of partitions run in their order and in reverse by turns, in whatever order they come", async () => {
  assert.deepEqual(await stepsOf({ delivery: 4 }), ["run 1", "run 2", "run 3"]);
  assert.deepEqual(await stepsOf({ delivery: 5 }), ["run 3", "run 2", "run 1"]);
});

it("a suspect of a partition is buried three deliveries earlier where it is the only one", async () => {
  assert.deepEqual(await stepsOf({ delivery: 6 }), ["run 1", "run 2", "run 3"]);
  assert.deepEqual(await stepsOf({ delivery: 5, count: 1 }), ["run 1"]);
  assert.deepEqual(await stepsOf({ delivery: 6, count: 1 }), ["buried 1"]);
});

it("one suspect of a partition is buried at a time: the others may have come beside it", async () => {
  assert.deepEqual(await stepsOf({ delivery: 9 }), ["run 2", "run 1", "buried 3"]);
});
