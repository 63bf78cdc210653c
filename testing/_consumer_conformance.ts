import assert from "node:assert/strict";
import type {
  BusConsumer,
  ConsumerConfig,
  Delivery,
  PullEnd,
  PullOptions,
} from "../messaging/bus/consumer.ts";
import type { It } from "./_listener_delivery_conformance.ts";
import { type BusUnderTest, Listening, PATIENCE_MS } from "./_listening.ts";
import { isBusError } from "./_publish_conformance.ts";

const CONFIG: ConsumerConfig = { stream: "PULL", name: "reader", filterSubject: "pull.a" };

/** More than the number of redeliveries of a message in any test, also on a slow machine. */
const PLENTY = 1000;

/** Tests of durable pull consumers. */
export function consumerConformance(it: It, create: () => Promise<BusUnderTest>): void {
  const test = (name: string, fn: (t: Listening) => Promise<void>) =>
    it(name, async () => {
      await using t = new Listening(await create());
      await t.bus.ensureStream({ name: "PULL", subjects: ["pull.>"] });
      await fn(t);
    });

  async function put(t: Listening, ...subjects: string[]): Promise<void> {
    for (const subject of subjects) await t.bus.publish({ subject, data: subject });
  }

  test("a consumer delivers what matches, in order, with all that is known of each message", async (t) => {
    await t.bus.publish({ subject: "pull.a", data: "first", headers: [["X-N", "1"]] });
    await put(t, "pull.b", "pull.a");
    const consumer = await t.bus.consumer(CONFIG);
    assert.equal(consumer.created, true);
    const got = receive(consumer);
    got.subscription.pull(10);
    await t.until(() => got.deliveries.length === 2, "both are delivered");
    const [first, second] = got.deliveries;
    assert.deepEqual(got.deliveries.map(({ sequence }) => sequence), [1, 3]);
    assert.equal(first!.subject, "pull.a");
    assert.equal(new TextDecoder().decode(first!.data), "first");
    assert.equal(first!.headers.get("x-n"), "1");
    assert.deepEqual([first!.stream, first!.consumer, first!.deliveryCount], ["PULL", "reader", 1]);
    assert.deepEqual([first!.pending, second!.pending], [1, 0]);
    const stored = await t.bus.readMessage("PULL", { sequence: 3 });
    assert.equal(second!.timeNanos, stored!.timeNanos);
    assert.equal(got.subscription.outstanding, 8);
  });

  test("nothing is delivered that was not asked for", async (t) => {
    await put(t, ...Array(5).fill("pull.a"));
    const consumer = await t.bus.consumer(CONFIG);
    const got = receive(consumer);
    assert.deepEqual([(await consumer.info())?.pending, got.deliveries.length], [5, 0]);
    got.subscription.pull(2);
    got.subscription.pull(1);
    await t.until(() => got.deliveries.length === 3, "three are delivered");
    assert.deepEqual([(await consumer.info())?.pending, got.deliveries.length], [2, 3]);
    assert.equal(got.subscription.outstanding, 0);
  });

  test("a request ends as expired when there is too little, and says how much is missing", async (t) => {
    await put(t, "pull.a");
    const got = receive(await t.bus.consumer(CONFIG), { expiresMs: 400, heartbeatMs: PATIENCE_MS });
    got.subscription.pull(3);
    await t.until(() => got.ends.length > 0, "the request has ended");
    assert.deepEqual(got.ends.map(({ reason, missing }) => [reason, missing]), [["expired", 2]]);
    assert.equal(got.subscription.outstanding, 0);
    await put(t, "pull.a");
    got.subscription.pull(1);
    await t.until(() => got.deliveries.length === 2, "another request is answered");
  });

  test("ack settles a message for good", async (t) => {
    await put(t, "pull.a", "pull.a");
    const consumer = await t.bus.consumer({ ...CONFIG, ackWaitMs: 300 });
    const got = receive(consumer);
    got.subscription.pull(PLENTY);
    const of = (sequence: number) => got.deliveries.find((delivery) => delivery.sequence === sequence);
    await t.until(() => of(1) !== undefined && of(2) !== undefined, "both are delivered");
    assert.equal((await consumer.info())?.ackPending, 2);
    of(1)!.ack();
    of(1)!.ack(); // does nothing
    await of(2)!.ackConfirmed(PATIENCE_MS);
    await assertGone(t, consumer, got);
    assert.equal((await consumer.info())?.ackFloor, 2);
  });

  test("a message that is not settled comes again after the ack wait, and says how often", async (t) => {
    await put(t, "pull.a");
    const consumer = await t.bus.consumer({ ...CONFIG, ackWaitMs: 300 });
    const got = receive(consumer);
    got.subscription.pull(PLENTY);
    await t.until(() => got.deliveries.length >= 3, "it has come three times");
    const places = got.deliveries.slice(0, 3).map(({ sequence, deliveryCount }) => [sequence, deliveryCount]);
    assert.deepEqual(places, [[1, 1], [1, 2], [1, 3]]);
    got.deliveries[0]!.ack(); // also the first delivery settles it
    await t.until(async () => (await consumer.info())?.ackPending === 0, "it is settled");
  });

  test("the deliveries of a consumer are counted, redeliveries included", async (t) => {
    await put(t, "pull.a", "pull.b", "pull.a");
    const consumer = await t.bus.consumer(CONFIG);
    const before = (await consumer.info())?.deliveries;
    if (before === undefined) return; // a bus may not know
    assert.equal(before, 0);
    const got = receive(consumer);
    got.subscription.pull(10);
    await t.until(() => got.deliveries.length === 2, "both are delivered");
    got.deliveries[0]!.nak();
    await t.until(() => got.deliveries.length === 3, "one is delivered again");
    assert.equal((await consumer.info())?.deliveries, 3);
  });

  test("nak gives a message back at once", async (t) => {
    await put(t, "pull.a");
    const got = receive(await t.bus.consumer(CONFIG));
    got.subscription.pull(10);
    await t.until(() => got.deliveries.length === 1, "it is delivered");
    got.deliveries[0]!.nak();
    await t.until(() => got.deliveries.length === 2, "it is delivered again");
    assert.equal(got.deliveries[1]!.deliveryCount, 2);
  });

  test("nak with a delay gives it back not before", async (t) => {
    await put(t, "pull.a");
    const got = receive(await t.bus.consumer(CONFIG));
    got.subscription.pull(10);
    await t.until(() => got.deliveries.length === 1, "it is delivered");
    const before = t.bus.clock.now();
    got.deliveries[0]!.nak(600);
    await t.until(() => got.deliveries.length === 2, "it is delivered again");
    assert.ok(t.bus.clock.now() - before >= 590, `It came after ${t.bus.clock.now() - before} ms`);
  });

  test("inProgress starts the ack wait anew", async (t) => {
    let attempt = 0;
    await t.inTime([600, 2000, 6000, 18_000], async (ackWaitMs) => {
      const name = `reader_${++attempt}`;
      await put(t, "pull.a");
      const got = receive(
        await t.bus.consumer({ ...CONFIG, name, ackWaitMs, deliver: { startSequence: attempt } }),
      );
      got.subscription.pull(PLENTY);
      await t.until(() => got.deliveries.length >= 1, "it is delivered");
      for (let i = 0; i < 8; i++) {
        await t.wait(ackWaitMs / 4);
        got.deliveries[0]!.inProgress();
      }
      const isExtended = got.deliveries.length === 1;
      await t.until(() => got.deliveries.length >= 2, "it comes when nobody extends it");
      got.subscription.close();
      return isExtended;
    }, "it is extended");
  });

  test("term ends a message: it never comes again", async (t) => {
    await put(t, "pull.a");
    const consumer = await t.bus.consumer({ ...CONFIG, ackWaitMs: 200 });
    const got = receive(consumer);
    got.subscription.pull(PLENTY);
    await t.until(() => got.deliveries.length >= 1, "it is delivered");
    got.deliveries[0]!.term();
    await assertGone(t, consumer, got);
    assert.equal((await t.bus.streamInfo("PULL"))?.messages, 1);
  });

  test("delivery pauses at maxAckPending and goes on as messages are settled", async (t) => {
    await put(t, ...Array(5).fill("pull.a"));
    const consumer = await t.bus.consumer({ ...CONFIG, maxAckPending: 2 });
    const got = receive(consumer);
    got.subscription.pull(10);
    await t.until(() => got.deliveries.length === 2, "two are delivered");
    assert.equal((await consumer.info())?.pending, 3);
    assert.equal(got.deliveries.length, 2);
    got.deliveries[0]!.ack();
    await t.until(() => got.deliveries.length === 3, "the third is delivered");
    got.deliveries[1]!.ack();
    got.deliveries[2]!.ack();
    await t.until(() => got.deliveries.length === 5, "the rest is delivered");
  });

  test("a consumer goes on where it was, whoever binds to it", async (t) => {
    await put(t, "pull.a", "pull.a");
    const first = receive(await t.bus.consumer(CONFIG));
    first.subscription.pull(1);
    await t.until(() => first.deliveries.length === 1, "one is delivered");
    await first.deliveries[0]!.ackConfirmed(PATIENCE_MS);
    await first.subscription.drain();
    const again = await t.bus.consumer({ ...CONFIG, deliver: { startSequence: 1 } });
    assert.equal(again.created, false);
    const second = receive(again);
    second.subscription.pull(5);
    await t.until(() => second.deliveries.length === 1, "the other one is delivered");
    assert.equal(second.deliveries[0]!.sequence, 2);
  });

  test("a consumer can start at a sequence", async (t) => {
    await put(t, "pull.a", "pull.a", "pull.a");
    const consumer = await t.bus.consumer({ ...CONFIG, deliver: { startSequence: 3 } });
    assert.deepEqual([(await consumer.info())?.pending, (await consumer.info())?.ackFloor], [1, 2]);
    const got = receive(consumer);
    got.subscription.pull(5);
    await t.until(() => got.deliveries.length === 1, "it is delivered");
    assert.equal(got.deliveries[0]!.sequence, 3);
  });

  test("two subscriptions share the messages", async (t) => {
    const consumer = await t.bus.consumer(CONFIG);
    const [one, other] = [receive(consumer), receive(await t.bus.consumer(CONFIG))];
    one.subscription.pull(10);
    other.subscription.pull(10);
    await t.bus.flush(); // both have asked
    await put(t, ...Array(10).fill("pull.a"));
    await t.until(() => one.deliveries.length + other.deliveries.length === 10, "all are delivered");
    const sequences = [...one.deliveries, ...other.deliveries].map(({ sequence }) => sequence);
    assert.deepEqual(sequences.sort((a, b) => a - b), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert.ok(one.deliveries.length > 0 && other.deliveries.length > 0);
  });

  test("a consumer that is there with another configuration is an error, unless it may be changed", async (t) => {
    await t.bus.consumer({ ...CONFIG, ackWaitMs: 5000 });
    await assert.rejects(t.bus.consumer({ ...CONFIG, ackWaitMs: 7000 }), (error: Error) => {
      assert.match(error.message, /ack_wait in ms is 5000, expected 7000\. .*`repair: true`/);
      return isBusError("consumer_mismatch", false)(error);
    });
    assert.equal((await t.bus.consumer({ ...CONFIG, ackWaitMs: 5000 })).created, false);
    await t.bus.consumer({ ...CONFIG, ackWaitMs: 7000 }, { update: true });
    assert.equal((await t.bus.consumer({ ...CONFIG, ackWaitMs: 7000 })).created, false);
  });

  test("a consumer whose ack wait was changed is bound as it is by who expects a former one", async (t) => {
    await t.bus.consumer({ ...CONFIG, ackWaitMs: 5000 });
    await t.bus.consumer({ ...CONFIG, ackWaitMs: 7000 }, { update: true });
    await t.bus.consumer({ ...CONFIG, ackWaitMs: 9000 }, { update: true });
    for (const ackWaitMs of [5000, 7000, 9000]) {
      const consumer = await t.bus.consumer({ ...CONFIG, ackWaitMs });
      assert.deepEqual([consumer.created, consumer.config.ackWaitMs], [false, 9000]);
      assert.equal((await consumer.info())?.ackWaitMs, 9000);
    }
    const mismatch = isBusError("consumer_mismatch", false);
    await assert.rejects(t.bus.consumer({ ...CONFIG, ackWaitMs: 6000 }), mismatch);
    await assert.rejects(t.bus.consumer({ ...CONFIG, ackWaitMs: 5000, maxAckPending: 7 }), mismatch);
    await t.bus.consumer({ ...CONFIG, ackWaitMs: 5000 }, { update: true });
    assert.equal((await t.bus.consumer({ ...CONFIG, ackWaitMs: 9000 })).config.ackWaitMs, 5000);
  });

  test("a consumer of a stream that is not there is an error", async (t) => {
    await assert.rejects(t.bus.consumer({ ...CONFIG, stream: "NOWHERE" }), isBusError("no_stream", false));
  });

  test("a deleted consumer ends what waits as consumer_gone", async (t) => {
    const consumer = await t.bus.consumer(CONFIG);
    const got = receive(consumer);
    got.subscription.pull(3);
    await t.bus.flush(); // it waits
    assert.equal(await t.bus.deleteConsumer("PULL", "reader"), true);
    assert.equal(await t.bus.deleteConsumer("PULL", "reader"), false);
    await t.until(() => got.ends.length > 0, "the subscription hears of it");
    assert.deepEqual([got.ends[0]!.reason, got.ends[0]!.missing], ["consumer_gone", 3]);
    assert.equal(await consumer.info(), undefined);
    assert.equal(await consumer.oldest(), undefined);
  });

  test("asking a consumer that is gone ends soon, as consumer_gone or silent", async (t) => {
    const got = receive(await t.bus.consumer(CONFIG), { heartbeatMs: 200 });
    await t.bus.deleteConsumer("PULL", "reader");
    got.subscription.pull(3);
    await t.until(() => got.ends.length > 0, "the subscription hears of it");
    assert.ok(["consumer_gone", "silent"].includes(got.ends[0]!.reason), got.ends[0]!.reason);
    assert.equal(got.ends[0]!.missing, 3);
  });

  test("acknowledging to a consumer that is gone is an error where it is confirmed", async (t) => {
    await put(t, "pull.a");
    const got = receive(await t.bus.consumer(CONFIG));
    got.subscription.pull(1);
    await t.until(() => got.deliveries.length === 1, "it is delivered");
    await t.bus.deleteConsumer("PULL", "reader");
    await assert.rejects(got.deliveries[0]!.ackConfirmed(PATIENCE_MS), isBusError("unavailable", true));
  });

  test("closing the bus ends what waits as closed", async (t) => {
    const got = receive(await t.bus.consumer(CONFIG));
    got.subscription.pull(3);
    const states: string[] = [];
    t.bus.onStateChange(({ type }) => states.push(type));
    await t.bus.close();
    await t.bus.close();
    assert.deepEqual(got.ends.map(({ reason }) => reason), ["closed"]);
    assert.deepEqual(states, ["closed"]);
    await assert.rejects(t.bus.consumer(CONFIG), isBusError("unavailable", true));
  });

  test("a closed subscription is called no more, and a drained one has had what was on its way", async (t) => {
    const consumer = await t.bus.consumer(CONFIG);
    const closed = receive(consumer);
    closed.subscription.pull(5);
    closed.subscription.close();
    await t.bus.flush(); // else a server may still hand it what comes next
    const drained = receive(consumer);
    drained.subscription.pull(5);
    await put(t, "pull.a", "pull.a");
    await drained.subscription.drain();
    const before = drained.deliveries.length;
    await put(t, "pull.a");
    const info = await consumer.info();
    assert.deepEqual([info?.ackPending, info?.pending], [before, 3 - before]);
    assert.equal(closed.deliveries.length + closed.ends.length, 0);
    assert.equal(drained.deliveries.length, before);
  });

  test("the oldest message that is not settled is known", async (t) => {
    const consumer = await t.bus.consumer(CONFIG);
    assert.equal(await consumer.oldest(), undefined);
    await put(t, "pull.b", "pull.a", "pull.a");
    assert.equal((await consumer.oldest())?.sequence, 2);
    const got = receive(consumer);
    got.subscription.pull(5);
    await t.until(() => got.deliveries.length === 2, "both are delivered");
    await got.deliveries[1]!.ackConfirmed(PATIENCE_MS);
    assert.equal((await consumer.oldest())?.sequence, 2);
    await got.deliveries[0]!.ackConfirmed(PATIENCE_MS);
    assert.equal(await consumer.oldest(), undefined);
  });
}

/** Asserts that settled messages are not delivered again. */
async function assertGone(t: Listening, consumer: BusConsumer, { deliveries }: Received): Promise<void> {
  await t.until(async () => (await consumer.info())?.ackPending === 0, "everything is settled");
  // From here on the broker has nothing to redeliver, and earlier deliveries have arrived.
  const before = deliveries.length;
  await t.wait(2 * consumer.config.ackWaitMs); // a real broker uses its own clock
  assert.equal(deliveries.length, before);
}

interface Received {
  readonly subscription: ReturnType<BusConsumer["subscribe"]>;
  readonly deliveries: Delivery[];
  readonly ends: PullEnd[];
}

function receive(consumer: BusConsumer, options: Partial<PullOptions> = {}): Received {
  const deliveries: Delivery[] = [];
  const ends: PullEnd[] = [];
  const subscription = consumer.subscribe({
    ...options,
    onDelivery: (delivery) => void deliveries.push(delivery),
    onEnd: (end) => void ends.push(end),
  });
  return { subscription, deliveries, ends };
}
