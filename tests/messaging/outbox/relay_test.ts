import assert from "node:assert/strict";
import { it } from "node:test";
import { createMetrics } from "@glam/shared/metrics";
import { createListener, createMemoryBus, type Outbox, Streams } from "@glam/shared/messaging";
import { Counter, Registry } from "prom-client";
import { PATIENCE_MS, waitFor } from "../../_support/wait_for.ts";
import {
  addNumbers,
  healthOf,
  Homeless,
  Noted,
  openOutbox,
  type OutboxSetting,
  range,
  relayOnce,
  rowsOf,
  storedNumbers,
} from "./_outbox.ts";

const BODY_LIMIT = 4000; // of the memory bus

/** A setting whose bus has no stream for `cmd.*`. */
async function withoutCommands(...given: Parameters<typeof openOutbox>): Promise<OutboxSetting> {
  const setting = await openOutbox(...given);
  await setting.bus.ensureStream({ name: Streams.EVENTS, subjects: ["evt.>"] });
  return setting;
}

function isPending(outbox: Outbox, pending: number): () => Promise<boolean> {
  return async () => (await outbox.status()).pending === pending;
}

it("a relay publishes what is there and what comes, in batches, and marks it as sent", async () => {
  await using setting = await openOutbox({ batchSize: 7 });
  const { db, bus, outbox } = setting;
  await addNumbers(db, outbox, range(1, 30));
  await using relay = outbox.relay(bus);
  await relay.start();
  await addNumbers(db, outbox, range(31, 40));
  await waitFor(async () => (await outbox.status()).sent === 40);
  assert.deepEqual((await storedNumbers(bus)).sort((a, b) => a - b), range(1, 40));
  for (const row of await rowsOf(db)) assert.ok(row["sent_at"] instanceof Date);
});

it("an event is delayed until availableAt, and holds up nobody meanwhile, not even its key", async () => {
  await using setting = await openOutbox({ pollMs: 20 });
  const { db, bus, outbox } = setting;
  const availableAt = new Date(Date.now() + 3_600_000);
  await db.transaction(async (tx) => {
    await outbox.add(tx, Noted, { n: 1 }, { key: "a", availableAt });
    await outbox.add(tx, Noted, { n: 2 }, { key: "a" });
  });
  await using relay = outbox.relay(bus);
  await relay.start();
  await waitFor(async () => (await outbox.status()).sent === 1);
  assert.deepEqual(await storedNumbers(bus), [2]);
  const { pending, delayed, oldest_age_seconds } = await outbox.status();
  assert.deepEqual([pending, delayed, oldest_age_seconds], [0, 1, undefined]);
  // The hour passes.
  await db.sql`update glam_outbox set available_at = now(), next_attempt_at = now() where status = 'pending'`;
  await waitFor(async () => (await outbox.status()).sent === 2);
  assert.deepEqual(await storedNumbers(bus), [2, 1]);
});

it("an event that its stream refuses is tried maxAttempts times, then is dead with its error, and blocks nobody else", async () => {
  await using setting = await withoutCommands({ maxAttempts: 3, backoffMs: [10], pollMs: 20 });
  const { db, bus, outbox, logger } = setting;
  await db.transaction(async (tx) => {
    await outbox.add(tx, Homeless, { n: 1 });
    await outbox.add(tx, Noted, { n: 2, text: "x".repeat(BODY_LIMIT) });
    await outbox.add(tx, Noted, { n: 3 });
  });
  await using relay = outbox.relay(bus, { ensureStreams: false });
  await relay.start();
  await waitFor(async () => (await outbox.status()).dead === 2);
  assert.deepEqual(await storedNumbers(bus), [3]);
  const dead = await outbox.dead();
  assert.deepEqual(dead.map(({ subject, attempts }) => [subject, attempts]), [
    ["cmd.test.homeless.v1", 3],
    ["evt.test.noted.v1", 1], // too large: another attempt cannot help
  ]);
  assert.match(dead[0]!.error, /^MessageBusError: .*no stream covers this subject/);
  assert.match(dead[1]!.error, /bytes are more than the 4000/);
  assert.ok(dead[0]!.createdAt instanceof Date && dead[0]!.key === undefined);
  const lines = logger.lines.filter(({ level }) => level === "error");
  assert.deepEqual(lines.map(({ fields }) => [fields["subject"], fields["count"]]).sort(), [
    ["cmd.test.homeless.v1", 1],
    ["evt.test.noted.v1", 1],
  ]);
  const health = await healthOf(relay);
  assert.deepEqual([health.status, health.reasons], ["degraded", ["2 events are dead"]]);
});

it("dead events are tried again by id, by subject, by key, or all", async () => {
  await using setting = await withoutCommands({ maxAttempts: 1, pollMs: 20 });
  const { db, bus, outbox } = setting;
  const ids: string[] = [];
  await db.transaction(async (tx) => {
    for (const n of range(1, 4)) {
      ids.push((await outbox.add(tx, Homeless, { n }, { key: n > 2 ? "late" : undefined })).eventId);
    }
  });
  await using relay = outbox.relay(bus, { ensureStreams: false });
  await relay.start();
  await waitFor(async () => (await outbox.status()).dead === 4);
  assert.deepEqual((await outbox.dead({ limit: 2 })).map(({ eventId }) => eventId), ids.slice(0, 2));
  assert.deepEqual((await outbox.dead({ key: "late" })).map(({ eventId }) => eventId), ids.slice(2));
  assert.equal(await outbox.retry({ subject: "evt.other.v1" }), 0);
  await bus.ensureStream({ name: "COMMANDS", subjects: ["cmd.>"] });
  assert.equal(await outbox.retry({ eventId: ids[0] }), 1);
  await waitFor(async () => (await outbox.status()).sent === 1);
  assert.equal(await outbox.retry({ key: "late" }), 2);
  await waitFor(async () => (await outbox.status()).sent === 3);
  assert.equal(await outbox.retry(), 1);
  await waitFor(async () => (await outbox.status()).sent === 4);
  const stored = await bus.readMessage("COMMANDS", { sequence: 1 });
  assert.equal(new Map(stored!.headers).get("Nats-Msg-Id"), `cmd.test.homeless.v1:${ids[0]}`);
});

it("a retry waits for its backoff, and holds up its own key only", async () => {
  await using setting = await withoutCommands({ maxAttempts: 5, backoffMs: [3_600_000], pollMs: 20 });
  const { db, bus, outbox } = setting;
  await db.transaction(async (tx) => {
    await outbox.add(tx, Homeless, { n: 1 }, { key: "a" });
    await outbox.add(tx, Noted, { n: 2 }, { key: "a" });
    await outbox.add(tx, Noted, { n: 3 }, { key: "b" });
    await outbox.add(tx, Noted, { n: 4 });
  });
  await using relay = outbox.relay(bus, { ensureStreams: false });
  await relay.start();
  await waitFor(async () => (await outbox.status()).sent === 2);
  await addNumbers(db, outbox, [5], () => "a");
  await addNumbers(db, outbox, [6], () => "b");
  await waitFor(async () => (await outbox.status()).sent === 3);
  assert.deepEqual((await storedNumbers(bus)).sort(), [3, 4, 6]);
  const [head] = await rowsOf(db);
  assert.deepEqual([head?.["attempts"], head?.["status"]], [1, "pending"]);
  const delay = (head?.["next_attempt_at"] as Date).getTime() - (head?.["created_at"] as Date).getTime();
  assert.ok(delay >= 3_600_000 && delay < 1.3 * 3_600_000, `${delay}`);
});

it("a backlog behind a key that waits takes nobody's place in a claim", async () => {
  await using setting = await withoutCommands({
    maxAttempts: 5,
    backoffMs: [3_600_000],
    batchSize: 5,
    pollMs: 20,
  });
  const { db, bus, outbox } = setting;
  await db.transaction((tx) => outbox.add(tx, Homeless, { n: 0 }, { key: "a" }));
  await addNumbers(db, outbox, range(1, 50), () => "a");
  await addNumbers(db, outbox, [51, 52], (n) => `key-${n}`);
  await using relay = outbox.relay(bus, { ensureStreams: false });
  await relay.start();
  await waitFor(async () => (await outbox.status()).sent === 2);
  assert.deepEqual(await storedNumbers(bus), [51, 52]);
});

it("what was sent is deleted after retentionMs, in batches, and with 0 as it is sent", async () => {
  await using setting = await openOutbox({ retentionMs: 3_600_000 });
  const { db, bus, outbox } = setting;
  await addNumbers(db, outbox, range(1, 5));
  await relayOnce(outbox, bus);
  await db.sql`update glam_outbox set sent_at = now() - interval '61 minutes' where id <= 3`;
  await db.sql`insert into glam_outbox (event_id, subject, message_id, headers, body, status, sent_at)
    select '', '', '', '[]', '', 'sent', now() - interval '1 day' from generate_series(1, 4500)`;
  await addNumbers(db, outbox, [6]);
  assert.equal(await outbox.cleanUp(), 4503);
  const { sent, pending } = await outbox.status();
  assert.deepEqual([sent, pending], [2, 1]);
  await relayOnce(setting.another({ retentionMs: 0 }), bus);
  assert.deepEqual((await rowsOf(db)).map(({ status }) => status), ["sent", "sent"]);
  assert.deepEqual(await storedNumbers(bus), range(1, 6));
});

it("a running relay deletes what was sent by itself", async () => {
  await using setting = await openOutbox({ retentionMs: 1 });
  const { db, bus, outbox } = setting;
  await addNumbers(db, outbox, range(1, 5));
  await using relay = outbox.relay(bus);
  await relay.start();
  await waitFor(async () => (await rowsOf(db)).length === 0);
  assert.equal((await storedNumbers(bus)).length, 5);
});

it("stop() sends what is due before it resolves, and start() afterwards is refused", async () => {
  await using setting = await openOutbox({ batchSize: 10 });
  const { db, bus, outbox } = setting;
  const relay = outbox.relay(bus, { graceMs: PATIENCE_MS });
  await relay.start();
  await addNumbers(db, outbox, range(1, 500), (n) => `${n % 7}`);
  await Promise.all([relay.stop(), relay.stop()]);
  assert.equal((await outbox.status()).sent, 500);
  await relay.finished;
  assert.deepEqual((await relay.health()).reasons, ["The relay was stopped"]);
  await assert.rejects(relay.start(), TypeError);
  await addNumbers(db, outbox, [501]);
  assert.equal((await outbox.status()).pending, 1);
});

it("stop() without a bus does not wait for it, and leaves every event for the next relay", async () => {
  await using setting = await openOutbox();
  const { db, bus, outbox } = setting;
  bus.interrupt();
  const relay = outbox.relay(bus, { graceMs: 3_600_000 });
  await relay.start();
  await addNumbers(db, outbox, range(1, 20));
  assert.deepEqual((await healthOf(relay)).reasons, ["The bus is away"]);
  await relay.stop();
  const { pending, dead } = await outbox.status();
  assert.deepEqual([pending, dead], [20, 0]);
  bus.restore();
  await relayOnce(outbox, bus);
  assert.deepEqual((await storedNumbers(bus)).length, 20);
});

it("an outage of the bus uses up no attempt, and ends when the bus is there again", async () => {
  await using setting = await openOutbox({ maxAttempts: 1, pollMs: 20 });
  const { db, bus, outbox } = setting;
  await using relay = outbox.relay(bus);
  await relay.start();
  for (let n = 1; n <= 5; n++) {
    bus.interrupt();
    await addNumbers(db, outbox, [n]);
    bus.restore();
  }
  bus.interrupt();
  await addNumbers(db, outbox, range(6, 20));
  bus.restore();
  await waitFor(isPending(outbox, 0));
  assert.deepEqual((await storedNumbers(bus)).sort((a, b) => a - b), range(1, 20));
  for (const row of await rowsOf(db)) assert.equal(row["attempts"], 0);
});

it("a relay ends with an error when its bus is closed under it", async () => {
  await using setting = await openOutbox();
  const { bus, outbox } = setting;
  await using relay = outbox.relay(bus);
  await relay.start();
  await bus.close();
  await assert.rejects(relay.finished, /closed/);
  assert.equal((await relay.health()).status, "unhealthy");
});

it("what a listener does on a bus in this process is not a part of the relay's transaction", async () => {
  await using setting = await openOutbox();
  const { db, bus, outbox } = setting;
  await db.sql`create table seen (n int)`;
  await using listener = createListener(bus, {
    service: "test",
    queueGroup: "seen",
    events: [Noted],
    async handle({ data }) {
      await db.transaction((tx) => tx`insert into seen values (${data.n})`, { isolation: "serializable" });
    },
  });
  await listener.start();
  await using relay = outbox.relay(bus);
  await relay.start();
  await addNumbers(db, outbox, [1]);
  await waitFor(async () => (await db.sql`select 1 from seen`).length === 1);
});

it("health is degraded when the oldest event is old", async () => {
  await using setting = await openOutbox();
  const { db, bus, outbox } = setting;
  await using relay = outbox.relay(bus, { degradedAfterMs: 30_000 });
  assert.deepEqual((await relay.health()).reasons, ["The relay was not started"]);
  await relay.start();
  assert.equal((await healthOf(relay)).status, "healthy");
  bus.interrupt();
  await addNumbers(db, outbox, [1, 2]);
  await db.sql`update glam_outbox set available_at = now() - interval '40 seconds' where id = 1`;
  const health = await healthOf(relay);
  const age = health.oldest_age_seconds!;
  assert.ok(age >= 40, `${age}`);
  assert.deepEqual([health.status, health.reasons], [
    "degraded",
    ["The bus is away", `The oldest event has been due for ${Math.round(age)} s`],
  ]);
  assert.deepEqual([health.pending, health.dead], [2, 0]);
});

it("a relay adds the domain that no stream has, unless it must make no streams", async () => {
  await using setting = await openOutbox({ pollMs: 20, backoffMs: [20] });
  const { db, outbox, bus } = setting;
  await bus.ensureStream({ name: "GLAM_OTHER", subjects: ["evt.other.>", "cmd.other.>"] }); // so that GLAM_EVENTS is a list
  await db.transaction((tx) => outbox.add(tx, Homeless, { n: 1 }));
  await using idle = outbox.relay(bus, { ensureStreams: false });
  await idle.start();
  await waitFor(async () => Number((await rowsOf(db))[0]!["attempts"]) > 0, "it has tried");
  await idle.stop();
  assert.equal(await bus.findStream(Homeless.subject), undefined);
  await using relay = outbox.relay(bus);
  await relay.start();
  await waitFor(async () => (await outbox.status()).sent === 1, "it is sent");
  assert.equal(await bus.findStream(Homeless.subject), Streams.EVENTS);
});

it("a relay counts what it sent and what failed, and shows what the table holds", async () => {
  const registry = new Registry();
  const metrics = createMetrics({ service: "test", registry });
  await using setting = await withoutCommands({ metrics, maxAttempts: 1, pollMs: 20 });
  const { db, bus, outbox } = setting;
  const relay = outbox.relay(bus, { ensureStreams: false });
  const second = setting.another().relay(bus, { ensureStreams: false });
  await relay.start();
  await second.start();
  await addNumbers(db, outbox, [1, 2]);
  await db.transaction(async (tx) => {
    await outbox.add(tx, Homeless, { n: 3 });
    await outbox.add(tx, Noted, { n: 4 }, { availableAt: new Date(Date.now() + 3_600_000) });
  });
  await waitFor(async () => {
    const { sent, dead } = await outbox.status();
    return sent === 2 && dead === 1;
  });
  bus.interrupt();
  await addNumbers(db, outbox, [5]);
  await db.sql`update glam_outbox set available_at = now() - interval '90 seconds'
    where status = 'pending' and available_at <= now()`;
  const shown = async () =>
    (await metrics.expose()).body.split("\n").filter((line) => line.startsWith("outbox_")).sort();
  const age = /^outbox_oldest_age_seconds\{service="test",table="glam_outbox"\} (9\d|\d{3,})(\.\d+)?$/;
  let lines: string[] = [];
  await waitFor(async () => (lines = await shown()).some((line) => age.test(line)));
  assert.deepEqual(lines.filter((line) => !age.test(line)), [
    'outbox_dead{service="test",table="glam_outbox"} 1',
    'outbox_delayed{service="test",table="glam_outbox"} 1',
    'outbox_failed_total{service="test",table="glam_outbox",subject="cmd.test.homeless.v1",kind="no_stream"} 1',
    'outbox_pending{service="test",table="glam_outbox"} 1',
    'outbox_sent_total{service="test",table="glam_outbox",subject="evt.test.noted.v1"} 2',
  ]);
  await relay.stop();
  await second.stop();
  assert.deepEqual(await shown(), []);
});

it("a metric of the same name that is somebody else's is an error, and nothing is started", async () => {
  const registry = new Registry();
  new Counter({ name: "outbox_sent_total", help: "Mine", registers: [registry] });
  await using setting = await openOutbox({ metrics: createMetrics({ service: "test", registry }) });
  const { bus, outbox } = setting;
  const relay = outbox.relay(bus);
  await assert.rejects(relay.start(), TypeError);
  await relay.stop();
});

it("a relay is not started within a transaction", async () => {
  await using setting = await openOutbox();
  const { db, bus, outbox } = setting;
  const relay = outbox.relay(bus);
  await db.transaction(() => assert.rejects(relay.start(), /within a transaction/));
});

it("however many large events there are, few of them are in memory at a time", async () => {
  await using setting = await openOutbox({ batchSize: 100, maxMessageBytes: 4_000_000 });
  const { db, outbox } = setting;
  const bus = createMemoryBus({ maxPayloadBytes: 4_000_000 });
  const text = "x".repeat(3_000_000);
  for (const n of range(1, 8)) await db.transaction((tx) => outbox.add(tx, Noted, { n, text }));
  let [running, most] = [0, 0];
  const counting = new Proxy(bus, {
    get(target, name) {
      if (name === "publish") {
        return async (message: never) => {
          most = Math.max(most, ++running);
          await new Promise((resolve) => setTimeout(resolve, 20));
          running--;
          return await target.publish(message);
        };
      }
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const relay = outbox.relay(counting, { graceMs: PATIENCE_MS });
  await relay.start();
  await relay.stop();
  assert.deepEqual((await storedNumbers(bus)).sort((a, b) => a - b), range(1, 8));
  // Of 8 MiB, which the last one may exceed, and two batches at a time.
  assert.ok(most <= 6, `${most} events of 3 MB`);
  await bus.close();
});
