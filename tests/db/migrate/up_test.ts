import { type MigrationEvent, Migrator, type MigratorOptions } from "@glam/shared/db";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { createTestDatabase, type TestDatabase } from "../../_support/postgres.ts";
import { migration, names, plainMigration, problemOf, TWO_TABLES } from "./_migrations.ts";

async function tablesOf(db: TestDatabase): Promise<string[]> {
  const rows = await db.sql<{ name: string }>`
    select table_name as name from information_schema.tables where table_schema = ${db.schema} order by 1`;
  return names(rows);
}

function migrator(
  db: TestDatabase,
  migrations: MigratorOptions["migrations"],
  options: MigratorOptions = {},
) {
  return new Migrator(db, { ...options, migrations });
}

test("up applies every file once, in the order of the versions, and says so in the history", async () => {
  await using db = await createTestDatabase();
  const files = [migration("10_c", "insert into items values (10);"), ...TWO_TABLES.toReversed()];
  const runs = await migrator(db, files).up();
  assert.deepEqual(names(runs), ["0001_create_items", "0002_create_prices", "10_c"]);
  assert.equal(runs[0]?.sql, "create table items (id int primary key);");
  assert.ok(runs.every(({ durationMs }) => durationMs! >= 0));
  assert.deepEqual(await migrator(db, files).up(), []);
  const history = await db.sql`
    select version, name, checksum, state, direction, statements_done, message, applied_by,
      finished_at > started_at as took from glam_migrations order by version`;
  assert.deepEqual({ ...history[2] }, {
    version: "10",
    name: "10_c",
    checksum: createHash("sha256").update("-- migrate:up\ninsert into items values (10);").digest("hex"),
    state: "applied",
    direction: "up",
    statements_done: 0,
    message: null,
    applied_by: "postgres",
    took: true,
  });
});

test("progress is told file by file", async () => {
  await using db = await createTestDatabase();
  const events: MigrationEvent[] = [];
  await migrator(db, TWO_TABLES, { onProgress: (event) => events.push(event) }).up();
  assert.deepEqual(
    events.map((event) => event.type === "finished" ? { ...event, durationMs: 0 } : event),
    names(TWO_TABLES).map((name) => name.replace(".sql", "")).flatMap((migration, i) => [
      { type: "started", direction: "up", migration, index: i + 1, total: 2, transaction: true },
      { type: "finished", direction: "up", migration, durationMs: 0 },
    ]),
  );
});

test("a file that fails leaves nothing and no record, and the files before it stay", async () => {
  await using db = await createTestDatabase();
  const broken = migration("0002_broken", "create table prices (id int);\n\ninsert into nope values ('é');");
  const error = await problemOf(migrator(db, [TWO_TABLES[0]!, broken]).up(), "failed");
  assert.equal(
    error.message,
    '0002_broken.sql:4: relation "nope" does not exist (42P01); nothing of it was applied',
  );
  assert.equal((error.cause as { code: string }).code, "42P01");
  assert.deepEqual(await tablesOf(db), ["glam_migrations", "items"]);
  assert.deepEqual([...await db.sql`select name from glam_migrations`], [{ name: "0001_create_items" }]);
  const repaired = migration("0002_broken", "create table prices (id int);");
  assert.deepEqual(names(await migrator(db, [TWO_TABLES[0]!, repaired]).up()), ["0002_broken"]);
});

test("a constraint that is checked at commit fails the file too", async () => {
  await using db = await createTestDatabase();
  const sql = `create table a (id int primary key, b int references a deferrable initially deferred);
    insert into a values (1, 2);`;
  const error = await problemOf(migrator(db, [migration("0001_a", sql)]).up(), "failed");
  assert.match(
    error.message,
    /^0001_a\.sql: .*violates foreign key constraint.* \(23503\); nothing of it was applied$/,
  );
  assert.deepEqual(await tablesOf(db), ["glam_migrations"]);
});

test("a statement that cannot run in a transaction is refused with what to do", async () => {
  await using db = await createTestDatabase();
  const sql = "create index concurrently i on items (id);";
  const { message } = await problemOf(
    migrator(db, [TWO_TABLES[0]!, migration("0002_i", sql)]).up(),
    "failed",
  );
  assert.match(
    message,
    /cannot run inside a transaction block \(25001\); put it into a file of its own marked `-- mi/,
  );
});

test("what a file sets ends with it", async () => {
  await using db = await createTestDatabase();
  const files = [
    migration(
      "0001_set",
      "set search_path to pg_catalog; set statement_timeout = '7min'; set role pg_monitor; set local lock_timeout = 7;",
    ),
    migration(
      "0002_get",
      `create table seen as select current_setting('search_path') as path, current_user as who,
        current_setting('statement_timeout') as patience, current_setting('lock_timeout') as locks;`,
    ),
  ];
  await migrator(db, files, { lockTimeoutMs: 1234 }).up();
  assert.deepEqual([...await db.sql`select * from seen`], [
    { path: `"${db.schema}"`, who: "postgres", patience: "0", locks: "1234ms" },
  ]);
});

test("up and down go to a version, which may be written in several ways", async () => {
  await using db = await createTestDatabase();
  const files = [...TWO_TABLES, migration("0003_c", "create table c (id int);", "drop table c;")];
  const each = migrator(db, files);
  assert.deepEqual(names(await each.up({ to: "1" })), ["0001_create_items"]);
  assert.deepEqual(await each.up({ to: "0001" }), []);
  assert.deepEqual(names(await each.up({ to: "0002_create_prices" })), ["0002_create_prices"]);
  assert.deepEqual(names(await each.up()), ["0003_c"]);
  assert.deepEqual(names(await each.down({ to: "0001" })), ["0003_c", "0002_create_prices"]);
  assert.deepEqual(await tablesOf(db), ["glam_migrations", "items"]);
  assert.deepEqual(await each.down({ to: "1" }), []);
  const { message } = await problemOf(each.up({ to: "0004" }), "refused");
  assert.equal(message, "There is no migration 0004; the versions are: 0001, 0002, 0003");
});

test("down reverts the newest file, and all of them to version 0", async () => {
  await using db = await createTestDatabase();
  const each = migrator(db, TWO_TABLES);
  assert.deepEqual(await each.down(), []);
  await each.up();
  assert.deepEqual(names(await each.down()), ["0002_create_prices"]);
  await each.up();
  assert.deepEqual(names(await each.down({ to: "0" })), ["0002_create_prices", "0001_create_items"]);
  assert.deepEqual(await tablesOf(db), ["glam_migrations"]);
  assert.equal((await each.status()).state, "empty");
});

test("down that fails half-way keeps what it could not revert", async () => {
  await using db = await createTestDatabase();
  const files = [migration("0001_a", "create table a (id int);", "drop table nope;"), TWO_TABLES[1]!];
  await migrator(db, files).up();
  const { message } = await problemOf(migrator(db, files).down({ to: "0" }), "failed");
  assert.equal(message, '0001_a.sql:4: table "nope" does not exist (42P01); nothing of it was reverted');
  assert.deepEqual(await tablesOf(db), ["a", "glam_migrations"]);
  assert.deepEqual((await migrator(db, files).status()).migrations.map(({ state }) => state), [
    "applied",
    "pending",
  ]);
});

test("down through a file that cannot be reverted fails before any SQL", async () => {
  await using db = await createTestDatabase();
  const files = [TWO_TABLES[0]!, migration("0002_b", "create table b (id int);", "-- never"), TWO_TABLES[1]!]
    .map((file, i) => ({ ...file, name: `000${i + 1}_${file.name.slice(5)}` }));
  await migrator(db, files).up();
  const { message } = await problemOf(migrator(db, files).down({ to: "1" }), "irreversible");
  assert.match(
    message,
    /^0002_b has nothing after `-- migrate:down`, so it cannot be reverted: write a new file/,
  );
  assert.deepEqual(await tablesOf(db), ["b", "glam_migrations", "items", "prices"]);
});

test("a dry run says what would run and runs nothing, on an empty and on a migrated database", async () => {
  await using db = await createTestDatabase();
  const each = migrator(db, [...TWO_TABLES, plainMigration("0003_c", "vacuum items;")]);
  assert.deepEqual(await each.up({ dryRun: true, to: "2" }), [
    {
      version: "0001",
      name: "0001_create_items",
      transaction: true,
      sql: "create table items (id int primary key);",
    },
    {
      version: "0002",
      name: "0002_create_prices",
      transaction: true,
      sql: "create table prices (id int primary key);",
    },
  ]);
  assert.deepEqual(await tablesOf(db), []);
  await each.up({ to: "2" });
  assert.deepEqual(await each.up({ dryRun: true }), [
    { version: "0003", name: "0003_c", transaction: false, sql: "vacuum items;" },
  ]);
  assert.deepEqual(names(await each.down({ dryRun: true, to: "0" })), [
    "0002_create_prices",
    "0001_create_items",
  ]);
  assert.deepEqual(await tablesOf(db), ["glam_migrations", "items", "prices"]);
  assert.equal((await each.status()).pending, 1);
});

test("the schema is made where it does not exist", async () => {
  await using db = await createTestDatabase();
  await db.sql`drop schema ${db.sql(db.schema)}`;
  assert.equal((await migrator(db, TWO_TABLES).status()).state, "empty");
  await migrator(db, TWO_TABLES).up();
  assert.deepEqual(await tablesOf(db), ["glam_migrations", "items", "prices"]);
});

test("the history may have another name and be in another schema", async () => {
  await using db = await createTestDatabase();
  await using other = await createTestDatabase();
  const options = { schema: other.schema, table: 'the "history"' };
  await migrator(db, TWO_TABLES, options).up();
  assert.deepEqual(await tablesOf(db), ["items", "prices"]);
  assert.deepEqual(await tablesOf(other), ['the "history"']);
  assert.equal((await migrator(db, TWO_TABLES, options).status()).state, "current");
  assert.equal((await migrator(db, TWO_TABLES).status()).state, "empty");
});
