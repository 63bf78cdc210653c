import assert from "node:assert/strict";
import { layoutConfigs } from "../messaging/bus/stream_layout.ts";
import { ensureStreams } from "../messaging/bus/ensure_streams.ts";
import { STREAM_CONFIGS, Streams } from "../messaging/bus/streams.ts";
import type { StoredMessage } from "../messaging/bus/stream.ts";
import type { It } from "./_listener_delivery_conformance.ts";
import { type BusUnderTest, Listening } from "./_listening.ts";
import { isBusError } from "./_publish_conformance.ts";

/** Tests of streams. */
export function streamConformance(it: It, create: () => Promise<BusUnderTest>): void {
  const test = (name: string, fn: (t: Listening) => Promise<void>) =>
    it(name, async () => {
      await using t = new Listening(await create());
      await fn(t);
    });
  const put = (t: Listening, subject: string, data = "{}", id?: string) =>
    t.bus.publish({ subject, data, id });

  test("the streams of the fleet are made with their subjects and limits, and found again", async (t) => {
    const made = await ensureStreams(t.bus);
    const configs = layoutConfigs(t.bus.streams);
    assert.deepEqual(
      made.map(({ name, outcome }) => [name, outcome]),
      configs.map(({ name }) => [name, "created"]),
    );
    for (const wanted of configs) {
      const info = await t.bus.streamInfo(wanted.name);
      assert.deepEqual(info?.config.subjects, wanted.subjects);
      assert.equal(info?.config.maxAgeMs, wanted.maxAgeMs);
      assert.equal(info?.config.maxMessages, wanted.maxMessages);
      assert.equal(info?.config.discard, wanted.discard);
      assert.equal(info?.config.storage, "file");
    }
    const again = await ensureStreams(t.bus, { again: true });
    for (const { outcome, drift } of again) assert.deepEqual([outcome, drift], ["unchanged", []]);
  });

  test("a stream that Python made is widened, and its messages stay", async (t) => {
    const [events] = STREAM_CONFIGS;
    await t.bus.ensureStream({ ...events, subjects: ["evt.*"], discard: "old" });
    await put(t, "evt.ping");
    const { outcome, drift } = await t.bus.ensureStream(events);
    assert.deepEqual([outcome, drift], ["updated", []]);
    const info = await t.bus.streamInfo(Streams.EVENTS);
    assert.deepEqual([...info!.config.subjects].sort(), ["cmd.>", "evt.>"]);
    assert.equal(info?.messages, 1);
    assert.equal((await put(t, "evt.email.send.complete.v1")).stream, Streams.EVENTS);
    assert.equal((await put(t, "cmd.email.send.requested.v1")).stream, Streams.EVENTS);
  });

  test("a stream keeps subjects that it has beside those that are wanted", async (t) => {
    await t.bus.ensureStream({ name: "WIDE", subjects: ["a.>", "b.*"] });
    await t.bus.ensureStream({ name: "WIDE", subjects: ["c.>"] }, { repair: true });
    assert.deepEqual((await t.bus.streamInfo("WIDE"))?.config.subjects, ["a.>", "b.*", "c.>"]);
  });

  test("other differences are told in words, and repaired only on request", async (t) => {
    const wanted = { name: "DRIFT", subjects: ["drift.>"], maxAgeMs: 86_400_000, maxMessages: 1000 };
    await t.bus.ensureStream({ ...wanted, maxAgeMs: 3_600_000, maxMessages: 10 });
    const told = await t.bus.ensureStream(wanted);
    assert.equal(told.outcome, "unchanged");
    assert.deepEqual(told.drift, ["max_age is 1h, expected 24h", "max_msgs is 10, expected 1000"]);
    assert.equal((await t.bus.streamInfo("DRIFT"))?.config.maxMessages, 10);
    const repaired = await t.bus.ensureStream(wanted, { repair: true });
    assert.deepEqual([repaired.outcome, repaired.drift], ["updated", []]);
    const info = await t.bus.streamInfo("DRIFT");
    assert.deepEqual([info?.config.maxAgeMs, info?.config.maxMessages], [86_400_000, 1000]);
    assert.deepEqual(await t.bus.ensureStream(wanted), { outcome: "unchanged", drift: [] });
  });

  test("what only a new stream could change is told, also after a repair", async (t) => {
    const wanted = { name: "KIND", subjects: ["kind.>"], storage: "file" as const };
    await t.bus.ensureStream({ ...wanted, storage: "memory" });
    const { drift } = await t.bus.ensureStream(wanted, { repair: true });
    assert.deepEqual(drift, ["storage is memory, expected file"]);
  });

  test("two that ensure the streams at once do not fight", async (t) => {
    const ensuring = Array.from({ length: 8 }, () => t.bus.ensureStream(STREAM_CONFIGS[0]));
    const reports = await Promise.all(ensuring);
    assert.ok(reports.some(({ outcome }) => outcome === "created"));
    assert.deepEqual(reports.flatMap(({ drift }) => drift), []);
    const widening = Array.from(
      { length: 8 },
      () => t.bus.ensureStream({ ...STREAM_CONFIGS[0], subjects: ["evt.>", "cmd.>", "log.>"] }),
    );
    await Promise.all(widening);
    const { config } = (await t.bus.streamInfo(Streams.EVENTS))!;
    assert.deepEqual([...config.subjects].sort(), ["cmd.>", "evt.>", "log.>"]);
  });

  test("a stream whose subjects another one has is refused", async (t) => {
    await t.bus.ensureStream({ name: "ONE", subjects: ["one.>"] });
    await assert.rejects(
      t.bus.ensureStream({ name: "TWO", subjects: ["one.two"] }),
      isBusError("refused", false),
    );
  });

  test("a stream is found by its subjects, and is gone when it is deleted", async (t) => {
    await t.bus.ensureStream({ name: "FOUND", subjects: ["found.*.v1"] });
    assert.equal(await t.bus.findStream("found.a.v1"), "FOUND");
    assert.equal(await t.bus.findStream("found.a.b.v1"), undefined);
    assert.equal(await t.bus.deleteStream("FOUND"), true);
    assert.equal(await t.bus.deleteStream("FOUND"), false);
    assert.equal(await t.bus.streamInfo("FOUND"), undefined);
    assert.equal(await t.bus.findStream("found.a.v1"), undefined);
  });

  test("streams and their consumers are listed where the bus can list them", async (t) => {
    if (t.bus.listStreams === undefined || t.bus.listConsumers === undefined) return;
    await t.bus.ensureStream({ name: "TWO", subjects: ["two.>"], maxMessages: 9 });
    await t.bus.ensureStream({ name: "ONE", subjects: ["one.>"] });
    await put(t, "two.a");
    for (const name of ["second", "first"]) {
      await t.bus.consumer({ stream: "TWO", name, filterSubject: name === "first" ? "two.a" : ">" });
    }
    const streams = await t.bus.listStreams();
    assert.deepEqual(streams.map(({ config, messages }) => [config.name, config.maxMessages, messages]), [
      ["ONE", undefined, 0],
      ["TWO", 9, 1],
    ]);
    const consumers = await t.bus.listConsumers("TWO");
    assert.deepEqual(
      consumers.map(({ name, filterSubjects, durable, pending }) => [name, filterSubjects, durable, pending]),
      [["first", ["two.a"], true, 1], ["second", [">"], true, 1]],
    );
    assert.deepEqual(await t.bus.listConsumers("ONE"), []);
    await assert.rejects(t.bus.listConsumers("NONE"), { name: "MessageBusError" });
  });

  test("a range of a stream is read in order, by subject, without payloads, and until the signal aborts", async (t) => {
    if (t.bus.readMessages === undefined) return;
    await t.bus.ensureStream({ name: "RANGE", subjects: ["range.>"] });
    const headers = [["X-Own", "kept"]] as const;
    for (let n = 1; n <= 1100; n++) {
      await t.bus.publish({ subject: `range.${n % 2 === 0 ? "even" : "odd"}`, data: `${n}`, headers });
    }
    await t.bus.deleteMessage("RANGE", 3);
    const read = async (options: Parameters<NonNullable<typeof t.bus.readMessages>>[1]) => {
      const messages: StoredMessage[] = [];
      for await (const message of t.bus.readMessages!("RANGE", options)) messages.push(message);
      return messages;
    };
    const text = ({ data }: StoredMessage) => new TextDecoder().decode(data);
    assert.equal((await read({ from: 0 })).length, 1099);
    assert.deepEqual((await read({ from: 2, to: 5 })).map(text), ["2", "4", "5"]);
    assert.deepEqual(await read({ from: 1101 }), []);
    assert.deepEqual(await read({ from: 5, to: 4 }), []);
    const even = await read({ from: 1, to: 9, subject: "range.even", headersOnly: true });
    assert.deepEqual(
      even.map(({ sequence, subject, data, headers }) => [
        sequence,
        subject,
        data.length,
        headers.get("X-Own"),
        headers.get("Nats-Msg-Size"),
      ]),
      [2, 4, 6, 8].map((sequence) => [sequence, "range.even", 0, "kept", "1"]),
    );
    const [one] = await read({ from: 7, to: 7 });
    assert.equal(one!.timeNanos, (await t.bus.readMessage("RANGE", { sequence: 7 }))!.timeNanos);
    const abort = new AbortController();
    await assert.rejects(async () => {
      for await (const { sequence } of t.bus.readMessages!("RANGE", { from: 1, signal: abort.signal })) {
        if (sequence === 4) abort.abort(new Error("enough"));
      }
    }, /enough/);
    await assert.rejects(async () => {
      for await (const _ of t.bus.readMessages!("NONE", { from: 1 }));
    }, { name: "MessageBusError" });
    if (t.bus.listConsumers !== undefined) {
      await t.until(async () => (await t.bus.listConsumers!("RANGE")).length === 0, "no consumer is left");
    }
  });

  test("a stream at its limit drops its oldest message", async (t) => {
    await t.bus.ensureStream({ name: "RING", subjects: ["ring.>"], maxMessages: 2 });
    for (const data of ["1", "2", "3"]) await put(t, "ring.a", data);
    const info = await t.bus.streamInfo("RING");
    assert.deepEqual([info?.messages, info?.firstSequence, info?.lastSequence], [2, 2, 3]);
    assert.equal(await t.bus.readMessage("RING", { sequence: 1 }), undefined);
  });

  test("an id counts once in its stream, whatever the subject, and again when its window has passed", async (t) => {
    await t.bus.ensureStream({ name: "IDS", subjects: ["ids.>"] });
    assert.equal((await put(t, "ids.a", "1", "x")).duplicate, false);
    assert.deepEqual(await put(t, "ids.b", "2", "x"), { stream: "IDS", seq: 1, duplicate: true });
    await t.bus.ensureStream({
      name: "SHORT",
      subjects: ["short.>"],
      duplicateWindowMs: 500,
      maxAgeMs: 3_600_000,
    });
    await put(t, "short.a", "1", "x");
    await t.until(async () => !(await put(t, "short.a", "2", "x")).duplicate, "the window has passed");
    assert.equal((await t.bus.streamInfo("SHORT"))?.messages, 2);
  });

  test("messages are read by sequence and by subject, removed, and purged", async (t) => {
    await t.bus.ensureStream({ name: "READ", subjects: ["read.>"] });
    for (const subject of ["read.a", "read.b", "read.a", "read.b", "read.c"]) {
      await t.bus.publish({ subject, data: subject, headers: [["X-Subject", subject]] });
    }
    const second = await t.bus.readMessage("READ", { sequence: 2 });
    assert.equal(second?.subject, "read.b");
    assert.equal(new TextDecoder().decode(second?.data), "read.b");
    assert.equal(second?.headers.get("x-subject"), "read.b");
    assert.equal(typeof second?.timeNanos, "bigint");
    assert.equal((await t.bus.readMessage("READ", { from: 2, subject: "read.a" }))?.sequence, 3);
    assert.equal((await t.bus.readMessage("READ", { from: 2, subject: "read.*" }))?.sequence, 2);
    assert.equal((await t.bus.readMessage("READ", { from: 4 }))?.sequence, 4);
    assert.equal(await t.bus.readMessage("READ", { from: 6 }), undefined);
    assert.equal(await t.bus.readMessage("READ", { sequence: 99 }), undefined);
    assert.equal(await t.bus.deleteMessage("READ", 3), true);
    assert.equal(await t.bus.deleteMessage("READ", 3), false);
    assert.equal((await t.bus.readMessage("READ", { from: 3 }))?.sequence, 4);
    assert.equal(await t.bus.purgeStream("READ", { subject: "read.b", before: 4 }), 1);
    assert.equal(await t.bus.purgeStream("READ", { subject: "read.b" }), 1);
    assert.equal(await t.bus.purgeStream("READ"), 2);
    assert.equal((await t.bus.streamInfo("READ"))?.messages, 0);
  });

  test("messages of a subject are counted from a sequence on", async (t) => {
    const { bus } = t;
    await bus.ensureStream({ name: "COUNT", subjects: ["count.>"], maxMessages: 5 });
    if (bus.countMessages === undefined) return; // a bus need not
    const count = (from: number, subject = "count.a") => bus.countMessages!("COUNT", { from, subject });
    assert.equal(await count(1), 0);
    for (const name of ["a", "a", "b", "a", "b", "a"]) {
      await bus.publish({ subject: `count.${name}`, data: "" });
    }
    assert.deepEqual([await count(1), await count(4), await count(5), await count(7)], [3, 2, 1, 0]);
    assert.equal(await count(1, "count.*"), 5);
    assert.equal((await bus.streamInfo("COUNT"))?.consumers, 0);
  });

  test("messages are counted by subject", async (t) => {
    if (t.bus.countSubjects === undefined) return; // a bus need not
    await t.bus.ensureStream({ name: "COUNT", subjects: ["count.>"] });
    assert.deepEqual([...await t.bus.countSubjects("COUNT")], []);
    for (const name of ["b", "a", "b"]) await put(t, `count.${name}`);
    const counts = [...await t.bus.countSubjects("COUNT")].sort();
    assert.deepEqual(counts, [["count.a", 1], ["count.b", 2]]);
    await assert.rejects(t.bus.countSubjects("NONE"), { name: "MessageBusError" });
  });

  test("messages grow old", async (t) => {
    await t.bus.ensureStream({ name: "OLD", subjects: ["old.>"], maxAgeMs: 1000 });
    await put(t, "old.a");
    await t.until(async () => (await t.bus.streamInfo("OLD"))?.messages === 0, "the message is too old");
    assert.equal((await t.bus.streamInfo("OLD"))?.firstSequence, 2);
  });
}
