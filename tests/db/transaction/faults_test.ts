import assert from "node:assert/strict";
import { it } from "node:test";
import { connectDatabase, type Database, type Sql } from "@glam/shared/db";
import { ConflictError, DatabaseError, isRetryableError } from "@glam/shared/errors";
import { byExtent } from "../../_support/extent.ts";
import { createTestDatabase, PATIENT, type TestDatabase } from "../../_support/postgres.ts";
import { waitFor } from "../../_support/wait_for.ts";
import { waitForAllConnections, waitForBackends } from "../_connections.ts";

async function withNotes(): Promise<TestDatabase> {
  const db = await createTestDatabase({ poolSize: 3 });
  await db.sql`create table notes (id int primary key)`;
  return db;
}

async function pidOf(sql: Sql): Promise<number> {
  return (await sql<{ pid: number }>`select pg_backend_pid() as pid`)[0]!.pid;
}

async function kill(db: Database, pid: number): Promise<void> {
  await db.sql`select pg_terminate_backend(${pid})`;
}

async function count(db: Database): Promise<number> {
  return (await db.sql<{ count: number }>`select count(*)::int as count from notes`)[0]!.count;
}

function isLoss(error: unknown): boolean {
  return error instanceof DatabaseError && error.status === 503 && isRetryableError(error);
}

it("a backend that is killed in the middle of a statement is a retryable 503, and the next query works", async () => {
  await using db = await withNotes();
  await using killer = await createTestDatabase();
  const pid = Promise.withResolvers<number>();
  const transaction = db.transaction(async (tx) => {
    await tx`insert into notes values (1)`;
    pid.resolve(await pidOf(tx));
    await tx`select pg_sleep(3600)`;
  });
  const settled = assert.rejects(transaction, isLoss);
  const backend = await pid.promise;
  await waitForBackends(killer, { pid: backend });
  await kill(killer, backend);
  await settled;
  assert.equal(await count(db), 0);
});

it("what a callback says after its backend was killed reaches no connection", async () => {
  await using db = await withNotes();
  await using killer = await createTestDatabase();
  const killed = Promise.withResolvers<void>();
  let late: PromiseSettledResult<unknown>[] | undefined;
  const callback = Promise.withResolvers<void>();
  const transaction = db.transaction(async (tx) => {
    await tx`insert into notes values (1)`;
    const pid = await pidOf(tx);
    await kill(killer, pid);
    await killed.promise;
    late = await Promise.allSettled([
      tx`insert into notes values (2)`,
      db.sql`insert into notes values (3)`,
      db.transaction((inner) => inner`insert into notes values (4)`),
      tx.unsafe("insert into notes values (5)"),
    ]);
    callback.resolve();
  });
  await assert.rejects(transaction, isLoss);
  killed.resolve();
  await callback.promise;
  assert.equal(late!.length, 4);
  for (const result of late!) {
    assert.ok(result.status === "rejected" && isLoss(result.reason), String(result));
    assert.equal(result.reason.details.error_code, "CONNECTION_CLOSED"); // at once, and not at the deadline
  }
  await Promise.all(Array.from({ length: 10 }, () => db.ping()));
  assert.equal(await count(db), 0);
});

it("the end of a callback whose backend was killed does not touch the next transaction on its connection", async () => {
  await using db = await createTestDatabase({ poolSize: 1 });
  await using killer = await createTestDatabase();
  await db.sql`create table notes (id int primary key)`;
  for (const outcome of ["resolves", "rejects"] as const) {
    const killed = Promise.withResolvers<void>();
    const callback = db.transaction(async (tx) => {
      await kill(killer, await pidOf(tx));
      await killed.promise;
      if (outcome === "rejects") throw new Error("mine");
    });
    await assert.rejects(callback, isLoss);
    await db.transaction(async (tx) => {
      await tx`insert into notes values (${outcome.length})`;
      killed.resolve();
      // What the end of that callback sends, it sends at once, and so before the answers of these.
      await tx`select 1`;
      await tx`insert into notes values (${10 * outcome.length})`;
      await tx`select 1`;
    });
  }
  assert.equal(await count(db), 4);
});

for (const nested of [false, true]) {
  it(`every ${nested ? "nested transaction" : "statement"} that was asked for settles when the backend is killed`, async () => {
    await using db = await withNotes();
    await using killer = await createTestDatabase();
    const asked: Promise<unknown>[] = [];
    const transaction = db.transaction(async (tx) => {
      const pid = await pidOf(tx);
      // More than the driver sends at once.
      for (let index = 0; index < 150; index++) {
        const sleep = (sql: Sql) => sql`select pg_sleep(3600)`.execute();
        asked.push(nested ? db.transaction(sleep) : sleep(tx));
      }
      if (nested) asked.push(tx`select 1`.execute(), db.transaction(() => new Promise(() => {})));
      const all = Promise.allSettled(asked);
      await waitForBackends(killer, { pid });
      await kill(killer, pid);
      await all;
    });
    await assert.rejects(transaction, isLoss);
    for (const result of await Promise.allSettled(asked)) {
      assert.ok(result.status === "rejected" && isLoss(result.reason));
      assert.equal(result.reason.details.error_code, "CONNECTION_CLOSED");
    }
  });
}

it("a nested transaction whose backend is killed rejects, and so does the outer one", async () => {
  await using db = await withNotes();
  await using killer = await createTestDatabase();
  const inner = Promise.withResolvers<unknown>();
  await assert.rejects(
    db.transaction(async (tx) => {
      const pid = await pidOf(tx);
      await db.transaction(async (nested) => {
        await nested`insert into notes values (1)`;
        await kill(killer, pid);
        await nested`select pg_sleep(3600)`;
      }).catch(inner.resolve);
    }),
    isLoss,
  );
  assert.ok(isLoss(await inner.promise));
  assert.equal(await count(db), 0);
});

it("the error of a killed backend does not reach the next query, which runs once", async () => {
  await using db = await createTestDatabase({ poolSize: 1 });
  await using killer = await createTestDatabase();
  await db.sql`create table notes (id int)`;
  for (let round = 0; round < 10; round++) {
    const pid = await pidOf(db.sql);
    const slow = assert.rejects(db.sql`select pg_sleep(3600), ${"secret of another request"}::text`, isLoss);
    await waitForBackends(killer, { pid });
    await kill(killer, pid);
    await slow;
    if (round % 2 === 0) await db.sql`insert into notes values (${round})`;
    else await db.transaction((tx) => tx`insert into notes values (${round})`);
  }
  assert.equal(await count(db), 10);
});

it("a transaction that only reads is run again when its backend was killed, another one is not", async () => {
  await using db = await withNotes();
  await using killer = await createTestDatabase();
  let runs = 0;
  const dieOnce = async (tx: Sql) => {
    if (runs++ === 0) {
      await kill(killer, await pidOf(tx));
      await tx`select pg_sleep(3600)`;
    }
    return "read";
  };
  assert.equal(await db.transaction(dieOnce, { readOnly: true }), "read");
  assert.equal(runs, 2);
  runs = 0;
  await assert.rejects(db.transaction(dieOnce), isLoss);
  assert.equal(runs, 1);
});

it("a backend that is killed during the commit leaves it open whether it happened, so it is not retryable", async () => {
  await using db = await withNotes();
  await using killer = await createTestDatabase();
  await db.sql.unsafe(`
    create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(3600); return null; end $$;
    create constraint trigger slow after insert on notes deferrable initially deferred
      for each row execute function slow()`);
  const inserted = Promise.withResolvers<number>();
  const transaction = db.transaction(async (tx) => {
    const pid = await pidOf(tx);
    await tx`insert into notes values (1)`;
    inserted.resolve(pid);
  });
  const settled = assert.rejects(
    transaction,
    (error) =>
      error instanceof DatabaseError && /may be committed or not/.test(error.message) &&
      !isRetryableError(error),
  );
  const pid = await inserted.promise;
  await waitForBackends(killer, { pid });
  await kill(killer, pid);
  await settled;
});

it("an idle transaction is ended by the server, and its connection is of use again", async () => {
  await using db = await createTestDatabase({ poolSize: 1, idleInTransactionTimeoutMs: 50 });
  await assert.rejects(
    db.transaction(async (tx) => {
      await tx`select 1`;
      await new Promise(() => {});
    }),
    isLoss,
  );
  await db.ping();
});

it("a statement that takes too long, or waits too long for a lock, is ended by the server", async () => {
  await using db = await withNotes();
  const { url, schema } = db;
  await using hasty = await connectDatabase({ ...PATIENT, url, schema, queryTimeoutMs: 200, lazy: true });
  // On a busy machine this side may have given up before the server's word for it has come.
  await waitFor(async () => {
    const error = await hasty.sql`select pg_sleep(3600)`.then(() => assert.fail(), (error: unknown) => error);
    assert.ok(error instanceof DatabaseError, String(error));
    return error.message === "Database query was cancelled";
  }, "the server ended the statement");
  await using other = await connectDatabase({ ...PATIENT, url, schema, lockTimeoutMs: 50 });
  await db.transaction(async (tx) => {
    await tx`lock table notes`;
    await assert.rejects(
      other.sql`select * from notes`,
      (error) => error instanceof DatabaseError && error.message === "Database lock was not available",
    );
  });
});

it("many backends killed at random under load lose no connection and no reported write", async () => {
  await using db = await createTestDatabase({ poolSize: 8 });
  await using killer = await createTestDatabase();
  await db.sql`create table notes (id int primary key)`;
  const { url, schema } = db;
  await using load = await connectDatabase({
    ...PATIENT,
    url,
    schema,
    applicationName: schema,
    poolSize: 8,
  });
  const stored = new Set<number>();
  let next = 0;
  let unknown = 0;
  let running = true;
  const work = Array.from({ length: 16 }, async () => {
    while (running) {
      const id = next++;
      try {
        if (id % 3 === 0) await load.sql`insert into notes values (${id})`;
        else {
          await load.transaction(async (tx) => {
            await tx`insert into notes values (${id})`;
            if (id % 3 === 1) await load.transaction((inner) => inner`select 1`);
          });
        }
        stored.add(id);
      } catch (error) {
        assert.ok(error instanceof DatabaseError || error instanceof ConflictError, String(error));
        unknown++;
      }
    }
  });
  for (let kills = 0; kills < byExtent({ whole: 30, short: 8 }) || unknown === 0; kills++) {
    const before = stored.size;
    await waitFor(() => stored.size > before + 15, "writes are reported");
    await killer.sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = ${schema} and random() < 0.3`;
  }
  running = false;
  await Promise.all(work);
  const ids = new Set((await db.sql<{ id: number }>`select id from notes`).map(({ id }) => id));
  for (const id of stored) assert.ok(ids.has(id), `${id} was reported, and is not there`);
  await waitForAllConnections(load, 8);
});
