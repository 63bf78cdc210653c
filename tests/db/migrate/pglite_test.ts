import {
  connectDatabase,
  type Database,
  defineTable,
  type MigrationFile,
  Migrator,
  softDelete,
  type TableModel,
  timestamps,
} from "@glam/shared/db";
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as z from "zod";
import { startPglite } from "../../_support/pglite.ts";
import { PATIENT } from "../../_support/postgres.ts";
import { migration, names, plainMigration, problemOf, TWO_TABLES } from "./_migrations.ts";

let db: Database;

before(async () => {
  db = await connectDatabase({ ...PATIENT, ...await startPglite() });
});

after(() => db.close());

test("an embedded PGlite with a single connection is migrated up and down", async () => {
  await db.sql.unsafe("drop schema public cascade; create schema public");
  const files = [
    ...TWO_TABLES,
    plainMigration("0003_plain", "vacuum items; create index i on items (id);", "drop index i;"),
  ];
  const migrator = new Migrator(db, { migrations: files });
  assert.equal((await migrator.status()).state, "empty");
  assert.deepEqual(names(await migrator.up()), ["0001_create_items", "0002_create_prices", "0003_plain"]);
  assert.deepEqual(await migrator.up(), []);
  assert.equal((await migrator.status()).state, "current");
  assert.deepEqual(names(await migrator.down({ to: "0001" })), ["0003_plain", "0002_create_prices"]);
  assert.deepEqual(names(await migrator.up()), ["0002_create_prices", "0003_plain"]);
});

test("a file that fails leaves nothing in an embedded PGlite either, and its line is said", async () => {
  await db.sql.unsafe("drop schema public cascade; create schema public");
  const files = [
    TWO_TABLES[0]!,
    migration("0002_b", "create table b (id int);\ninsert into nope values (1);"),
  ];
  const migrator = new Migrator(db, { migrations: files });
  const { message } = await problemOf(migrator.up(), "failed");
  assert.equal(message, '0002_b.sql:3: relation "nope" does not exist (42P01); nothing of it was applied');
  assert.deepEqual((await migrator.status()).migrations.map(({ state }) => state), ["applied", "pending"]);
  assert.equal((await db.sql`select to_regclass('b') as b`)[0]?.["b"], null);
});

test("the difference between tables and an embedded PGlite, which is Postgres 18, is written and found no more", async () => {
  await db.sql.unsafe("drop schema public cascade; create schema public");
  const make = (columns: z.ZodObject) =>
    defineTable("things", {
      columns,
      defaults: { n: "7" },
      columnTypes: { id: "bigserial" },
      checks: { n_small: "n in (1, 7)" },
      unique: ["n"],
      indexes: [{ columns: ["at"], where: "n > 1" }],
      ...timestamps,
      ...softDelete,
    } as never) as TableModel;
  const first = make(z.object({ id: z.bigint(), n: z.int32(), at: z.date().nullable() }));
  const second = make(z.object({ id: z.bigint(), n: z.int32().nullable(), at: z.date(), note: z.string() }));
  const files: MigrationFile[] = [];
  const migrator = new Migrator(db, { migrations: files });
  for (const table of [first, second]) {
    files.push((await migrator.create("change", { autogenerate: [table] }))!);
    await migrator.up();
    assert.equal(await migrator.create("nothing", { autogenerate: [table] }), undefined);
  }
  await migrator.down();
  files.pop();
  assert.equal(await migrator.create("nothing", { autogenerate: [first] }), undefined);
});
