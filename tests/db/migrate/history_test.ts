import { type MigrationError, type MigrationFile, Migrator } from "@glam/shared/db";
import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestDatabase, type TestDatabase } from "../../_support/postgres.ts";
import { migration, names, problemOf, TWO_TABLES } from "./_migrations.ts";

const [ITEMS, PRICES] = TWO_TABLES as [MigrationFile, MigrationFile];
const THIRD = migration("0003_create_tags", "create table tags (id int primary key);", "drop table tags;");

async function migrated(files: readonly MigrationFile[]): Promise<TestDatabase> {
  const db = await createTestDatabase();
  await new Migrator(db, { migrations: files }).up();
  return db;
}

/** What `up`, `verify` and `status` say of files that do not fit, and that `up` ran nothing. */
async function problemsOf(db: TestDatabase, migrations: readonly MigrationFile[]): Promise<string[]> {
  const migrator = new Migrator(db, { migrations });
  const before = await db.sql`select * from glam_migrations order by version`;
  const errors = await Promise.all(
    [migrator.up(), migrator.verify()].map((work) =>
      work.then(() => assert.fail("it did not reject"), (error: MigrationError) => error)
    ),
  );
  const status = await migrator.status();
  for (const error of errors) assert.deepEqual(error.problems, status.problems);
  assert.deepEqual(await db.sql`select * from glam_migrations order by version`, before);
  assert.equal(status.state, status.problems.every(({ kind }) => kind === "newer") ? "newer" : "broken");
  return status.problems.map(({ kind, message }) => `${kind}: ${message}`);
}

test("an edited file that is applied is an error before any SQL, and says what to do", async () => {
  await using db = await migrated(TWO_TABLES);
  const edited = { ...ITEMS, sql: ITEMS.sql.replace("int", "bigint") };
  assert.deepEqual(await problemsOf(db, [edited, PRICES, THIRD]), [
    "edited: 0001_create_items was edited after it was applied: restore the old text and put the change into a new " +
    "file, or accept it with: migrate repair --edited=accept",
  ]);
});

test("line endings, a byte order mark and the end of a file do not count as an edit", async () => {
  await using db = await migrated(TWO_TABLES);
  const texts = [
    (sql: string) => sql.replaceAll("\n", "\r\n"),
    (sql: string) => sql.replaceAll("\n", "\r"),
    (sql: string) => `\uFEFF${sql}`,
    (sql: string) => sql.trimEnd(),
    (sql: string) => `${sql}\n\n`,
  ];
  for (const change of texts) {
    const files = TWO_TABLES.map(({ name, sql }) => ({ name, sql: change(sql) }));
    await new Migrator(db, { migrations: files }).verify();
  }
  const files = TWO_TABLES.map(({ name, sql }) => ({ name, sql: sql.replaceAll("\n", "\r\n") }));
  assert.deepEqual(names(await new Migrator(db, { migrations: files }).down()), ["0002_create_prices"]);
});

test("a file that is gone is an error before any SQL", async () => {
  await using db = await migrated(TWO_TABLES);
  assert.deepEqual(await problemsOf(db, [PRICES, THIRD]), [
    "missing: 0001_create_items is applied, and its file is missing: restore it, or forget it with: " +
    "migrate repair --missing=forget",
  ]);
});

test("a file before one that is applied is an error before any SQL, and can be reached by going back", async () => {
  await using db = await migrated([ITEMS, THIRD]);
  const files = [ITEMS, PRICES, THIRD];
  assert.deepEqual(await problemsOf(db, files), [
    "out_of_order: 0002_create_prices is not applied, and 0003_create_tags after it is: give it a version after 0003",
  ]);
  const migrator = new Migrator(db, { migrations: files });
  assert.deepEqual(names(await migrator.down({ to: "0001" })), ["0003_create_tags"]);
  assert.deepEqual(names(await migrator.up()), ["0002_create_prices", "0003_create_tags"]);
});

test("a database that is newer than the files is detected, and accepted where that is asked for", async () => {
  await using db = await migrated([ITEMS, PRICES, THIRD]);
  const newer = (name: string, newest: string) =>
    `newer: The database is newer than these files: it has ${name}, and the newest file is ${newest}; run the version of the service that ` +
    "has it";
  assert.deepEqual(await problemsOf(db, [ITEMS]), [
    newer("0002_create_prices", "0001_create_items"),
    newer("0003_create_tags", "0001_create_items"),
  ]);
  assert.deepEqual(await problemsOf(db, []), [
    newer("0001_create_items", "none"),
    newer("0002_create_prices", "none"),
    newer("0003_create_tags", "none"),
  ]);
  assert.deepEqual(await new Migrator(db, { migrations: [ITEMS], allowNewer: true }).up(), []);
  await assert.rejects(new Migrator(db, { migrations: [ITEMS], allowNewer: true }).down(), {
    name: "MigrationError",
  });
});

test("a file may be renamed, for its version and its text are what it is", async () => {
  await using db = await migrated(TWO_TABLES);
  const migrator = new Migrator(db, { migrations: [{ ...ITEMS, name: "1_items.sql" }, PRICES] });
  await migrator.verify();
  assert.deepEqual(names((await migrator.status()).migrations), ["1_items", "0002_create_prices"]);
});

test("status tells an empty, a partly and a fully migrated database apart", async () => {
  await using db = await createTestDatabase();
  const files = [ITEMS, PRICES];
  const migrator = new Migrator(db, { migrations: files });
  const states = async () => {
    const { state, pending, problems, migrations } = await migrator.status();
    return [state, pending, problems.length, ...migrations.map((each) => each.state)];
  };
  assert.deepEqual(await states(), ["empty", 2, 0, "pending", "pending"]);
  assert.equal((await db.sql`select to_regclass('glam_migrations') as t`)[0]?.["t"], null);
  const now = async () => (await db.sql<{ now: Date }>`select now()`)[0]!.now.getTime();
  const before = await now();
  await migrator.up({ to: "1" });
  const after = await now();
  assert.deepEqual(await states(), ["pending", 1, 0, "applied", "pending"]);
  await migrator.up();
  assert.deepEqual(await states(), ["current", 0, 0, "applied", "applied"]);
  const [first] = (await migrator.status()).migrations;
  assert.match(first?.startedAt ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const startedAt = Date.parse(first!.startedAt!);
  assert.ok(before <= startedAt && startedAt <= after, `${before} <= ${startedAt} <= ${after}`);
  assert.equal(typeof first?.durationMs, "number");
  assert.equal((await new Migrator(db, { migrations: [], table: "none" }).status()).state, "current");
});

test("a broken file shows in status beside the others", async () => {
  await using db = await migrated([ITEMS]);
  const status = await new Migrator(db, { migrations: [ITEMS, { name: "0002_b.sql", sql: "select 1" }] })
    .status();
  assert.deepEqual([status.state, status.problems.map(({ kind }) => kind)], ["broken", ["invalid"]]);
});

test("a history of a newer version of this package is refused", async () => {
  await using db = await migrated(TWO_TABLES);
  await db.sql`comment on table glam_migrations is '@glam/shared migrations, layout 2'`;
  for (const verb of ["up", "down", "status", "verify"] as const) {
    const { message } = await problemOf(new Migrator(db, { migrations: TWO_TABLES })[verb](), "history");
    assert.match(
      message,
      /\."glam_migrations" has layout 2, and this version of @glam\/shared knows layout 1: update @g/,
    );
  }
});

test("a history that lost its comment, as in a dump without comments, is still one", async () => {
  await using db = await migrated(TWO_TABLES);
  await db.sql`comment on table glam_migrations is null`;
  await new Migrator(db, { migrations: TWO_TABLES }).verify();
});

test("another table of that name is left alone", async () => {
  await using db = await createTestDatabase();
  await db.sql`create table glam_migrations (version int)`;
  const { message } = await problemOf(new Migrator(db, { migrations: TWO_TABLES }).up(), "history");
  assert.match(message, /exists and is not a history of migrations: choose another name with `table`$/);
});
