import assert from "node:assert/strict";
import { it } from "node:test";
import { connectDatabase, type Database } from "@glam/shared/db";
import { DatabaseError } from "@glam/shared/errors";
import { createDeadLetters, createInbox, createManualClock, createMemoryBus } from "@glam/shared/messaging";
import { createTestDatabase, startPostgres } from "../../_support/postgres.ts";
import { effects, entries, listenOnce, openInbox, publishPlain } from "./_inbox.ts";
import { waitFor } from "../../_support/wait_for.ts";

it("while the database is away events wait: no attempt is counted, no handler called, and the order stays", async () => {
  await using server = await startPostgres();
  await using db = await connectDatabase({ url: server.url });
  const clock = createManualClock();
  await using bus = createMemoryBus({ clock });
  const inbox = await openInbox(db);
  const seen: [number, number, number][] = [];
  await using listener = listenOnce(bus, inbox, {
    maxAttempts: 2,
    ackWaitMs: 9000, // the minute is longer
    maxHandlerMs: 24 * 3_600_000, // as much of this clock may pass while the database takes its time
    async handle({ tx, data, attempt, message }) {
      await tx`insert into effects (n) values (${data.n})`;
      seen.push([data.n, attempt, message.deliveryCount]);
    },
  });
  await listener.start();
  await publishPlain(bus, "e0", 0);
  await waitFor(
    async () => seen.length === 1 && (await listener.health()).consumers[0]!.held === 0,
    "what the first has done is committed",
  );
  await server.kill9();
  for (let n = 1; n <= 100; n++) await publishPlain(bus, `e${n}`, n);
  await waitFor(async () => {
    await clock.advance(100);
    return (await listener.health()).reasons.some((reason) => reason.startsWith("The inbox cannot be used"));
  }, "it says so");
  assert.equal((await listener.health()).status, "unhealthy");
  for (let seconds = 0; seconds < 60; seconds++) {
    await clock.advance(1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(seen.length, 1);
  await server.restart();
  await waitFor(async () => {
    await clock.advance(100);
    return seen.length >= 101;
  }, "all are handled");
  assert.deepEqual(seen, Array.from({ length: 101 }, (_, n) => [n, 1, 1]));
  await waitFor(async () => (await listener.health()).status === "healthy", "it is healthy");
  assert.equal(await createDeadLetters(bus).count(), 0);
});

/** A database whose first commits are made, and not heard of. */
function deafTo(db: Database, commits: number): Database {
  let left = commits;
  return {
    ...db,
    async transaction(fn, options) {
      const result = await db.transaction(fn, options);
      if (left-- <= 0) return result;
      throw new DatabaseError("Nobody knows", { retryable: false, errorCode: "08007" });
    },
  };
}

it("a commit whose answer is lost is no failed attempt: the next one finds the mark", async () => {
  await using db = await createTestDatabase();
  await using bus = createMemoryBus();
  await openInbox(db);
  await using listener = listenOnce(bus, createInbox(deafTo(db, 1)), { maxAttempts: 1 });
  await listener.start();
  await publishPlain(bus, "e1", 1);
  await waitFor(async () => (await entries(db)).length === 1, "it is marked");
  await waitFor(async () => (await listener.health()).consumers[0]!.held === 0, "it is settled");
  assert.deepEqual(await effects(db), [1]);
  assert.equal(await createDeadLetters(bus).count(), 0);
});

it("an event that loses every commit is buried in the end, since it may be the cause", async () => {
  await using db = await createTestDatabase();
  await using bus = createMemoryBus();
  const inbox = await openInbox(db);
  let calls = 0;
  const lossy = {
    ...inbox,
    async once(_entry: unknown, work: (tx: never) => unknown) {
      await work(db.sql as never);
      throw new DatabaseError("Nobody knows", { retryable: false, errorCode: "08007" });
    },
  };
  await using listener = listenOnce(bus, lossy as never, {
    maxAttempts: 2,
    handle({ data }) {
      if (data.n === 1) calls++;
    },
  });
  await listener.start();
  await publishPlain(bus, "e1", 1);
  const dead = createDeadLetters(bus);
  await waitFor(async () => await dead.count() === 1, "it is dead");
  assert.equal(calls, 3);
});

it("a handler whose time is over is rolled back, and so is one that a stop aborts", async () => {
  await using db = await createTestDatabase();
  const clock = createManualClock();
  await using bus = createMemoryBus({ clock });
  const inbox = await openInbox(db);
  const began: number[] = [];
  const listener = listenOnce(bus, inbox, {
    concurrency: 2,
    maxAttempts: 1,
    maxHandlerMs: 10_000,
    graceMs: 0,
    async handle({ tx, data }) {
      await tx`insert into effects (n) values (${data.n})`;
      began.push(data.n);
      await new Promise(() => {});
    },
  });
  await listener.start();
  await publishPlain(bus, "e1", 1);
  await waitFor(() => began.includes(1), "the first runs");
  await clock.advance(12_000);
  const dead = createDeadLetters(bus);
  assert.equal(await dead.count(), 1, "its time is over");
  await publishPlain(bus, "e2", 2);
  await waitFor(() => began.includes(2), "the second runs");
  let stopped = false;
  void listener.stop().then(() => stopped = true);
  await waitFor(async () => {
    await clock.advance(100);
    return stopped;
  }, "it has stopped");
  assert.equal(await dead.count(), 1);
  await waitFor(async () => await inTransaction(db) === 0, "nothing is open any longer");
  assert.deepEqual([await effects(db), await entries(db)], [[], []]);
});

/** Sessions of the table that are in a transaction. */
async function inTransaction(db: Database): Promise<number> {
  const rows = await db.sql`
    select 1 from pg_locks where relation = 'glam_inbox'::regclass and mode = 'RowExclusiveLock'`;
  return rows.length;
}
