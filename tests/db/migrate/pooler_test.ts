import { connectDatabase, Migrator } from "@glam/shared/db";
import assert from "node:assert/strict";
import { test } from "node:test";
import { startPgBouncer } from "../../_support/pgbouncer.ts";
import { PATIENT, sharedPostgres } from "../../_support/postgres.ts";
import { createOwnDatabase } from "./_own_database.ts";
import { migration, names, plainMigration } from "./_migrations.ts";

/** Replicas, each with a pool of its own, behind a pooler of so few connections, and a database for them. */
async function behindPooler({ poolSize, replicas: count }: { poolSize: number; replicas: number }) {
  const own = await createOwnDatabase();
  const pooler = await startPgBouncer(await sharedPostgres(), { poolSize });
  const url = new URL(`/${own.name}`, pooler.url).href;
  const replicas = await Promise.all(
    Array.from({ length: count }, () => connectDatabase({ ...PATIENT, url, pooler: true, poolSize: 2 })),
  );
  const dispose = async () => {
    await Promise.all(replicas.map((replica) => replica.close()));
    await pooler[Symbol.asyncDispose]();
    await own[Symbol.asyncDispose]();
  };
  return { replicas, db: replicas[0]!, [Symbol.asyncDispose]: dispose };
}

test(
  "eight replicas behind PgBouncer apply each file once, though they want more than it has",
  async () => {
    await using each = await behindPooler({ poolSize: 3, replicas: 8 });
    const { db, replicas } = each;
    const files = [
      migration("0001_marks", "create table marks (file int);"),
      ...[2, 3, 4].map((n) =>
        migration(`000${n}_m`, `insert into marks values (${n}); select pg_sleep(0.05);`)
      ),
      plainMigration("0005_i", "create index concurrently marks_file on marks (file);"),
    ];
    const runs = await Promise.all(
      replicas.map((replica) => new Migrator(replica, { migrations: files }).up()),
    );
    assert.deepEqual(names(runs.flat()).toSorted(), files.map(({ name }) => name.replace(".sql", "")));
    const marks = await db.sql<{ file: number }>`select file from marks order by file`;
    assert.deepEqual(marks.map(({ file }) => file), [2, 3, 4]);
    assert.equal((await new Migrator(db, { migrations: files }).status()).state, "current");
  },
);

test("what a file sets does not stay on the connections of PgBouncer", async () => {
  await using each = await behindPooler({ poolSize: 2, replicas: 1 });
  const { db } = each;
  const sql = "set statement_timeout = '7min'; set role pg_monitor; set lock_timeout = '8s';";
  await new Migrator(db, { migrations: [migration("0001_set", sql)] }).up();
  // The pooler leaves each transaction a connection until its end, so that two which are open at once have both.
  const bothOpen = Promise.withResolvers<void>();
  let open = 0;
  const read = () =>
    db.transaction(async (tx) => {
      const rows = await tx`
        select current_user as who, current_setting('lock_timeout') as locks, pg_backend_pid() as pid`;
      if (++open === 2) bothOpen.resolve();
      await bothOpen.promise;
      return rows;
    }, { retries: 0 });
  const seen = (await Promise.all([read(), read()])).flat();
  assert.equal(
    new Set(seen.map((row) => row["pid"])).size,
    2,
    "both connections of the pooler were looked at",
  );
  assert.deepEqual(seen.map(({ who, locks }) => [who, locks]), [["postgres", "0"], ["postgres", "0"]]);
});
