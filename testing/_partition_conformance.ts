import assert from "node:assert/strict";
import * as z from "zod";
import { defineEvent, type EventContract } from "../messaging/contract/define_event.ts";
import { createDeadLetters } from "../messaging/dead_letters/create_dead_letters.ts";
import { createPublisher } from "../messaging/publisher/create_publisher.ts";
import type { MessageBus } from "../messaging/bus/message_bus.ts";
import type { It } from "./_listener_delivery_conformance.ts";
import { ACK_WAIT_MS, type BusUnderTest, Listening } from "./_listening.ts";

/** An event whose keys are kept in order. */
const Keyed: EventContract<{ key: string; n: number }> = defineEvent(
  "evt.conformance.keyed.v1",
  z.object({ key: z.string(), n: z.int() }),
  { partitions: 4, keyOf: (data) => data.key },
);
/** Keys of the partitions 0 to 3. */
const KEYS = ["a", "b", "c", "d"] as const;
const durableOf = (partition: number) => `conformance-suite-evt_conformance_keyed_v1_p${partition}`;

/** Tests of events with partitions: the order of a key across processes. */
export function partitionConformance(it: It, create: () => Promise<BusUnderTest>): void {
  const test = (name: string, fn: (listening: Listening) => Promise<void>) =>
    it(name, async () => {
      await using listening = new Listening(await create());
      await fn(listening);
    });

  async function publish(t: Listening, ...events: readonly (readonly [key: string, n: number])[]) {
    const publisher = createPublisher(t.bus, { service: "conformance" });
    for (const [key, n] of events) await t.pass(publisher.publish(Keyed, { key, n }));
  }

  /** What partitions have left to deliver and to settle. */
  async function left(t: Listening): Promise<number> {
    const consumers = await t.bus.listConsumers!(t.events.name);
    return consumers.reduce((sum, { pending, ackPending }) => sum + pending + ackPending, 0);
  }

  test("listeners keep the order of a key across processes, failed attempts and dead letters included", async (t) => {
    const running = new Map<string, number>();
    const done = new Map<string, number[]>();
    let overlaps = 0;
    let places = 0;
    const options = {
      events: [Keyed] as const,
      async handle({ data: { key, n }, attempt }: { data: { key: string; n: number }; attempt: number }) {
        overlaps += running.get(key) ?? 0;
        running.set(key, 1);
        await new Promise<void>((resolve) => t.bus.clock.setTimer(resolve, n % 3));
        running.set(key, 0);
        if (n % 5 === attempt % 2 || n % 11 === 7) throw new Error("not now");
        done.set(key, [...done.get(key) ?? [], n]);
      },
    };
    const both = [await t.listen(options), await t.listen(options)];
    const keys = Array.from({ length: 12 }, (_, i) => `key-${i}`);
    await publish(t, ...Array.from({ length: 144 }, (_, i) => [keys[i % 12]!, i] as const));
    await t.until(async () => await left(t) === 0, "all are settled");
    for (const numbers of done.values()) {
      assert.deepEqual(numbers, [...numbers].sort((one, other) => one - other));
      places += new Set(numbers).size;
    }
    assert.equal(overlaps, 0);
    const dead = (await t.deadLetters()).length;
    assert.equal(places + dead, 144);
    assert.ok(dead > 5, String(dead));
    const calls = both.map((listener) => listener.stats().consumers[0]!.calls);
    assert.ok(calls.every((count) => count > 0), calls.join());
  });

  test("a listener that stops leaves the event that waits for its next attempt in its place", async (t) => {
    const seen: string[] = [];
    let isBroken = true;
    const options = (name: string) => ({
      events: [Keyed] as const,
      backoffMs: [400],
      handle({ data: { n } }: { data: { n: number } }) {
        seen.push(`${name} ${n}`);
        if (isBroken) throw new Error("not now");
      },
    });
    const first = await t.listen(options("first"));
    await publish(t, ["a", 1], ["a", 2]);
    await t.until(() => seen.length === 1, "the first attempt has failed");
    isBroken = false;
    await t.listen(options("second"));
    await t.pass(first.stop());
    await t.until(async () => await left(t) === 0, "all are settled");
    assert.deepEqual(seen, ["first 1", "second 1", "second 2"]);
  });

  test("a dead letter holds up its partition alone, until it is redriven, and is handled in its place", async (t) => {
    const seen: string[] = [];
    let isBroken = true;
    const options = {
      events: [Keyed] as const,
      maxAttempts: 1,
      onDeadLetter: "hold" as const,
      handle({ data: { key, n } }: { data: { key: string; n: number } }) {
        if (isBroken && n === 1) throw new Error("not now");
        seen.push(`${key}${n}`);
      },
    };
    const first = await t.listen(options);
    await publish(t, ["a", 1], ["a", 2], ["b", 1], ["c", 3], ["a", 4]);
    await t.until(() => seen.includes("c3"), "another partition goes on");
    await t.until(async () => (await t.deadLetters()).length === 2, "the dead letters are written");
    await t.until(async () => (await first.health()).consumers[0]!.on_hold === 2, "both wait");
    const health = await t.pass(first.health());
    assert.equal(health.status, "degraded");
    assert.match(
      health.reasons.join(),
      /^2 partitions of "evt\.conformance\.keyed\.v1" wait until their dead/,
    );
    const dead = createDeadLetters(t.bus);
    assert.ok((await dead.newest({ subject: Keyed.subject })).letters.every(({ held }) => held));
    // Another process finds it held as well.
    await t.pass(first.stop());
    const second = await t.listen(options);
    await t.until(async () => (await second.health()).consumers[0]!.on_hold === 2, "both wait there");
    assert.deepEqual(seen, ["c3"]);
    assert.equal((await t.deadLetters()).length, 2);
    assert.equal(second.stats().consumers[0]!.calls, 0);
    // It fails again: then it is a dead letter again.
    const { redriven } = await t.pass(dead.redrive({ subject: Keyed.subject }));
    assert.equal(redriven, 2);
    await t.until(async () => (await t.deadLetters()).length === 2, "both are dead again");
    isBroken = false;
    await t.until(async () => (await second.health()).consumers[0]!.on_hold === 2, "both wait again");
    await t.pass(dead.redrive("all"));
    await t.until(async () => await left(t) === 0, "all are settled");
    assert.deepEqual(seen.filter((each) => each.startsWith("a")), ["a1", "a2", "a4"]);
    assert.deepEqual(seen.filter((each) => each.startsWith("b")), ["b1"]);
    assert.deepEqual(await t.deadLetters(), []);
    assert.equal((await t.bus.streamInfo(t.events.name))!.messages, 5);
  });

  test("a dead letter that is purged is left out, by whoever holds it, and its partition goes on", async (t) => {
    const seen: string[] = [];
    const options = {
      events: [Keyed] as const,
      maxAttempts: 1,
      onDeadLetter: "hold" as const,
      handle({ data: { key, n } }: { data: { key: string; n: number } }) {
        if (n === 1) throw new Error("never");
        seen.push(`${key}${n}`);
      },
    };
    const dead = createDeadLetters(t.bus);
    const first = await t.listen(options);
    await publish(t, ["a", 1], ["a", 2], ["b", 1], ["b", 2], ["c", 1], ["c", 2]);
    await t.until(async () => (await t.deadLetters()).length === 3, "the dead letters are written");
    const [one] = await t.deadLetters();
    assert.equal(await t.pass(dead.purge({ sequence: one!.sequence })), 1);
    await t.until(() => seen.length === 1, "its partition goes on");
    // Purged while nobody listens.
    await t.pass(first.stop());
    assert.equal(await t.pass(dead.purge("all")), 2);
    await t.listen(options);
    await t.until(async () => await left(t) === 0, "all are settled");
    assert.deepEqual(seen.sort(), ["a2", "b2", "c2"]);
    await t.until(async () => (await t.deadLetters()).length === 0, "the notes are gone");
  });

  test("what a stream has dropped is redriven as another event, where it was held", async (t) => {
    let isBroken = true;
    const seen: number[] = [];
    await t.listen({
      events: [Keyed],
      maxAttempts: 1,
      onDeadLetter: "hold",
      handle({ data: { n } }) {
        if (isBroken) throw new Error("not now");
        seen.push(n);
      },
    });
    await publish(t, ["a", 1]);
    await t.until(async () => (await t.deadLetters()).length === 1, "the dead letter is written");
    await t.bus.purgeStream(t.events.name);
    isBroken = false;
    await t.pass(createDeadLetters(t.bus).redrive("all"));
    await t.until(() => seen.length > 0, "it is handled");
    assert.equal((await t.bus.streamInfo(t.events.name))!.messages, 1);
  });

  test("a handler whose ack wait is over is told so, and its late answer lets no later event begin", async (t) => {
    await t.inTime([600, 2000, 6000, 18_000], async (ackWaitMs) => {
      let isConnected = true;
      const bus = new Proxy(t.bus, {
        get(target, key) {
          if (key === "connected") return isConnected;
          const value = Reflect.get(target, key, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      }) as MessageBus;
      const begun: string[] = [];
      const gates = { first: Promise.withResolvers<void>(), second: Promise.withResolvers<void>() };
      let aborted = false;
      const options = (name: "first" | "second") => ({
        events: [Keyed] as const,
        queueGroup: `suite${ackWaitMs}`,
        ackWaitMs,
        maxHandlerMs: 10_000_000,
        handle({ data: { n }, signal }: { data: { n: number }; signal: AbortSignal }) {
          begun.push(`${name} ${n}`);
          signal.addEventListener("abort", () => aborted = true);
          return gates[name].promise;
        },
      });
      const first = await t.listen(options("first"), bus);
      await publish(t, ["a", 1], ["a", 2]);
      await t.until(() => begun.length === 1, "the first process handles it");
      isConnected = false; // from here on it does not extend the message
      await t.listen(options("second"));
      await t.until(() => begun.length === 2, "the second process handles it");
      await t.until(() => aborted, "the first handler is told");
      isConnected = true;
      gates.first.resolve();
      await t.until(async () => (await first.health()).consumers[0]!.held === 0, "the first is done");
      await t.bus.flush();
      await t.wait(50);
      const isKept = begun.length === 2;
      gates.second.resolve();
      await t.until(() => begun.length > 2, "the next event begins");
      assert.deepEqual(begun.slice(0, 2), ["first 1", "second 1"]);
      return isKept;
    }, "the second event begins after the second run of the first");
  });

  test("a partition whose consumer is deleted goes on where it was, and the others beside it", async (t) => {
    const seen: string[] = [];
    await t.listen({ events: [Keyed], handle: ({ data: { key, n } }) => void seen.push(`${key}${n}`) });
    await publish(t, ["a", 1], ["b", 1]);
    await t.until(async () => seen.length === 2 && await left(t) === 0, "both are settled");
    assert.ok(await t.bus.deleteConsumer(t.events.name, durableOf(KEYS.indexOf("a"))));
    await publish(t, ["a", 2], ["b", 2]);
    await t.until(() => seen.length >= 4, "both are handled");
    await t.until(async () => await left(t) === 0, "all are settled");
    assert.deepEqual(seen.sort(), ["a1", "a2", "b1", "b2"]);
  });

  test("a listener of partitions whose stream is deleted makes it again, and goes on", async (t) => {
    const seen: string[] = [];
    await t.listen({ events: [Keyed], handle: ({ data: { key, n } }) => void seen.push(`${key}${n}`) });
    await publish(t, ["a", 1], ["b", 1], ["c", 1]);
    await t.until(async () => seen.length === 3 && await left(t) === 0, "all are settled");
    assert.ok(await t.bus.deleteStream(t.events.name));
    await t.until(
      async () => (await t.bus.streamInfo(t.events.name).catch(() => undefined))?.consumers === 4,
      "the stream is there again, with its consumers",
    );
    await publish(t, ["a", 2], ["b", 2], ["c", 2], ["d", 2]);
    await t.until(() => seen.length >= 7, "all are handled");
    await t.until(async () => await left(t) === 0, "all are settled again");
    assert.deepEqual(seen.slice(3).sort(), ["a2", "b2", "c2", "d2"]);
  });

  test("a message that seems to kill processes is buried, and only its partition waits for that", async (t) => {
    const seen: string[] = [];
    await publish(t, ["a", 1], ["a", 2]);
    const partition = KEYS.indexOf("a");
    const consumer = await t.bus.consumer({
      stream: t.events.name,
      name: durableOf(partition),
      filterSubject: `${Keyed.subject}.p${partition}`,
      ackWaitMs: ACK_WAIT_MS,
      maxAckPending: 1,
    });
    let deliveries = 0;
    const subscription = consumer.subscribe({
      onEnd() {},
      onDelivery(delivery) {
        if ((deliveries = delivery.deliveryCount) < 5) delivery.nak();
      },
    });
    subscription.pull(5);
    await t.until(() => deliveries === 5, "it was delivered often");
    subscription.close();
    await t.listen({ events: [Keyed], handle: ({ data: { key, n } }) => void seen.push(`${key}${n}`) });
    await publish(t, ["b", 1], ["c", 1], ["d", 1]);
    await t.until(() => seen.length === 3, "the other partitions go on");
    assert.deepEqual(seen, ["b1", "c1", "d1"]);
    const answered = await consumer.info();
    assert.equal(answered!.ackPending, 1);
    assert.equal(answered!.pending, 1);
  });

  test("a listener counts the partitions of an event as one", async (t) => {
    const listener = await t.listen({ events: [Keyed], handle() {} });
    await publish(t, ...Array.from({ length: 20 }, (_, n) => [`key-${n}`, n] as const));
    await t.until(async () => await left(t) === 0, "all are settled");
    const { consumers } = listener.stats();
    assert.equal(consumers.length, 1);
    assert.deepEqual(
      [consumers[0]!.subject, consumers[0]!.durable, consumers[0]!.calls],
      [Keyed.subject, "conformance-suite-evt_conformance_keyed_v1", 20],
    );
    const health = await t.pass(listener.health());
    assert.equal(health.status, "healthy", health.reasons.join());
    assert.equal(health.consumers.length, 1);
    assert.deepEqual([...listener.durables.values()], ["conformance-suite-evt_conformance_keyed_v1"]);
    const names = (await t.bus.listConsumers!(t.events.name)).map(({ name }) => name);
    assert.deepEqual(names, [0, 1, 2, 3].map(durableOf));
  });

  test("a listener that is paused asks no partition, and goes on in order after it", async (t) => {
    const seen: number[] = [];
    const listener = await t.listen({ events: [Keyed], handle: ({ data }) => void seen.push(data.n) });
    await t.pass(listener.pause());
    await publish(t, ["a", 1], ["a", 2], ["a", 3]);
    await t.wait(50);
    assert.deepEqual(seen, []);
    listener.resume();
    await t.until(() => seen.length === 3, "all are handled");
    assert.deepEqual(seen, [1, 2, 3]);
  });
}
