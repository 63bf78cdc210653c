import {
  connectDatabase,
  type Database,
  type MigrationEvent,
  type MigrationFile,
  Migrator,
  type MigratorOptions,
} from "@glam/shared/db";
import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestDatabase, PATIENT, type TestDatabase } from "../../_support/postgres.ts";
import { PATIENCE_MS, waitFor } from "../../_support/wait_for.ts";
import { createOwnDatabase } from "./_own_database.ts";
import { migration, names, plainMigration, problemOf } from "./_migrations.ts";

interface Gate extends AsyncDisposable {
  readonly pid: number;
  open(): Promise<void>;
}

/** A table lock that another session holds until it is opened: what a file waits for. */
async function closeGate(db: TestDatabase): Promise<Gate> {
  await db.sql`create table if not exists gate (id int)`;
  const opened = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<number>();
  const done = db.transaction(async (tx) => {
    await tx`lock table gate in access exclusive mode`;
    const [row] = await tx<{ pid: number }>`select pg_backend_pid() as pid`;
    closed.resolve(row!.pid);
    await opened.promise;
  });
  const pid = await closed.promise;
  const open = () => (opened.resolve(), done);
  return { pid, open, [Symbol.asyncDispose]: open };
}

/** Collects what a migrator tells. */
function watched(db: Database, migrations: readonly MigrationFile[], options: MigratorOptions = {}) {
  const events: MigrationEvent[] = [];
  const migrator = new Migrator(db, {
    lockTimeoutMs: PATIENCE_MS,
    ...options,
    migrations,
    onProgress: (e) => events.push(e),
  });
  const seen = (type: MigrationEvent["type"]) => events.filter((event) => event.type === type);
  return {
    migrator,
    seen,
    until: (type: MigrationEvent["type"]) => waitFor(() => seen(type).length > 0, type),
  };
}

const THROUGH_GATE = migration("0001_gate", "create table t (id int); select from gate;", "drop table t;");
const CONCURRENTLY = plainMigration("0002_index", "create index concurrently t_id on t (id);");

test("CREATE INDEX CONCURRENTLY works while others wait for the lock", async () => {
  await using db = await createTestDatabase();
  await using gate = await closeGate(db);
  const files = [THROUGH_GATE, CONCURRENTLY];
  const first = watched(db, files);
  const applied = first.migrator.up();
  await first.until("started");
  const waiters = [1, 2, 3].map(() => watched(db, files));
  const waited = waiters.map(({ migrator }) => migrator.up());
  await Promise.all(waiters.map((waiter) => waiter.until("waiting")));
  await gate.open();
  assert.deepEqual(names(await applied), ["0001_gate", "0002_index"]);
  assert.deepEqual(await Promise.all(waited), [[], [], []]);
  const [index] = await db.sql<
    { indisvalid: boolean }
  >`select indisvalid from pg_index where indexrelid = 't_id'::regclass`;
  assert.equal(index?.indisvalid, true);
});

test("who waits is told for whom, and gives up at the deadline", async () => {
  await using db = await createTestDatabase();
  await using gate = await closeGate(db);
  const first = watched(db, [THROUGH_GATE]);
  const applied = first.migrator.up();
  await first.until("started");
  const second = watched(db, [THROUGH_GATE]);
  const waited = second.migrator.up();
  await second.until("waiting");
  const [event] = second.seen("waiting");
  assert.match(event?.type === "waiting" ? event.holder! : "", /^process \d+, "glam migrate"/);
  const { message } = await problemOf(watched(db, [THROUGH_GATE], { waitMs: 200 }).migrator.up(), "locked");
  assert.match(
    message,
    /^Waited \d+ s for process \d+, "glam migrate", 127\.0\.0\.1, since [\d:]+Z, which is migrating/,
  );
  await gate.open();
  assert.deepEqual(names(await applied), ["0001_gate"]);
  assert.deepEqual(await waited, []);
});

test("a database with nothing to do is not locked, and its migrator does not wait", async () => {
  await using db = await createTestDatabase();
  await using gate = await closeGate(db);
  const table = migration("0001_t", "create table t (id int);");
  await new Migrator(db, { migrations: [table] }).up();
  const busy = watched(db, [table, migration("0002_gate", "select from gate;")]);
  const applied = busy.migrator.up();
  await busy.until("started");
  assert.deepEqual(await new Migrator(db, { migrations: [table], waitMs: 0 }).up(), []);
  await gate.open();
  await applied;
});

test("two histories of one database do not wait for each other", async () => {
  await using db = await createTestDatabase();
  await using gate = await closeGate(db);
  const busy = watched(db, [THROUGH_GATE]);
  const applied = busy.migrator.up();
  await busy.until("started");
  const other = new Migrator(db, {
    migrations: [migration("0001_o", "select 1;")],
    table: "others",
    waitMs: 0,
  });
  assert.deepEqual(names(await other.up()), ["0001_o"]);
  await gate.open();
  await applied;
});

test("a file that does not get its locks is rolled back and tried again, until the table is free", async () => {
  await using db = await createTestDatabase();
  await using gate = await closeGate(db);
  const each = watched(db, [THROUGH_GATE], { lockTimeoutMs: 50 });
  const applied = each.migrator.up();
  await each.until("retrying");
  await gate.open();
  assert.deepEqual(names(await applied), ["0001_gate"]);
  assert.deepEqual(each.seen("retrying")[0], {
    type: "retrying",
    migration: "0001_gate",
    attempt: 2,
    attempts: 10,
    reason: "canceling statement due to lock timeout",
  });
});

test("a file that never gets its locks fails with what to look at, and leaves nothing", async () => {
  await using db = await createTestDatabase();
  await using gate = await closeGate(db);
  const each = watched(db, [THROUGH_GATE], { lockTimeoutMs: 20, lockAttempts: 2 });
  const { message } = await problemOf(each.migrator.up(), "failed");
  assert.match(
    message,
    /^0001_gate\.sql:2: did not get its locks in 2 attempts \(canceling .*\): another transaction uses these tables/,
  );
  await gate.open();
  assert.equal((await each.migrator.status()).state, "empty");
  assert.deepEqual([...await db.sql`select to_regclass('t') as t`], [{ t: null }]);
});

test("a file whose connection is killed leaves nothing, and says so", async () => {
  await using db = await createTestDatabase();
  await using gate = await closeGate(db);
  const each = watched(db, [THROUGH_GATE]);
  const failed = problemOf(each.migrator.up(), "failed");
  await waitFor(async () =>
    (await db
      .sql`select pg_terminate_backend(pid) from pg_stat_activity where ${gate.pid} = any(pg_blocking_pids(pid))`)
      .length > 0
  );
  assert.match(
    (await failed).message,
    /^The connection was lost while 0001_gate ran .*: it took effect as a whole or not at/,
  );
  await gate.open();
  assert.deepEqual(names(await each.migrator.up()), ["0001_gate"]);
});

test("who loses the lock stops before the next file", async () => {
  await using db = await createTestDatabase();
  await using gate = await closeGate(db);
  const each = watched(db, [THROUGH_GATE, CONCURRENTLY]);
  const failed = problemOf(each.migrator.up(), "failed");
  await each.until("started");
  // Another one says who holds the lock, and goes away.
  const controller = new AbortController();
  const other = watched(db, [THROUGH_GATE]);
  const stopped = problemOf(other.migrator.up({ signal: controller.signal }), "stopped");
  await other.until("waiting");
  const [event] = other.seen("waiting");
  controller.abort();
  await stopped;
  const pid = Number(/\d+/.exec(event?.type === "waiting" ? event.holder! : "")?.[0]);
  assert.deepEqual([...await db.sql`select pg_terminate_backend(${pid}) as ended`], [{ ended: true }]);
  await gate.open();
  assert.match((await failed).message, /^The connection that holds the lock of the migrations was lost/);
  assert.deepEqual((await each.migrator.status()).migrations.map(({ state }) => state), [
    "applied",
    "pending",
  ]);
});

test("no deadline of the pool, the role or the database ends a migration or its lock", async () => {
  await using own = await createOwnDatabase();
  await using owner = await connectDatabase({ ...PATIENT, url: own.url });
  for (const name of ["statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout"]) {
    await owner.sql.unsafe(`alter database ${own.name} set ${name} = '500ms'`);
  }
  await using db = await connectDatabase({
    ...PATIENT,
    url: own.url,
    queryTimeoutMs: 300,
    idleInTransactionTimeoutMs: 300,
    lockTimeoutMs: 300,
    recycleSeconds: 1,
    lazy: true,
  });
  // The server's clock has to pass all of them, and the age at which the pool replaces a connection.
  const files = [migration("0001_slow", "create table t (id int); select pg_sleep(1.5);"), CONCURRENTLY];
  const each = watched(db, files);
  // A busy machine may miss one of them before a file runs; what ended a file would end it each time.
  let last: unknown;
  await waitFor(
    () => each.migrator.up().then(() => true, (error) => (last = error, false)),
    () => `the files were applied, and not: ${last}`,
  );
  const finished = each.seen("finished").map((event) => event.type === "finished" && event.migration);
  assert.deepEqual(finished, ["0001_slow", "0002_index"]);
});

test("a signal rolls the file that runs back, and says what was applied before", async () => {
  await using db = await createTestDatabase();
  await using gate = await closeGate(db);
  const controller = new AbortController();
  const files = [migration("0001_a", "create table a (id int);"), { ...THROUGH_GATE, name: "0002_gate.sql" }];
  const each = watched(db, files);
  const stopped = problemOf(each.migrator.up({ signal: controller.signal }), "stopped");
  await waitFor(async () =>
    (await db.sql`select from pg_stat_activity where ${gate.pid} = any(pg_blocking_pids(pid))`).length > 0
  );
  controller.abort();
  assert.equal(
    (await stopped).message,
    "Stopped: applied before that: 0001_a; the file that was running was rolled back",
  );
  await gate.open();
  assert.deepEqual((await each.migrator.status()).migrations.map(({ state }) => state), [
    "applied",
    "pending",
  ]);
});

test("a signal ends the wait for the lock", async () => {
  await using db = await createTestDatabase();
  await using gate = await closeGate(db);
  const first = watched(db, [THROUGH_GATE]);
  const applied = first.migrator.up();
  await first.until("started");
  const controller = new AbortController();
  const second = watched(db, [THROUGH_GATE]);
  const stopped = problemOf(second.migrator.up({ signal: controller.signal }), "stopped");
  await second.until("waiting");
  controller.abort();
  assert.match((await stopped).message, /^Stopped: applied before that: none/);
  await gate.open();
  await applied;
});

test("a signal lets a file that cannot be rolled back come to its end", async () => {
  await using db = await createTestDatabase();
  await using gate = await closeGate(db);
  const controller = new AbortController();
  const files = [plainMigration("0001_p", "select from gate;\ncreate table p (id int);"), THROUGH_GATE];
  const each = watched(db, files.map((file, i) => ({ ...file, name: `000${i + 1}${file.name.slice(4)}` })));
  const stopped = problemOf(each.migrator.up({ signal: controller.signal }), "stopped");
  await each.until("started");
  controller.abort();
  await gate.open();
  assert.match((await stopped).message, /^Stopped: applied before that: 0001_p;/);
  assert.deepEqual((await each.migrator.status()).migrations.map(({ state }) => state), [
    "applied",
    "pending",
  ]);
});
