import assert from "node:assert/strict";
import { it } from "node:test";
import {
  createDeadLetters,
  createInbox,
  createManualClock,
  createMemoryBus,
  createPublisher,
  type Listener,
} from "@glam/shared/messaging";
import { createMetrics } from "@glam/shared/metrics";
import { createTestDatabase, type TestDatabase } from "../../_support/postgres.ts";
import { effects, entries, listenOnce, Numbered, openInbox, publishPlain } from "./_inbox.ts";
import { waitFor } from "../../_support/wait_for.ts";

const DURABLE = "test-inbox-evt_test_numbered_v1";

/** Until nothing is left to handle. */
async function settled(...listeners: Listener[]): Promise<void> {
  await waitFor(async () => {
    const healths = await Promise.all(listeners.map((listener) => listener.health()));
    return healths.every(({ in_flight, consumers }) =>
      in_flight === 0 && consumers.every(({ lag, held }) => lag + held === 0)
    );
  }, "everything is handled");
}

it("the effects of a handler and the mark of its event are one transaction", async () => {
  await using db = await createTestDatabase();
  await using bus = createMemoryBus();
  const inbox = await openInbox(db);
  const publisher = createPublisher(bus, { service: "test" });
  let attempts = 0;
  const marks: number[] = [];
  await using listener = listenOnce(bus, inbox, {
    async handle({ tx, data }) {
      await db.sql`insert into effects (n) values (${data.n})`; // joins the transaction by itself
      marks.push((await tx`select 1 from glam_inbox`).length);
      if (++attempts === 1) throw new Error("by chance");
    },
  });
  await listener.start();
  const { eventId } = await publisher.publish(Numbered, { n: 1 });
  await settled(listener);
  assert.equal(attempts, 2);
  assert.deepEqual(marks, [1, 1]);
  assert.deepEqual(await effects(db), [1], "what the failed attempt wrote was rolled back");
  assert.deepEqual(await entries(db), [{ consumer: DURABLE, event_key: eventId }]);
});

it("a handler that fails for good leaves no mark, so that its dead letter can be redriven", async () => {
  await using db = await createTestDatabase();
  await using bus = createMemoryBus();
  const inbox = await openInbox(db);
  let isMended = false;
  await using listener = listenOnce(bus, inbox, {
    maxAttempts: 2,
    async handle({ tx, data }) {
      await tx`insert into effects (n) values (${data.n})`;
      if (!isMended) throw new Error("not yet");
    },
  });
  await listener.start();
  await createPublisher(bus, { service: "test" }).publish(Numbered, { n: 1 });
  const dead = createDeadLetters(bus);
  await waitFor(async () => await dead.count() === 1, "it is dead");
  assert.deepEqual([await effects(db), await entries(db)], [[], []]);
  isMended = true;
  await dead.redrive("all");
  await settled(listener);
  assert.deepEqual(await effects(db), [1]);
});

it("an event that comes again has no effect, counts as duplicate and is acknowledged", async () => {
  await using db = await createTestDatabase();
  await using bus = createMemoryBus();
  const inbox = await openInbox(db);
  const metrics = createMetrics({ service: "test" });
  await using listener = listenOnce(bus, inbox, { metrics });
  await listener.start();
  for (let copy = 0; copy < 3; copy++) await publishPlain(bus, "3f0e", 1);
  await publishPlain(bus, "3f0f", 2);
  await settled(listener);
  assert.deepEqual(await effects(db), [1, 2]);
  const shown = await (await metrics.registry()).metrics();
  const value = (name: RegExp) => Number(name.exec(shown)?.[1]);
  assert.equal(value(/^messaging_consumed_total\{.*outcome="ok"\} (\d+)$/m), 2);
  assert.equal(value(/^messaging_consumed_total\{.*outcome="duplicate"\} (\d+)$/m), 2);
  assert.equal(value(/^messaging_handler_duration_seconds_count\{.*\} (\d+)$/m), 2);
  assert.equal(value(/^messaging_ack_failures_total\{.*\} (\d+)$/m), 0, "no acknowledgement was lost");
});

it("an idempotency key is what identifies an event, and its id where there is none", async () => {
  await using db = await createTestDatabase();
  const clock = createManualClock();
  await using bus = createMemoryBus({ clock });
  const inbox = await openInbox(db);
  const publisher = createPublisher(bus, { service: "test" });
  await using listener = listenOnce(bus, inbox);
  await listener.start();
  const first = await publisher.publish(Numbered, { n: 1 }, { idempotencyKey: "order-7" });
  await clock.advance(180_000); // the stream remembers ids for two minutes
  const again = await publisher.publish(Numbered, { n: 1 }, { idempotencyKey: "order-7" });
  const other = await publisher.publish(Numbered, { n: 2 });
  assert.deepEqual([again.duplicate, again.seq, other.seq], [false, first.seq + 1, first.seq + 2]);
  await settled(listener);
  assert.deepEqual(await effects(db), [1, 2]);
  assert.deepEqual(
    (await entries(db)).map(({ event_key }) => event_key).sort(),
    [other.eventId, "order-7"].sort(),
  );
});

it("a redriven dead letter is the event that it was", async () => {
  await using db = await createTestDatabase();
  await using bus = createMemoryBus();
  const inbox = await openInbox(db);
  const publisher = createPublisher(bus, { service: "test" });
  await using hopeless = listenOnce(bus, inbox, {
    queueGroup: "hopeless",
    maxAttempts: 1,
    handle() {
      throw new Error("hopeless");
    },
  });
  await using listener = listenOnce(bus, inbox);
  await hopeless.start();
  await listener.start();
  await publisher.publish(Numbered, { n: 1 }, { idempotencyKey: "order-7" });
  await publishPlain(bus, "0a1b", 2);
  const dead = createDeadLetters(bus);
  // Each redrive brings the events to both queue groups again, and dies again in one of them.
  for (let round = 0; round < 3; round++) {
    await waitFor(async () => await dead.count() === 2, "both are dead");
    const ids: (string | undefined)[] = [];
    for await (const { messageId } of dead.list()) ids.push(messageId);
    assert.deepEqual(ids, [`${Numbered.subject}:order-7`, undefined]);
    await dead.redrive("all");
  }
  await waitFor(async () => await dead.count() === 2, "both are dead");
  await settled(listener, hopeless);
  assert.deepEqual(await effects(db), [1, 2]);
  assert.deepEqual(await entries(db), [
    { consumer: DURABLE, event_key: "0a1b" },
    { consumer: DURABLE, event_key: "order-7" },
  ]);
});

it("queue groups have marks of their own", async () => {
  await using db = await createTestDatabase();
  await using bus = createMemoryBus();
  const inbox = await openInbox(db);
  await using one = listenOnce(bus, inbox);
  await using other = listenOnce(bus, inbox, { queueGroup: "other" });
  await one.start();
  await other.start();
  await publishPlain(bus, "0a1b", 1);
  await settled(one, other);
  assert.deepEqual(await effects(db), [1, 1]);
});

it("copies that are handled at the same time have one effect", async () => {
  await using db = await createTestDatabase({ poolSize: 20 });
  const inbox = await openInbox(db);
  const buses = Array.from({ length: 4 }, () => createMemoryBus());
  const began: number[] = [];
  const release = Promise.withResolvers<void>();
  const listeners = buses.map((bus) =>
    listenOnce(bus, inbox, {
      concurrency: 4,
      async handle({ tx, data }) {
        began.push(data.n);
        await release.promise;
        await tx`insert into effects (n) values (${data.n})`;
      },
    })
  );
  for (const listener of listeners) await listener.start();
  await Promise.all(buses.map((bus) => publishPlain(bus, "0a1b", 1)));
  await waitFor(async () => await waitingFor(db) === 3, "the three others wait for the one that came first");
  assert.deepEqual(began, [1]);
  release.resolve();
  await settled(...listeners);
  assert.deepEqual(await effects(db), [1]);
  assert.deepEqual(began, [1]);
  for (const listener of listeners) await listener.stop();
});

it("a copy that waited runs where the first was rolled back", async () => {
  await using db = await createTestDatabase();
  const inbox = await openInbox(db);
  const fail = Promise.withResolvers<never>();
  const begun = Promise.withResolvers<void>();
  const first = inbox.once({ consumer: "c", key: "k" }, () => {
    begun.resolve();
    return fail.promise;
  });
  await begun.promise;
  const second = inbox.once({ consumer: "c", key: "k" }, async (tx) => {
    await tx`insert into effects (n) values (2)`;
    return "second";
  });
  await waitFor(async () => await waitingFor(db) === 1, "the second one waits");
  fail.reject(new Error("rolled back"));
  await assert.rejects(first, /rolled back/);
  assert.deepEqual(await second, { duplicate: false, value: "second" });
  assert.deepEqual(await effects(db), [2]);
});

/** Sessions of this database's schema that wait for another transaction. */
async function waitingFor(db: TestDatabase): Promise<number> {
  const rows = await db.sql`
    select 1 from pg_stat_activity a join pg_locks l using (pid)
    where a.application_name = current_setting('application_name') and not l.granted
      and l.locktype = 'transactionid' and a.query like 'insert into "glam_inbox"%'`;
  return rows.length;
}

it("a serialization failure runs the handler again within its attempt", async () => {
  await using db = await createTestDatabase();
  await using bus = createMemoryBus();
  const inbox = await openInbox(db, { isolation: "serializable" });
  const seen: number[] = [];
  await using listener = listenOnce(bus, inbox, {
    async handle({ tx, data, attempt }) {
      seen.push(attempt);
      const [row] = await tx<{ sum: string }>`select coalesce(sum(n), 0) as sum from effects`;
      if (seen.length === 1) {
        await outsideContext(db, `insert into effects (n) values (100); select sum(n) from effects`);
      }
      await tx`insert into effects (n) values (${data.n + Number(row!.sum)})`;
    },
  });
  await listener.start();
  await publishPlain(bus, "0a1b", 1);
  await settled(listener);
  assert.deepEqual(seen, [1, 1]);
  assert.deepEqual(await effects(db), [100, 101]);
  assert.equal((await entries(db)).length, 1);
});

/** Runs statements in a serializable transaction of somebody else. */
async function outsideContext({ url, schema }: TestDatabase, text: string): Promise<void> {
  const { connectDatabase } = await import("@glam/shared/db");
  await using db = await connectDatabase({ url, schema });
  await db.transaction(async (tx) => {
    for (const statement of text.split(";")) await tx.unsafe(statement);
  }, { isolation: "serializable" });
}

it("keys that no column takes are told apart all the same", async () => {
  await using db = await createTestDatabase();
  const inbox = await openInbox(db);
  const keys = ["", "\0", "\ud800", "\ud801", "x".repeat(10_000), "x".repeat(10_001), "ä", "plain"];
  for (const key of keys) {
    assert.equal((await inbox.once({ consumer: "c", key }, () => 1)).duplicate, false, JSON.stringify(key));
    assert.equal((await inbox.once({ consumer: "c", key }, () => 1)).duplicate, true, JSON.stringify(key));
  }
  assert.equal((await entries(db)).length, keys.length);
});

it("an inbox refuses options that it cannot keep", () => {
  assert.throws(() => createInbox({} as never, { retentionMs: 0 }), {
    name: "RangeError",
    message: "Expected `retentionMs` to be a whole number from 1, got 0",
  });
  assert.throws(() => createInbox({} as never, { cleanUpEveryMs: 10 }), /`cleanUpEveryMs`/);
  assert.throws(() => createInbox({} as never, { table: "" }), RangeError);
});

it("an event cannot take the mark of another one by the header of a redrive", async () => {
  await using db = await createTestDatabase();
  await using bus = createMemoryBus();
  const inbox = await openInbox(db);
  await using listener = listenOnce(bus, inbox);
  await listener.start();
  const event = { event_id: "forged", event_type: Numbered.subject, timestamp: "2026-01-01T00:00:00Z" };
  await bus.publish({
    subject: Numbered.subject,
    data: JSON.stringify({ ...event, data: { n: 666 } }),
    headers: [["Glam-Dlq-Message-Id", `${Numbered.subject}:order-7`], ["Glam-Dlq-Redrive-Count", "1"]],
  });
  await settled(listener);
  await createPublisher(bus, { service: "test" }).publish(Numbered, { n: 7 }, { idempotencyKey: "order-7" });
  await settled(listener);
  assert.deepEqual(await effects(db), [7, 666]);
  assert.deepEqual((await entries(db)).map(({ event_key }) => event_key), ["forged", "order-7"]);
});
