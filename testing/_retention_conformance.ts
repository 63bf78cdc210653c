import assert from "node:assert/strict";
import type { MessageBus } from "../messaging/bus/message_bus.ts";
import { STREAM_CONFIGS } from "../messaging/bus/streams.ts";
import type { ConsumerHealth, Listener } from "../messaging/listener/listener.ts";
import type { It } from "./_listener_delivery_conformance.ts";
import { type BusUnderTest, Listening, Named, Numbered } from "./_listening.ts";

/** How many messages the stream of events holds in these tests. */
const ROOM = 10;

/** Tests of what a listener tells of messages that the retention of the stream dropped. */
export function retentionConformance(it: It, create: () => Promise<BusUnderTest>): void {
  const test = (name: string, fn: (t: Listening) => Promise<void>) =>
    it(name, async () => {
      await using t = new Listening(await create());
      const [, dlq] = STREAM_CONFIGS;
      await t.bus.ensureStream({ ...t.events, maxMessages: ROOM });
      await t.bus.ensureStream(dlq);
      await fn(t);
    });

  const stateOf = async (t: Listening, listener: Listener): Promise<ConsumerHealth> =>
    (await t.pass(listener.health())).consumers[0]!;

  test("listener counts a burst that the stream drops between two looks", async (t) => {
    const gate = Promise.withResolvers<void>();
    const seen: number[] = [];
    const lines: unknown[] = [];
    const listener = await t.listen({
      events: [Numbered],
      prefetch: 1,
      logger: loggerOf(lines),
      async handle({ data }) {
        seen.push(data.n);
        await gate.promise;
      },
    });
    await t.publishNumbers(1, 100);
    await t.until(async () => (await stateOf(t, listener)).expired > 0, "the loss is noticed");
    gate.resolve();
    await t.until(async () => {
      const { lag, held } = await stateOf(t, listener);
      return lag + held === 0;
    }, "the others are handled");
    const { expired, expired_at_most = expired } = await stateOf(t, listener);
    const missing = 100 - seen.length;
    assert.ok(
      expired <= missing && missing <= expired_at_most,
      `${expired} <= ${missing} <= ${expired_at_most}`,
    );
    assert.equal((await t.pass(listener.health())).status, "degraded");
    const [line] = lines as [string, string, { durable: string; sequences: string }][];
    assert.deepEqual(line!.slice(0, 2), ["warn", "Messages expired before they were handled"]);
    assert.equal(line![2].durable, listener.durables.get(Numbered.subject));
    assert.match(line![2].sequences, /^\d+-\d+$/);
  });

  test("listener counts exactly what was pending and is dropped, beside the events of others", async (t) => {
    const gate = Promise.withResolvers<void>();
    let looks = 0;
    const bus: MessageBus = new Proxy(t.bus, {
      get(target, key) {
        const value = Reflect.get(target, key, target);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          if (key === "streamInfo" && args[0] === t.events.name) looks++;
          return value.apply(target, args);
        };
      },
    });
    const listener = await t.listen({ events: [Numbered], prefetch: 1, handle: () => gate.promise }, bus);
    await t.publishNumbers(1, 6);
    for (let n = 7; n <= ROOM; n++) await t.publish(Named, { name: "other" });
    await t.until(async () => (await t.info(listener, Numbered)).delivered >= 1, "the first is delivered");
    const before = looks;
    await t.until(() => looks >= before + 4, "it has looked at what is pending");
    const { delivered } = await t.info(listener, Numbered);
    for (let n = 1; n <= 5; n++) await t.publish(Named, { name: "newer" });
    const lost = 5 - delivered;
    await t.until(async () => (await stateOf(t, listener)).expired >= lost, "the loss is noticed");
    assert.equal((await stateOf(t, listener)).expired, lost);
    gate.resolve();
  });

  test("listener tells at its start what was dropped while nobody listened", async (t) => {
    let handled = 0;
    const handle = () => void handled++;
    const first = await t.listen({ events: [Numbered], handle });
    await t.publishNumbers(1, 1);
    await t.until(
      async () => handled === 1 && (await t.info(first, Numbered)).ackPending === 0,
      "one is handled",
    );
    await t.pass(first.stop());
    await t.publishNumbers(2, 3 * ROOM + 1);
    const lines: unknown[] = [];
    const second = await t.listen({ events: [Numbered], logger: loggerOf(lines), handle });
    const { status, consumers } = await t.pass(second.health());
    assert.equal(status, "degraded");
    assert.deepEqual([consumers[0]!.expired, consumers[0]!.expired_at_most], [2 * ROOM, undefined]);
    assert.deepEqual(lines.map((line) => (line as unknown[]).slice(0, 2)), [
      ["critical", "Most messages since the last delivery were dropped before the start"],
    ]);
    await t.until(() => handled === 1 + ROOM, "what is left is handled");
  });

  /** Has a listener handle one message, and stops it. */
  const handleOne = async (t: Listening) => {
    let handled = 0;
    const first = await t.listen({ events: [Numbered], handle: () => void handled++ });
    await t.publishNumbers(1, 1);
    await t.until(
      async () => handled === 1 && (await t.info(first, Numbered)).ackPending === 0,
      "one is handled",
    );
    await t.pass(first.stop());
  };

  test("listener tells at its start what may have been dropped among the events of others", async (t) => {
    await handleOne(t);
    for (let n = 1; n <= ROOM; n++) {
      await t.publish(Numbered, { n });
      await t.publish(Named, { name: "other" });
    }
    const second = await t.listen({ events: [Numbered], handle: () => {} });
    const { status, reasons, consumers } = await t.pass(second.health());
    assert.equal(status, "degraded");
    assert.match(reasons.join(), /at least 0, at most 10/);
    assert.deepEqual([consumers[0]!.expired, consumers[0]!.expired_at_most], [0, ROOM]);
  });

  test("listener of a rare event is not alarmed by what was dropped of others", async (t) => {
    await handleOne(t);
    for (let n = 1; n <= 2 * ROOM; n++) await t.publish(Named, { name: "other" });
    const second = await t.listen({ events: [Numbered], handle: () => {} });
    const { status, consumers } = await t.pass(second.health());
    assert.deepEqual([status, consumers[0]!.expired, consumers[0]!.expired_at_most], [
      "healthy",
      0,
      undefined,
    ]);
  });

  test("listener of a new queue group has missed nothing", async (t) => {
    await t.publishNumbers(1, 3 * ROOM);
    let handled = 0;
    const listener = await t.listen({ events: [Numbered], handle: () => void handled++ });
    await t.until(() => handled === ROOM, "what the stream has is handled");
    const { status, consumers } = await t.pass(listener.health());
    assert.deepEqual([status, consumers[0]!.expired, consumers[0]!.expired_at_most], [
      "healthy",
      0,
      undefined,
    ]);
  });
}

/** A logger that appends level, message and fields of warnings and worse. */
function loggerOf(lines: unknown[]) {
  const level = (name: string) => (message: string, fields?: unknown) =>
    void lines.push([name, message, fields]);
  return { debug() {}, info() {}, warn: level("warn"), error: level("error"), critical: level("critical") };
}
