import assert from "node:assert/strict";
import { it } from "node:test";
import { connectDatabase, type Database, type DatabaseOptions } from "@glam/shared/db";
import { DatabaseError, isRetryableError } from "@glam/shared/errors";
import { createTestDatabase, PATIENT, sharedPostgres } from "../../_support/postgres.ts";
import { waitFor } from "../../_support/wait_for.ts";

interface Demotable extends AsyncDisposable {
  readonly db: Database;
  /** Makes the server refuse writes, as one does that has become a standby, or accept them again. */
  setReadOnly(to: boolean): Promise<void>;
}

async function withDemotable(options: DatabaseOptions = {}): Promise<Demotable> {
  const admin = await createTestDatabase({ poolSize: 1 });
  const name = `demoted_${admin.schema}`;
  await admin.sql.unsafe(`create database ${name}`);
  const url = new URL(await sharedPostgres());
  url.pathname = `/${name}`;
  const db = await connectDatabase({ ...PATIENT, url: url.href, poolSize: 1, ...options });
  await db.sql`create table notes (id int)`;
  return {
    db,
    async setReadOnly(to) {
      await admin.sql.unsafe(`alter database ${name} set default_transaction_read_only = ${to}`);
      if (!to) return; // whoever is connected finds out by itself
      // The restart that comes with it.
      await admin.sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`;
      await waitFor(() => db.ping().then(() => true, () => false), "the pool has noticed");
    },
    async [Symbol.asyncDispose]() {
      await db.close();
      await admin.sql.unsafe(`drop database ${name} with (force)`);
      await admin[Symbol.asyncDispose]();
    },
  };
}

function isReadOnly(error: unknown): boolean {
  return error instanceof DatabaseError && error.status === 503 && isRetryableError(error) &&
    error.details["error_code"] === "25006";
}

async function pidOf({ sql }: Database): Promise<number> {
  return (await sql<{ pid: number }>`select pg_backend_pid() as pid`)[0]!.pid;
}

it("a write on a server that has become read-only is a retryable 503, and the next one reaches another server", async () => {
  await using demotable = await withDemotable();
  const { db } = demotable;
  await demotable.setReadOnly(true);
  await assert.rejects(db.sql`insert into notes values (1)`, isReadOnly);
  await assert.rejects(db.transaction((tx) => tx`insert into notes values (1)`), isReadOnly);
  await demotable.setReadOnly(false);
  await db.sql`insert into notes values (2)`.catch((error) => assert.ok(isReadOnly(error)));
  await db.sql`insert into notes values (3)`;
});

it("health is that of a database that accepts no writes, until one does", async () => {
  await using demotable = await withDemotable();
  const { db } = demotable;
  await demotable.setReadOnly(true);
  assert.equal((await db.health()).status, "healthy"); // nobody has tried to write
  await assert.rejects(db.sql`insert into notes values (1)`, isReadOnly);
  const { status, reasons } = await db.health();
  assert.equal(status, "unhealthy");
  assert.match(reasons!.join(), /^Database "demoted_\w+" at 127\.0\.0\.1:\d+ accepts only reads$/);
  await demotable.setReadOnly(false);
  await waitFor(async () => (await db.health()).status === "healthy", "it is healthy again");
  assert.equal("reasons" in await db.health(), false);
});

it("what runs on a connection to a read-only server ends before that is closed", async () => {
  await using demotable = await withDemotable();
  const { db } = demotable;
  await demotable.setReadOnly(true);
  const reads = Array.from({ length: 5 }, () => db.sql`select pg_sleep(0.02)`);
  await Promise.all([assert.rejects(db.sql`insert into notes values (1)`, isReadOnly), ...reads]);
});

it("a transaction that was begun as read-only is told that it cannot write, and keeps its connection", async () => {
  await using demotable = await withDemotable();
  const { db } = demotable;
  const pid = await pidOf(db);
  const writing = db.transaction((tx) => tx`insert into notes values (1)`, { readOnly: true });
  await assert.rejects(writing, (error) => {
    assert.ok(error instanceof DatabaseError && error.status === 500 && !isRetryableError(error));
    assert.equal(error.message, "Cannot write in a transaction that is read-only");
    return true;
  });
  assert.equal(await pidOf(db), pid);
  assert.equal((await db.health()).status, "healthy");
});
