import { type MigrationFile, Migrator } from "@glam/shared/db";
import assert from "node:assert/strict";
import { test } from "node:test";
import { type RunningChild, startScript } from "../../_support/child_process.ts";
import { byExtent } from "../../_support/extent.ts";
import { createTestDatabase, type TestDatabase } from "../../_support/postgres.ts";
import { waitFor } from "../../_support/wait_for.ts";
import { migration, plainMigration } from "./_migrations.ts";

function startMigrating({ url, schema }: TestDatabase, migrations: readonly MigrationFile[]): RunningChild {
  const script = new URL("./_child.ts", import.meta.url);
  return startScript(script, [JSON.stringify({ url, schema, migrations })]);
}

async function appliedBy(child: RunningChild): Promise<string[]> {
  const { code, out, errors } = await child.ended();
  assert.equal(code, 0, errors);
  return JSON.parse(out);
}

test("several processes at once apply each file exactly once", async () => {
  await using db = await createTestDatabase();
  // Each one leaves a mark, and is slow enough for the others to want it too.
  const files = [
    migration("0001_marks", "create table marks (file int); create table t (id int);"),
    ...[2, 3, 4, 5].map((n) =>
      migration(`000${n}_m`, `insert into marks values (${n}); select pg_sleep(0.05);`)
    ),
    plainMigration("0006_i", "insert into marks values (6); create index concurrently t_id on t (id);"),
    migration("0007_last", "insert into marks values (7);"),
  ];
  const children = Array.from({ length: byExtent({ whole: 8, short: 3 }) }, () => startMigrating(db, files));
  const applied = (await Promise.all(children.map(appliedBy))).flat();
  assert.deepEqual(applied.toSorted(), files.map(({ name }) => name.replace(".sql", "")));
  const marks = await db.sql<{ file: number }>`select file from marks order by file`;
  assert.deepEqual(marks.map(({ file }) => file), [2, 3, 4, 5, 6, 7]);
  assert.equal((await new Migrator(db, { migrations: files }).status()).state, "current");
});

test("kill -9 of the process that migrates frees the lock, and what it ran leaves nothing", async () => {
  await using db = await createTestDatabase();
  await db.sql`create table slow (yes bool)`;
  await db.sql`insert into slow values (true)`;
  const files = [
    migration("0001_a", "create table a (id int);"),
    migration("0002_b", "create table b (id int); select pg_sleep(3600) from slow;"),
  ];
  await using child = startMigrating(db, files);
  await waitFor(async () =>
    (await db
      .sql`select from pg_stat_activity where position(${db.schema} in query) > 0 and wait_event = 'PgSleep'`)
      .length > 0
  );
  child.signal("SIGKILL");
  await child.ended();
  await db.sql`delete from slow`;
  assert.deepEqual((await new Migrator(db, { migrations: files }).up()).map(({ name }) => name), ["0002_b"]);
});
