import assert from "node:assert/strict";
import { ContractError, ValidationError } from "../errors/common.ts";
import { Streams } from "../messaging/bus/streams.ts";
import type { ListenerOptions } from "../messaging/listener/options.ts";
import { Listening, Named, Numbered } from "./_listening.ts";
import type { BusUnderTest } from "./_listening.ts";

/** Registers a test, as `it` of `node:test` does. */
export type It = (name: string, fn: () => Promise<void>) => unknown;

/** Tests of the handling of a single delivery. */
export function deliveryConformance(it: It, create: () => Promise<BusUnderTest>): void {
  const test = (name: string, fn: (listening: Listening) => Promise<void>) =>
    it(name, async () => {
      await using listening = new Listening(await create());
      await fn(listening);
    });

  test("listener acknowledges when the handler has resolved, and not before", async (t) => {
    const gate = Promise.withResolvers<void>();
    let calls = 0;
    const listener = await t.listen({ events: [Numbered], handle: () => (calls++, gate.promise) });
    await t.publish(Numbered, { n: 1 });
    await t.until(() => calls === 1, "the handler runs");
    assert.equal((await t.info(listener, Numbered)).ackPending, 1);
    gate.resolve();
    await t.until(async () => (await t.info(listener, Numbered)).ackPending === 0, "it is acknowledged");
    assert.equal(calls, 1);
  });

  test("listener keeps what it handles when a newer version shortens the ack wait, and may come back after it", async (t) => {
    await t.inTime([1500, 6000, 20_000], async (ackWaitMs) => {
      const seen: string[] = [];
      const { promise: over, resolve: end } = Promise.withResolvers<void>();
      const listen = (who: string, own: Partial<ListenerOptions<readonly [typeof Numbered]>>) =>
        t.listen({
          events: [Numbered],
          ...own,
          async handle() {
            seen.push(who);
            await over;
          },
        });
      await listen("old", {});
      await t.publishNumbers(1, 1);
      await t.until(() => seen.length === 1, "the old version handles it");
      await listen("new", { ackWaitMs, repair: true });
      const back = await listen("back", {});
      await t.wait(4 * ackWaitMs); // far less than what the old version was told
      const kept = seen.length === 1;
      end();
      await t.until(async () => (await t.info(back, Numbered)).ackPending === 0, "all is settled");
      return kept;
    }, "the message is extended by the ack wait that the server has");
  });

  test("listener tries again after the backoff, never sooner, and then writes a dead letter", async (t) => {
    const times: number[] = [];
    const attempts: number[] = [];
    const listener = await t.listen({
      events: [Numbered],
      backoffMs: [60, 120],
      handle({ attempt }) {
        times.push(t.bus.clock.now());
        attempts.push(attempt);
        throw new Error("no stock\nof lipstick");
      },
    });
    const { seq } = await t.publish(Numbered, { n: 1 }, [
      ["X-Correlation-ID", "corr_1"],
      ["traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"],
      ["X-Own", "ä; kept"],
    ]);
    const original = (await t.bus.readMessage(t.events.name, { sequence: seq }))!;
    await t.until(async () => (await t.deadLetters()).length === 1, "the dead letter is there");
    await t.until(async () => (await t.info(listener, Numbered)).ackPending === 0, "the original is settled");
    assert.deepEqual(attempts, [1, 2, 3]);
    assert.ok(times[1]! - times[0]! >= 60, `${times[1]! - times[0]!} ms`);
    assert.ok(times[2]! - times[1]! >= 120, `${times[2]! - times[1]!} ms`);
    const letter = (await t.deadLetters())[0]!;
    assert.equal(letter.subject, `dlq.${Numbered.subject}`);
    assert.deepEqual(letter.data, original.data);
    const own = [...letter.headers].filter(([name]) => !/^(nats|glam-dlq)-/i.test(name));
    assert.deepEqual(own, [
      ["X-Correlation-ID", "corr_1"],
      ["traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"],
      ["X-Own", "ä; kept"],
    ]);
    const said = (name: string) => letter.headers.get(`Glam-Dlq-${name}`);
    const durable = listener.durables.get(Numbered.subject);
    assert.equal(durable, "conformance-suite-evt_conformance_numbered_v1");
    assert.deepEqual(
      [
        "Stream",
        "Sequence",
        "Consumer",
        "Attempts",
        "Error-Code",
        "Error-Name",
        "Error-Message",
        "Redrive-Count",
      ]
        .map(said),
      [t.events.name, String(seq), durable, "3", "INTERNAL_ERROR", "Error", "no stock of lipstick", "0"],
    );
    assert.match(said("Error-Digest") ?? "", /^[0-9a-f]{8}$/);
    const firstFailedAt = Date.parse(said("First-Failed-At")!);
    assert.ok(firstFailedAt >= times[0]! && firstFailedAt < times[1]!, `${firstFailedAt}`);
    assert.ok(Date.parse(said("Last-Failed-At")!) >= times[2]!);
    const broker = [...letter.headers].filter(([name]) => /^nats-/i.test(name));
    assert.deepEqual(broker, [["Nats-Msg-Id", `${t.events.name}:${seq}:${durable}:${original.timeNanos}`]]);
  });

  test("listener succeeds at a later attempt, and writes no dead letter", async (t) => {
    const attempts: number[] = [];
    const listener = await t.listen({
      events: [Numbered],
      handle({ attempt }) {
        attempts.push(attempt);
        if (attempt < 3) throw new Error("not yet");
      },
    });
    await t.publish(Numbered, { n: 1 });
    await t.until(
      async () => (await t.info(listener, Numbered)).ackPending === 0 && attempts.length === 3,
      "it is done",
    );
    assert.deepEqual(attempts, [1, 2, 3]);
    assert.equal((await t.deadLetters()).length, 0);
  });

  test("listener keeps an event while its dead letter cannot be written, and does not run it again", async (t) => {
    const bus = t.bus;
    let calls = 0;
    const listener = await t.listen({
      events: [Numbered],
      maxAttempts: 1,
      handle() {
        calls++;
        throw new Error("broken");
      },
    });
    await bus.deleteStream(Streams.DLQ);
    await t.publish(Numbered, { n: 1 });
    await t.until(async () => (await listener.health()).status === "degraded", "health says so");
    assert.match((await listener.health()).reasons.join(), /Dead letters cannot be written/);
    assert.equal((await t.info(listener, Numbered)).ackPending, 1);
    await bus.ensureStream({ name: Streams.DLQ, subjects: ["dlq.>"], discard: "new", maxMessages: 10 });
    await t.until(async () => (await t.info(listener, Numbered)).ackPending === 0, "the original is settled");
    assert.equal((await t.deadLetters()).length, 1);
    assert.equal(calls, 1);
    await t.until(async () => (await listener.health()).status === "healthy", "it is healthy");
  });

  test("listener waits for room in a full stream of dead letters, and loses none", async (t) => {
    const { bus } = t;
    await bus.ensureStream({ name: Streams.DLQ, subjects: ["dlq.>"], discard: "new", maxMessages: 1 });
    let calls = 0;
    let healthy = 0;
    const listener = await t.listen({
      events: [Numbered],
      maxAttempts: 1,
      handle({ data }) {
        if (data.n > 2) return void healthy++;
        calls++;
        throw new Error("broken");
      },
    });
    await t.publishNumbers(1, 4);
    await t.until(() => healthy === 2, "the healthy ones are handled");
    await t.until(async () => (await listener.health()).status === "degraded", "the second does not fit");
    const [first] = await t.deadLetters();
    assert.equal((await t.deadLetters()).length, 1);
    await bus.deleteMessage(Streams.DLQ, first!.sequence);
    await t.until(async () => (await t.info(listener, Numbered)).ackPending === 0, "the second is written");
    const [second] = await t.deadLetters();
    assert.notDeepEqual(second!.data, first!.data);
    assert.equal(calls, 2);
  });

  test("listener writes one dead letter where the answer to the first got lost", async (t) => {
    let writes = 0;
    const bus = new Proxy(t.bus, {
      get(target, key) {
        if (key === "publish") {
          return async (...args: Parameters<typeof target.publish>) => {
            const ack = await target.publish(...args);
            if (args[0].subject.startsWith("dlq.") && ++writes === 1) throw new Error("the answer got lost");
            return ack;
          };
        }
        const value = Reflect.get(target, key, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const listener = await t.listen({
      events: [Numbered],
      maxAttempts: 1,
      handle() {
        throw new Error("broken");
      },
    }, bus);
    await t.publish(Numbered, { n: 1 });
    await t.until(
      async () => writes === 2 && (await t.info(listener, Numbered)).ackPending === 0,
      "it is settled",
    );
    assert.equal((await t.deadLetters()).length, 1);
  });

  test("listener makes what breaks the contract a dead letter at once, without the handler", async (t) => {
    const seen: number[] = [];
    await t.listen({ events: [Numbered], handle: ({ data }) => void seen.push(data.n) });
    const { subject } = Numbered;
    await t.bus.publish({ subject, data: "{" });
    await t.bus.publish({ subject, data: new Uint8Array([0xff, 0xfe]) });
    await t.bus.publish({ subject, data: "[]" });
    await t.bus.publish({
      subject,
      data: JSON.stringify({ event_id: "e1", timestamp: "2026-01-01T00:00:00Z" }),
    });
    await t.publish(Numbered, { n: "one" });
    await t.publish(Numbered, { n: 7 });
    await t.until(() => seen.length === 1, "the good one is handled");
    await t.until(async () => (await t.deadLetters()).length === 5, "the others are dead letters");
    assert.deepEqual(seen, [7]);
    for (const { headers } of await t.deadLetters()) {
      assert.equal(headers.get("Glam-Dlq-Error-Code"), "VALIDATION_ERROR");
      assert.equal(headers.get("Glam-Dlq-Attempts"), "1");
    }
  });

  for (
    const error of [
      new ValidationError("the owner is unknown"),
      new ContractError("the handler has built a wrong event", { contract: Named.subject }),
    ]
  ) {
    test(`listener does not try again after a ${error.name}`, async (t) => {
      let calls = 0;
      await t.listen({
        events: [Numbered],
        handle() {
          calls++;
          throw error;
        },
      });
      await t.publish(Numbered, { n: 1 });
      await t.until(async () => (await t.deadLetters()).length === 1, "the dead letter is there");
      assert.equal(calls, 1);
      assert.equal((await t.deadLetters())[0]!.headers.get("Glam-Dlq-Error-Code"), error.code);
    });
  }

  test("listener asks onError, which may drop, bury or try again", async (t) => {
    const calls: string[] = [];
    const asked: unknown[] = [];
    const listener = await t.listen({
      events: [Named],
      maxAttempts: 2,
      onError(_error, { event, attempt, decision }) {
        asked.push([event.data.name, attempt, decision]);
        if (event.data.name === "drop") return "ack";
        if (event.data.name === "bury") return "dlq";
        if (event.data.name === "again") return "retry";
        throw new Error("onError is broken");
      },
      handle({ data }) {
        calls.push(data.name);
        if (data.name === "again") throw new ValidationError("would not be tried again");
        throw new Error("broken");
      },
    });
    for (const name of ["drop", "bury", "again", "else"]) await t.publish(Named, { name });
    await t.until(
      async () => (await t.info(listener, Named)).ackPending === 0 && calls.length === 6,
      "all are settled",
    );
    assert.deepEqual(calls.toSorted(), ["again", "again", "bury", "drop", "else", "else"]);
    assert.deepEqual(asked.slice(0, 3), [["drop", 1, "retry"], ["bury", 1, "retry"], ["again", 1, "dlq"]]);
    const dead = (await t.deadLetters()).map(({ data }) =>
      JSON.parse(new TextDecoder().decode(data)).data.name
    );
    assert.deepEqual(dead.toSorted(), ["again", "bury", "else"]);
  });

  test("listener goes on after whatever its functions throw", async (t) => {
    const seen: number[] = [];
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown) => void unhandled.push(reason);
    const { process } = globalThis as unknown as {
      process: { on(name: string, fn: unknown): void; off(name: string, fn: unknown): void };
    };
    process.on("unhandledRejection", onUnhandled);
    const listener = await t.listen({
      events: [Numbered],
      maxAttempts: 1,
      keyOf({ data }) {
        if (data.n === 4) throw new Error("keyOf is broken");
        return undefined;
      },
      middleware: [async ({ data }, next) => {
        if (data.n === 1) throw new Error("the middleware is broken");
        if (data.n === 5) return await Promise.all([next(), next()]);
        return await next();
      }],
      handle({ data }) {
        if (data.n === 2) throw null;
        if (data.n === 3) return Promise.reject(Object.create(null));
        seen.push(data.n);
      },
    });
    await t.publishNumbers(1, 6);
    await t.until(
      async () => (await t.info(listener, Numbered)).ackPending === 0 && seen.includes(6),
      "all are settled",
    );
    assert.deepEqual(seen, [5, 6]);
    assert.equal((await t.deadLetters()).length, 5);
    await new Promise((resolve) => setTimeout(resolve, 0));
    process.off("unhandledRejection", onUnhandled);
    assert.deepEqual(unhandled, []);
  });
}
