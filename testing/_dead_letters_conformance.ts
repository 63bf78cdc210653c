import assert from "node:assert/strict";
import { createDeadLetters } from "../messaging/dead_letters/create_dead_letters.ts";
import type { DeadLetter, DeadLetterFilter, DeadLetters } from "../messaging/dead_letters/dead_letters.ts";
import { ensureStreams } from "../messaging/bus/ensure_streams.ts";
import type { It } from "./_listener_delivery_conformance.ts";
import { type BusUnderTest, Listening, Named, Numbered } from "./_listening.ts";

/** Tests of dead letters. */
export function deadLettersConformance(it: It, create: () => Promise<BusUnderTest>): void {
  const test = (name: string, fn: (listening: Listening) => Promise<void>) =>
    it(name, async () => {
      await using listening = new Listening(await create());
      await fn(listening);
    });

  const all = async (dead: DeadLetters, filter?: DeadLetterFilter) => {
    const letters: DeadLetter[] = [];
    for await (const letter of dead.list(filter)) letters.push(letter);
    return letters;
  };

  /** Makes dead letters of `Numbered` 1 to 4, written in another order, and of one `Named`. */
  const bury = async (t: Listening, isMended: () => boolean, seen: number[]) => {
    const listener = await t.listen({
      events: [Numbered, Named],
      maxAttempts: 1,
      concurrency: 4,
      async handle({ event: { data } }) {
        if (isMended()) return void ("n" in data && seen.push(data.n));
        const ms = "n" in data ? 400 - 100 * data.n : 0;
        await new Promise<void>((resolve) => t.bus.clock.setTimer(resolve, ms));
        throw Object.assign(new Error("broken"), { name: "TestError" });
      },
    });
    await t.publish(Numbered, { n: 1 }, [["X-Own", "kept"]], { correlation_id: "corr_1" });
    await t.publishNumbers(2, 4);
    await t.publish(Named, { name: "x" });
    const dead = createDeadLetters(t.bus);
    await t.until(async () => await dead.count() === 5, "five are dead");
    await t.until(
      async () => (await t.info(listener, Numbered)).ackPending === 0,
      "the originals are settled",
    );
    return { dead, listener };
  };

  test("dead letters can be listed, filtered and shown", async (t) => {
    const { dead, listener } = await bury(t, () => false, []);
    const numbers = (letters: readonly DeadLetter[]) =>
      letters.map(({ event }) => (event?.data as { n?: number } | undefined)?.n);
    assert.deepEqual(numbers(await all(dead)).toSorted(), [1, 2, 3, 4, undefined]);
    assert.equal((await all(dead, { subject: "evt.conformance.numbered.*" })).length, 4);
    assert.equal((await all(dead, { subject: Named.subject })).length, 1);
    assert.equal((await all(dead, { consumer: listener.durables.get(Named.subject) })).length, 1);
    assert.equal((await all(dead, { errorCode: "INTERNAL_ERROR" })).length, 5);
    assert.equal((await all(dead, { errorCode: "OTHER" })).length, 0);
    const [first] = await all(dead, { subject: Numbered.subject });
    assert.equal((await all(dead, { until: first!.deadSince, sequence: first!.sequence })).length, 0);
    assert.equal(
      (await all(dead, { since: first!.deadSince, errorDigest: first!.errorDigest })).length > 0,
      true,
    );
    const letters = await all(dead, { subject: Numbered.subject });
    const one = letters.find(({ event }) => (event?.data as { n: number }).n === 1)!;
    const shown = (await dead.show(one.sequence))!;
    assert.equal(shown.subject, Numbered.subject);
    assert.equal(shown.event?.correlation_id, "corr_1");
    assert.deepEqual([...shown.headers], [["X-Own", "kept"]]);
    assert.equal(shown.stream, t.events.name);
    assert.equal(shown.attempts, 1);
    assert.equal(shown.errorName, "TestError");
    assert.equal(shown.errorMessage, "broken");
    assert.equal(shown.redriveCount, 0);
    assert.ok(shown.firstFailedAt instanceof Date && shown.lastFailedAt instanceof Date);
    assert.equal(await dead.show(999), undefined);
  });

  test("dead letters are read newest first, page by page, with and without their payloads", async (t) => {
    const { dead } = await bury(t, () => false, []);
    const sequences = (letters: readonly DeadLetter[]) => letters.map(({ sequence }) => sequence);
    const first = await dead.newest({}, { limit: 2 });
    assert.deepEqual([sequences(first.letters), first.before], [[5, 4], 4]);
    const second = await dead.newest({}, { limit: 3, before: first.before });
    assert.deepEqual([sequences(second.letters), second.before], [[3, 2, 1], undefined]);
    assert.deepEqual(await dead.newest({}, { before: 1 }), { letters: [] });
    const numbered = await dead.newest({ subject: Numbered.subject }, { payloads: false });
    assert.deepEqual(numbered.letters.map(({ data, event }) => [data.length, event]), [
      [0, undefined],
      [0, undefined],
      [0, undefined],
      [0, undefined],
    ]);
    const [last] = first.letters;
    assert.deepEqual(sequences((await dead.newest({ since: last!.deadSince })).letters).at(0), 5);
    assert.deepEqual((await dead.newest({ errorCode: "OTHER" })).letters, []);
    const one = await dead.newest({}, { where: ({ event }) => (event?.data as { n?: number })?.n === 2 });
    assert.equal(one.letters.length, 1);
    await assert.rejects(dead.newest({}, { limit: 0 }), RangeError);
  });

  test("redrive publishes in the original order, at once after the first publishing, and removes", async (t) => {
    let mended = false;
    const seen: number[] = [];
    const { dead } = await bury(t, () => mended, seen);
    const plan = await t.pass(dead.redrive({ subject: Numbered.subject }, { dryRun: true }));
    assert.deepEqual(plan, { matched: 4, redriven: 4, kept: [] });
    assert.equal(await dead.count(), 5);
    mended = true;
    const progress: string[] = [];
    const result = await t.pass(dead.redrive({ subject: Numbered.subject }, {
      perSecond: 1000,
      onProgress: ({ done, total, letter }) =>
        progress.push(`${done}/${total} ${(letter.event?.data as { n: number }).n}`),
    }));
    assert.deepEqual(result, { matched: 4, redriven: 4, kept: [] });
    assert.deepEqual(progress, ["1/4 1", "2/4 2", "3/4 3", "4/4 4"]);
    await t.until(() => seen.length === 4, "they are handled");
    assert.deepEqual(seen.toSorted(), [1, 2, 3, 4]);
    assert.equal(await dead.count(), 1);
    const stored = await t.bus.readMessage(t.events.name, { from: 6, subject: Numbered.subject });
    assert.equal(stored?.headers.get("X-Own"), "kept");
    assert.equal(stored?.headers.get("Glam-Dlq-Redrive-Count"), "1");
    assert.equal(stored?.headers.has("Glam-Dlq-Error-Code"), false);
    const original = await t.bus.readMessage(t.events.name, { sequence: 1 });
    assert.deepEqual(stored?.data, original?.data);
  });

  test("redrive publishes only to subjects of events and commands that a stream covers", async (t) => {
    await t.pass(ensureStreams(t.bus));
    await t.bus.ensureStream({ name: "OTHER", subjects: ["other.>", "rpc.covered.>"] });
    const forged = [
      "$JS.API.STREAM.DELETE.GLAM_EVENTS",
      "$SYS.REQ.SERVER.PING",
      "_INBOX.someone.1",
      "rpc.covered.v1",
      "other.thing",
      "dlq.evt.conformance.numbered.v1",
    ];
    for (const subject of forged) {
      await t.bus.publish({
        subject: `dlq.${subject}`,
        data: "",
        headers: [["Glam-Dlq-Stream", t.events.name]],
      });
    }
    await t.bus.publish({ subject: `dlq.${Numbered.subject}`, data: "{}" });
    const dead = createDeadLetters(t.bus);
    for (const dryRun of [true, false]) {
      const result = await t.pass(dead.redrive("all", { perSecond: 1000, dryRun }));
      assert.deepEqual([result.matched, result.redriven], [forged.length + 1, 1]);
      assert.equal(result.kept.length, forged.length);
      for (const { reason } of result.kept) assert.match(reason, /is not evt\.<...> or cmd\.<...>/);
    }
    assert.equal(await dead.count(), forged.length);
    assert.equal((await t.bus.streamInfo(t.events.name))?.messages, 1);
    assert.equal((await t.bus.streamInfo("OTHER"))?.messages, 0);
  });

  test("redrive asks for the streams before it publishes, and keeps what none covers", async (t) => {
    await t.pass(ensureStreams(t.bus));
    await t.bus.deleteStream(t.events.name);
    await t.bus.ensureStream({ ...t.events, subjects: ["evt.conformance.>"] });
    for (const subject of [Numbered.subject, "evt.elsewhere.v1"]) {
      await t.bus.publish({ subject: `dlq.${subject}`, data: "{}" });
    }
    const steps: string[] = [];
    const bus = new Proxy(t.bus, {
      get(target, key) {
        const value = Reflect.get(target, key, target);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          if (key === "findStream" || key === "publish") steps.push(key);
          return value.apply(target, args);
        };
      },
    });
    const dead = createDeadLetters(bus);
    const { redriven, kept } = await t.pass(dead.redrive("all", { perSecond: 1000 }));
    assert.equal(redriven, 1);
    assert.deepEqual(kept.map(({ reason }) => reason), ['No stream covers its subject "evt.elsewhere.v1"']);
    assert.deepEqual(steps, ["findStream", "findStream", "publish"]);
    assert.equal(await dead.count(), 1);
  });

  test("a redriven event has no header of the broker but its new id", async (t) => {
    let mended = false;
    const { dead, listener } = await bury(t, () => mended, []);
    mended = true;
    await t.pass(dead.redrive({ subject: Named.subject }));
    await t.until(async () => (await t.info(listener, Named)).ackPending === 0, "it is handled");
    const stored = await t.bus.readMessage(t.events.name, { from: 6, subject: Named.subject });
    const broker = [...stored!.headers].filter(([name]) => /^nats-/i.test(name)).map(([name]) => name);
    assert.deepEqual(broker, ["Nats-Msg-Id"]);
  });

  test("what an event says of its own redrives is believed only after a redrive", async (t) => {
    await t.listen({ events: [Numbered], maxAttempts: 1, handle: () => Promise.reject(new Error("broken")) });
    const forged: [string, string][] = [["Glam-Dlq-Message-Id", `${Numbered.subject}:7`], [
      "Glam-Dlq-Redrive-Count",
      "41",
    ]];
    await t.publish(Numbered, { n: 1 }, forged);
    const dead = createDeadLetters(t.bus);
    await t.until(async () => await dead.count() === 1, "it is dead");
    const [letter] = await all(dead);
    assert.deepEqual([letter!.messageId, letter!.redriveCount], [undefined, 0]);
  });

  test("what is redriven and dies again counts its redrives", async (t) => {
    const { dead } = await bury(t, () => false, []);
    const [letter] = await all(dead, { subject: Named.subject });
    assert.equal((await t.pass(dead.redrive({ sequence: letter!.sequence }))).redriven, 1);
    await t.until(async () => (await all(dead, { subject: Named.subject })).length === 1, "it is dead again");
    const [again] = await all(dead, { subject: Named.subject });
    assert.notEqual(again!.sequence, letter!.sequence);
    assert.equal(again!.redriveCount, 1);
    assert.deepEqual(again!.data, letter!.data);
  });

  test("redrive keeps its rate", async (t) => {
    const { dead } = await bury(t, () => false, []);
    const before = t.bus.clock.now();
    await t.pass(dead.redrive("all", { perSecond: 20 }));
    assert.ok(t.bus.clock.now() - before >= 200, "five at twenty a second");
  });

  test("redrive removes nothing that was not stored", async (t) => {
    const { dead, listener } = await bury(t, () => false, []);
    await t.pass(listener.stop());
    await t.bus.deleteStream(t.events.name);
    const result = await t.pass(dead.redrive("all", { perSecond: 1000 }));
    assert.equal(result.matched, 5);
    assert.equal(result.redriven, 0);
    assert.ok(result.kept.length > 0);
    assert.equal(await dead.count(), 5);
  });

  test("dead letters can be purged, by filter or all, but not by mistake", async (t) => {
    const { dead } = await bury(t, () => false, []);
    await assert.rejects(dead.purge({}), TypeError);
    await assert.rejects(dead.redrive({ subject: undefined }), TypeError);
    await assert.rejects(dead.redrive("all", { perSecond: 0 }), RangeError);
    assert.equal(await dead.purge({ subject: Named.subject }), 1);
    assert.equal(await dead.count(), 4);
    assert.equal(await dead.purge("all"), 4);
    assert.equal(await dead.count(), 0);
  });
}
