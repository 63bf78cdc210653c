import { connectDatabase, type MigrationFile, Migrator } from "@glam/shared/db";
import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestDatabase, PATIENT, type TestDatabase } from "../../_support/postgres.ts";
import { migration, names } from "./_migrations.ts";

/** Four replicas that take no lock, each with one connection. */
async function unlocked(db: TestDatabase, migrations: readonly MigrationFile[]) {
  const pools = await Promise.all(
    [1, 2, 3, 4].map(() => connectDatabase({ ...PATIENT, url: db.url, schema: db.schema, poolSize: 1 })),
  );
  const migrators = pools.map((pool) => new Migrator(pool, { migrations, singleSession: true }));
  const dispose = async () => void await Promise.all(pools.map((pool) => pool.close()));
  return { migrators, [Symbol.asyncDispose]: dispose };
}

test("migrators without a second session still apply and revert each file exactly once", async () => {
  await using db = await createTestDatabase();
  const files = [
    migration("0001_marks", "create table marks (file int);", "drop table marks;"),
    ...[2, 3, 4, 5].map((n) =>
      migration(
        `000${n}_m`,
        `insert into marks values (${n}); select pg_sleep(0.02);`,
        `create table gone_${n} (); select pg_sleep(0.02);`,
      )
    ),
  ];
  await using each = await unlocked(db, files);
  const versions = files.map(({ name }) => name.replace(".sql", ""));
  const applied = await Promise.all(each.migrators.map((migrator) => migrator.up()));
  assert.deepEqual(names(applied.flat()).toSorted(), versions);
  const marks = await db.sql<{ file: number }>`select file from marks order by file`;
  assert.deepEqual(marks.map(({ file }) => file), [2, 3, 4, 5]);
  const reverted = await Promise.all(each.migrators.map((migrator) => migrator.down({ to: "0" })));
  assert.deepEqual(names(reverted.flat()).toSorted(), versions);
  assert.equal((await each.migrators[0]!.status()).state, "empty");
});

test("a pool of one connection is no reason to go without a lock", async () => {
  await using db = await createTestDatabase({ poolSize: 1 });
  const runs = await new Migrator(db, {
    migrations: [migration("0001_a", "create table a as select application_name from pg_stat_activity")],
  }).up();
  assert.deepEqual(names(runs), ["0001_a"]);
  const holders = await db.sql`select from a where application_name = 'glam migrate'`;
  assert.equal(holders.length, 1);
});
