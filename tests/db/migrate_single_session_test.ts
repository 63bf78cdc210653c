import { Migrator } from "@glam/shared/db";
import assert from "node:assert/strict";
import { test } from "node:test";
import { connectDatabase } from "@glam/shared/db";
import { createTestDatabase } from "../_support/postgres.ts";
import { migration, names } from "./_migrations.ts";

test("migrators without a second session still apply each file exactly once", async () => {
  await using db = await createTestDatabase();
  const files = [
    migration("0001_marks", "create table marks (file int);"),
    ...[2, 3, 4, 5].map((n) =>
      migration(`000${n}_m`, `insert into marks values (${n}); select pg_sleep(0.02);`)
    ),
  ];
  const pools = await Promise.all(
    [1, 2, 3, 4].map(() => connectDatabase({ url: db.url, schema: db.schema, poolSize: 1 })),
  );
  const runs = await Promise.all(
    pools.map((pool) => new Migrator(pool, { migrations: files, singleSession: true }).up()),
  );
  await Promise.all(pools.map((pool) => pool.close()));
  assert.deepEqual(names(runs.flat()).toSorted(), files.map(({ name }) => name.replace(".sql", "")));
  const marks = await db.sql<{ file: number }>`select file from marks order by file`;
  assert.deepEqual(marks.map(({ file }) => file), [2, 3, 4, 5]);
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
