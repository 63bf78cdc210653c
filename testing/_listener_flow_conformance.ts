import assert from "node:assert/strict";
import { createListener } from "../messaging/listener/create_listener.ts";
import { ensureStreams } from "../messaging/bus/ensure_streams.ts";
import type { It } from "./_listener_delivery_conformance.ts";
import { ACK_WAIT_MS, type BusUnderTest, Listening, Numbered, PATIENCE_MS } from "./_listening.ts";

/** A short ack wait, in milliseconds. */
const ACK_WAITS = [300, 1000, 3000, 9000] as const;

/** Tests of many messages: concurrency, order, time limits and the stop of a listener. */
export function flowConformance(it: It, create: () => Promise<BusUnderTest>): void {
  const test = (name: string, fn: (listening: Listening) => Promise<void>) =>
    it(name, async () => {
      await using listening = new Listening(await create());
      await fn(listening);
    });

  /** A listener whose handler takes so long, and what that counts. */
  const listenSlowly = async (t: Listening, ackWaitMs: number, handlerMs: number) => {
    const counts = { calls: 0, deliveries: 0 };
    const listener = await t.listen({
      events: [Numbered],
      queueGroup: `suite${ackWaitMs}`,
      ackWaitMs,
      async handle(args) {
        counts.calls++;
        await new Promise<void>((resolve) => t.bus.clock.setTimer(resolve, handlerMs));
        counts.deliveries += args.message.deliveryCount; // of the newest delivery
      },
    });
    return { listener, counts };
  };

  test("listener extends a handler that takes five times the ack wait, and runs it once", async (t) => {
    await t.inTime(ACK_WAITS, async (ackWaitMs) => {
      const { listener, counts } = await listenSlowly(t, ackWaitMs, 5 * ackWaitMs);
      await t.publish(Numbered, { n: 1 });
      await t.until(
        async () => counts.calls > 0 && (await t.info(listener, Numbered, ackWaitMs)).ackPending === 0,
        "it is settled",
      );
      assert.equal(counts.calls, 1);
      return counts.deliveries === 1;
    }, "it is delivered once");
  });

  test("listener extends what is buffered: ten slow messages are ten runs", async (t) => {
    await t.inTime(ACK_WAITS, async (ackWaitMs) => {
      const { listener, counts } = await listenSlowly(t, ackWaitMs, ackWaitMs / 3);
      await t.publishNumbers(1, 10);
      await t.until(async () => {
        const { ackPending, pending } = await t.info(listener, Numbered, ackWaitMs);
        return ackPending + pending === 0;
      }, "all are settled");
      assert.equal(counts.calls, 10);
      return counts.deliveries === 10;
    }, "each is delivered once");
  });

  test("listener aborts a handler that hangs, counts a failure, and gives its place to the next", async (t) => {
    const aborted: unknown[] = [];
    const seen: number[] = [];
    const listener = await t.listen({
      events: [Numbered],
      maxHandlerMs: 500,
      maxAttempts: 2,
      handle({ data, signal, context }) {
        if (data.n > 1) return void seen.push(data.n);
        assert.equal(context.signal, signal);
        signal.addEventListener("abort", () => aborted.push(signal.reason));
        return new Promise(() => {});
      },
    });
    await t.publishNumbers(1, 3);
    await t.until(
      async () => (await t.info(listener, Numbered)).ackPending === 0 && seen.length === 2,
      "all are settled",
    );
    assert.equal(aborted.length, 2);
    assert.match(String(aborted[0]), /TimeoutError: The handler of .* took longer than 500 ms/);
    const [letter] = await t.deadLetters();
    assert.equal(letter?.headers.get("Glam-Dlq-Error-Code"), "TIMEOUT");
    assert.equal(letter?.headers.get("Glam-Dlq-Attempts"), "2");
  });

  test("listener runs as many handlers as it may, and holds as many messages as it may", async (t) => {
    let running = 0;
    let most = 0;
    let calls = 0;
    const gate = Promise.withResolvers<void>();
    const listener = await t.listen({
      events: [Numbered],
      concurrency: 3,
      prefetch: 8,
      async handle() {
        calls++;
        most = Math.max(most, ++running);
        await gate.promise;
        running--;
      },
    });
    await t.publishNumbers(1, 40);
    await t.until(() => running === 3, "three run");
    let ackPending = 0;
    await t.until(async () => {
      const info = await t.info(listener, Numbered);
      ackPending = info.ackPending;
      return ackPending > 3 && info.waiting === 0;
    }, "it has what it has asked for");
    assert.ok(ackPending <= 3 + 8, `${ackPending} unsettled`);
    gate.resolve();
    await t.until(() => calls === 40 && running === 0, "all are handled");
    assert.equal(most, 3);
  });

  test("a paused listener finishes what runs, lets the rest wait in order, and goes on after it", async (t) => {
    const seen: number[] = [];
    const gate = Promise.withResolvers<void>();
    const listener = await t.listen({
      events: [Numbered],
      concurrency: 1,
      prefetch: 4,
      async handle({ data }) {
        if (data.n === 1) await gate.promise;
        seen.push(data.n);
      },
    });
    await t.publishNumbers(1, 6);
    await t.until(async () => (await t.pass(listener.health())).in_flight === 1, "the first one runs");
    await t.pass(listener.pause());
    gate.resolve();
    await t.until(() => seen.length === 1, "the first one ends");
    await t.publishNumbers(7, 9);
    const health = await t.pass(listener.health());
    assert.deepEqual([health.status, health.paused, health.in_flight], ["degraded", true, 0]);
    assert.deepEqual(health.reasons, ["The listener is paused"]);
    const { ackPending, pending } = await t.info(listener, Numbered);
    assert.equal(ackPending + pending, 8);
    assert.deepEqual([listener.stats().paused, listener.stats().consumers[0]?.calls], [true, 1]);
    listener.resume();
    await t.until(() => seen.length === 9, "all are handled");
    assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.equal((await t.pass(listener.health())).paused, undefined);
  });

  test("a listener that is paused before its start handles nothing, and its stop leaves all to others", async (t) => {
    const seen: string[] = [];
    const options = (name: string) => ({
      service: "conformance",
      queueGroup: "suite",
      ackWaitMs: ACK_WAIT_MS,
      events: [Numbered],
      handle: ({ data }: { data: { n: number } }) => void seen.push(`${name}${data.n}`),
    });
    const paused = createListener(t.bus, options("a"));
    await paused.pause();
    await t.pass(paused.start());
    await t.publishNumbers(1, 3);
    assert.equal((await t.pass(paused.health())).paused, true);
    await t.pass(paused.stop());
    await t.listen(options("b"));
    await t.until(() => seen.length === 3, "another one handles them");
    assert.deepEqual(seen, ["b1", "b2", "b3"]);
  });

  test("listener keeps the order of a key, a failed one included, and lets other keys go on", async (t) => {
    await t.pass(ensureStreams(t.bus));
    await t.inTime([1000, 4000, 16_000], async (backoffMs) => {
      const order = new Map<string, number[]>();
      const active = new Set<string>();
      let healthyDone = 0;
      let healthyBeforeRetry = 0;
      await t.publishNumbers(1, 60, (n) => n % 3 === 1 ? "a" : n % 3 === 2 ? "b" : "c");
      const listener = await t.listen({
        events: [Numbered],
        queueGroup: `suite${backoffMs}`,
        concurrency: 8,
        backoffMs: [backoffMs],
        keyOf: ({ data }) => data.key,
        async handle({ data, attempt }) {
          const key = data.key!;
          assert.ok(!active.has(key), `two of ${key} at a time`);
          active.add(key);
          await new Promise((resolve) => setTimeout(resolve, 0));
          active.delete(key);
          if (data.n === 1 && attempt === 1) throw new Error("the first one fails once");
          if (data.n === 1) healthyBeforeRetry = healthyDone;
          if (key !== "a") healthyDone++;
          order.set(key, [...order.get(key) ?? [], data.n]);
        },
      });
      await t.until(async () => {
        const { ackPending, pending } = await t.info(listener, Numbered);
        return ackPending + pending === 0;
      }, "all are settled");
      for (const [key, numbers] of order) {
        assert.equal(numbers.length, 20, key);
        assert.deepEqual(numbers, numbers.toSorted((one, other) => one - other), key);
      }
      assert.equal((await t.deadLetters()).length, 0);
      return healthyBeforeRetry === 40;
    }, "the other keys do not wait for the failed one");
  });

  test("listener lets a key go on behind its dead letter", async (t) => {
    const seen: number[] = [];
    await t.listen({
      events: [Numbered],
      maxAttempts: 2,
      keyOf: ({ data }) => data.key,
      handle({ data }) {
        if (data.n === 1) throw new Error("never");
        seen.push(data.n);
      },
    });
    await t.publishNumbers(1, 4, () => "a");
    await t.until(() => seen.length === 3, "the others are handled");
    assert.deepEqual(seen, [2, 3, 4]);
    assert.equal((await t.deadLetters()).length, 1);
  });

  test("listener holds only so many of a key, or of failed ones, that others still get through", async (t) => {
    const seen: number[] = [];
    await t.listen({
      events: [Numbered],
      prefetch: 8,
      backoffMs: [60_000],
      keyOf: ({ data }) => data.key,
      handle({ data }) {
        if (data.key === "failing") throw new Error("down");
        seen.push(data.n);
      },
    });
    await t.publishNumbers(1, 100, () => "failing");
    await t.publishNumbers(101, 110, () => "fine");
    await t.until(() => seen.length === 10, "the others are handled");
  });

  test("listener that stops lets running handlers finish, and gives the others back in order", async (t) => {
    const first: number[] = [];
    const second: number[] = [];
    const gate = Promise.withResolvers<void>();
    const listener = await t.listen({
      events: [Numbered],
      graceMs: PATIENCE_MS,
      async handle({ data }) {
        first.push(data.n);
        await gate.promise;
      },
    });
    await t.publishNumbers(1, 10);
    await t.until(() => first.length === 1, "the first one runs");
    await t.until(
      async () => (await t.info(listener, Numbered)).ackPending === 10,
      "the others are buffered",
    );
    const stopping = listener.stop();
    const again = listener.stop();
    await t.listen({
      events: [Numbered],
      handle: ({ data, message }) => {
        assert.ok(message.deliveryCount <= 2);
        second.push(data.n);
      },
    });
    await t.until(() => second.length === 9, "the others are handled, while the first one still runs");
    gate.resolve();
    await t.pass(stopping);
    await t.pass(again);
    await listener.finished;
    assert.equal((await listener.health()).status, "unhealthy");
    await assert.rejects(listener.start(), /was stopped/);
    assert.deepEqual(first, [1]);
    assert.deepEqual(second, [2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert.equal((await t.deadLetters()).length, 0);
  });

  test("listener that stops aborts what outlives the grace, gives it back, and buries nothing", async (t) => {
    let aborted = false;
    const listener = await t.listen({
      events: [Numbered],
      maxAttempts: 1,
      graceMs: 100,
      handle: ({ signal }) =>
        new Promise((_, reject) =>
          signal.addEventListener("abort", () => {
            aborted = true;
            reject(signal.reason);
          })
        ),
    });
    await t.publish(Numbered, { n: 1 });
    await t.until(async () => (await listener.health()).in_flight === 1, "it runs");
    await t.pass(listener.stop());
    assert.ok(aborted);
    const seen: number[] = [];
    await t.listen({ events: [Numbered], handle: ({ data }) => void seen.push(data.n) });
    await t.until(() => seen.length === 1, "it is handled elsewhere");
    assert.equal((await t.deadLetters()).length, 0);
  });

  test("listener whose consumer is deleted goes on where it was", async (t) => {
    const seen: number[] = [];
    const listener = await t.listen({ events: [Numbered], handle: ({ data }) => void seen.push(data.n) });
    await t.publishNumbers(1, 20);
    await t.until(
      async () => seen.length === 20 && (await t.info(listener, Numbered)).ackPending === 0,
      "20 are handled",
    );
    // By then the listener has noticed how far it is.
    await t.until(async () => (await listener.health()).status === "healthy", "it is healthy");
    await t.bus.deleteConsumer(t.events.name, listener.durables.get(Numbered.subject)!);
    await t.publishNumbers(21, 25);
    await t.until(() => seen.length >= 25, "the new ones are handled");
    assert.deepEqual(seen, Array.from({ length: 25 }, (_, i) => i + 1));
    await t.until(async () => (await listener.health()).status === "healthy", "it is healthy");
  });

  test("listener whose stream is deleted makes it again, and goes on", async (t) => {
    const seen: number[] = [];
    await t.listen({ events: [Numbered], handle: ({ data }) => void seen.push(data.n) });
    await t.publishNumbers(1, 5);
    await t.until(() => seen.length === 5, "five are handled");
    await t.bus.deleteStream(t.events.name);
    await t.until(
      async () => await t.bus.streamInfo(t.events.name) !== undefined,
      "the stream is there again",
    );
    await t.publishNumbers(6, 10);
    await t.until(() => seen.length === 10, "the new ones are handled");
    assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test("listener refuses to start on a consumer that is not what it needs, and changes it where it may", async (t) => {
    const one = await t.listen({ events: [Numbered], ackWaitMs: 5000, handle() {} });
    const other = createListener(t.bus, {
      service: "conformance",
      queueGroup: "suite",
      events: [Numbered],
      ackWaitMs: 7000,
      handle() {},
    });
    await assert.rejects(t.pass(other.start()), (error: Error & { kind?: string }) => {
      assert.equal(error.kind, "consumer_mismatch");
      assert.match(error.message, /ack_?wait.*`repair: true`/i);
      return true;
    });
    await t.pass(other.stop());
    assert.equal((await t.info(one, Numbered, 5000)).ackPending, 0);
    await t.listen({ events: [Numbered], ackWaitMs: 7000, repair: true, handle() {} });
    assert.equal((await t.info(one, Numbered, 7000)).ackPending, 0);
  });

  test("listeners of one queue group share the messages, those of another get them too", async (t) => {
    const seen: Record<string, number[]> = { one: [], two: [], other: [] };
    const listen = (name: string, queueGroup: string) =>
      t.listen({
        events: [Numbered],
        queueGroup,
        prefetch: 1,
        async handle({ data }) {
          seen[name]!.push(data.n);
          await new Promise<void>((resolve) => t.bus.clock.setTimer(resolve, 5));
        },
      });
    await listen("one", "shared");
    await listen("two", "shared");
    await listen("other", "own");
    await t.publishNumbers(1, 20);
    await t.until(() => Object.values(seen).flat().length === 40, "all are handled");
    assert.deepEqual([...seen["one"]!, ...seen["two"]!].toSorted((a, b) => a - b), seen["other"]);
    assert.ok(seen["one"]!.length > 0 && seen["two"]!.length > 0);
  });

  test("listener whose bus is closed says that it is over", async (t) => {
    const listener = await t.listen({ events: [Numbered], handle() {} });
    const ended = assert.rejects(listener.finished, (error: Error & { kind?: string }) => {
      assert.equal(error.kind, "unavailable");
      return true;
    });
    await t.pass(t.bus.close());
    await ended;
    assert.equal((await listener.health()).status, "unhealthy");
    await t.pass(listener.stop());
  });
}
