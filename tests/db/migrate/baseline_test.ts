import { connectDatabase, type MigrationFile, Migrator } from "@glam/shared/db";
import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestDatabase, PATIENT, type TestDatabase } from "../../_support/postgres.ts";
import { createOwnDatabase } from "./_own_database.ts";
import { migration, names, problemOf, TWO_TABLES } from "./_migrations.ts";

const FILES = [...TWO_TABLES, migration("0003_c", "create table c (id int);", "drop table c;")];
const migrator = (db: TestDatabase, migrations: readonly MigrationFile[] = FILES) =>
  new Migrator(db, { migrations });

/** What Alembic leaves behind. */
async function withAlembic(...revisions: string[]): Promise<TestDatabase> {
  const db = await createTestDatabase();
  await db.sql`create table alembic_version (version_num varchar(32) primary key)`;
  for (const revision of revisions) await db.sql`insert into alembic_version values (${revision})`;
  return db;
}

test("baseline marks files as applied without running them, and up goes on from there", async () => {
  await using db = await createTestDatabase();
  await db.sql`create table items (id int primary key)`;
  await db.sql`create table prices (id int primary key)`;
  assert.deepEqual(await migrator(db).baseline({ to: "0002" }), {
    marked: ["0001_create_items", "0002_create_prices"],
  });
  const { state, migrations } = await migrator(db).status();
  assert.equal(state, "pending");
  assert.deepEqual(migrations.map((each) => each.state), ["baseline", "baseline", "pending"]);
  assert.deepEqual(names(await migrator(db).up()), ["0003_c"]);
  assert.deepEqual(await migrator(db).baseline({ to: "2" }), { marked: [] });
  await migrator(db).verify();
});

test("what baseline marked is not reverted, for it was not made here", async () => {
  await using db = await createTestDatabase();
  await migrator(db).baseline({ to: "0002" });
  await migrator(db).up();
  const { message } = await problemOf(migrator(db).down({ to: "1" }), "irreversible");
  assert.match(
    message,
    /^0002_create_prices was not run here but marked by `baseline`: reverting it would drop what it/,
  );
  assert.deepEqual(names(await migrator(db).down()), ["0003_c"]);
});

test("a file that baseline marked may not be edited either", async () => {
  await using db = await createTestDatabase();
  await migrator(db).baseline({ to: "0001" });
  const edited = { ...FILES[0]!, sql: `${FILES[0]!.sql}-- more` };
  await problemOf(migrator(db, [edited, ...FILES.slice(1)]).baseline({ to: "0002" }), "edited");
});

test("baseline of a version that is not there says which there are", async () => {
  await using db = await createTestDatabase();
  const { message } = await problemOf(migrator(db).baseline({ to: "0009" }), "refused");
  assert.equal(message, "There is no migration 0009; the versions are: 0001, 0002, 0003");
});

test("baseline from Alembic says where it stood, and keeps that in the history", async () => {
  await using db = await withAlembic("1975ea83b712");
  assert.deepEqual(await migrator(db).baseline({ to: "0001", fromAlembic: true }), {
    marked: ["0001_create_items"],
    alembic: ["1975ea83b712"],
  });
  const [first] = (await migrator(db).status()).migrations;
  assert.deepEqual([first?.state, first?.message], ["baseline", "Alembic stood at 1975ea83b712"]);
  assert.equal((await db.sql`select version_num from alembic_version`).length, 1);
});

test("baseline from Alembic finds its table in public, where the tables are in a schema of their own", async () => {
  await using own = await createOwnDatabase();
  await using db = await connectDatabase({ ...PATIENT, url: own.url, schema: "catalog" });
  await db.sql`create table public.alembic_version (version_num varchar(32) primary key)`;
  await db.sql`insert into public.alembic_version values ('ae1027a6acf')`;
  const each = new Migrator(db, { migrations: FILES });
  assert.deepEqual((await each.baseline({ to: "0001", fromAlembic: true })).alembic, ["ae1027a6acf"]);
});

test("baseline from Alembic names every head where its branches were not merged", async () => {
  await using db = await withAlembic("b", "a");
  assert.deepEqual((await migrator(db).baseline({ to: "0001", fromAlembic: true })).alembic, ["a", "b"]);
});

test("baseline from Alembic marks nothing where it stands elsewhere, nowhere, or never was", async () => {
  await using elsewhere = await withAlembic("1975ea83b712");
  const moved = await problemOf(
    migrator(elsewhere).baseline({ to: "0001", alembicRevision: "27c6a30d7c24" }),
    "refused",
  );
  assert.match(
    moved.message,
    /^Alembic stands at 1975ea83b712 and not at 27c6a30d7c24: upgrade it there first/,
  );
  await using nowhere = await withAlembic();
  const empty = await problemOf(migrator(nowhere).baseline({ to: "0001", fromAlembic: true }), "refused");
  assert.match(
    empty.message,
    /^Alembic has applied no revision to this database: run `up` instead of `baseline`$/,
  );
  await using never = await createTestDatabase();
  const none = await problemOf(migrator(never).baseline({ to: "0001", fromAlembic: true }), "refused");
  assert.match(
    none.message,
    /^There is no table alembic_version in test_\w+ or public: Alembic did not migrate this/,
  );
  for (const db of [elsewhere, nowhere, never]) assert.equal((await migrator(db).status()).state, "empty");
});
