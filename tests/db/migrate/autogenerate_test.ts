import {
  createTable,
  defineTable,
  merchantScoped,
  type MigrationFile,
  Migrator,
  softDelete,
  timestamps,
  versioned,
} from "@glam/shared/db";
import type { TableModel } from "@glam/shared/db";
import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import { createTestDatabase, type TestDatabase } from "../../_support/postgres.ts";
import { migration, problemOf } from "./_migrations.ts";

/** A database with a list of files that grows as they are written and applied. */
class Project {
  readonly files: MigrationFile[] = [];
  readonly db: TestDatabase;

  constructor(db: TestDatabase) {
    this.db = db;
  }

  get migrator(): Migrator {
    return new Migrator(this.db, { migrations: this.files });
  }

  /** Writes the difference; the lines of the two parts. */
  async write(tables: readonly TableModel[]): Promise<{ up: string[]; down: string[] }> {
    const file = await this.migrator.create("change", { autogenerate: tables });
    assert.ok(file, "there was no difference");
    this.files.push({ name: file.name, sql: file.sql });
    const [up, down] = file.sql.replace("-- migrate:up\n", "").split("\n-- migrate:down\n");
    const lines = (text = "") => text.trim().split(/(?<=;)\n|\n(?=--)|(?<=^--.*)\n/m);
    return { up: lines(up), down: lines(down) };
  }

  async assertSame(tables: readonly TableModel[]): Promise<void> {
    const file = await this.migrator.create("nothing", { autogenerate: tables });
    assert.equal(file?.sql, undefined);
  }

  /** What the database consists of, in the words of the server. */
  async shape(): Promise<unknown> {
    const columns = await this.db.sql`
      select table_name, column_name, data_type, is_nullable, column_default, is_identity
      from information_schema.columns where table_schema = ${this.db.schema} and table_name <> 'glam_migrations'
      order by 1, 2`;
    const constraints = await this.db.sql`
      select conname, pg_get_constraintdef(oid) as def from pg_constraint
      where connamespace = ${this.db.schema}::regnamespace and conrelid <> 'glam_migrations'::regclass order by 1`;
    const indexes = await this.db.sql`
      select indexdef from pg_indexes where schemaname = ${this.db.schema} and tablename <> 'glam_migrations' order by 1`;
    return JSON.parse(JSON.stringify([columns, constraints, indexes]));
  }

  /** Writes the difference, applies it, finds none left, goes back to the exact start, and applies it once more. */
  async roundTrip(tables: readonly TableModel[]): Promise<{ up: string[]; down: string[] }> {
    const before = this.files.length > 0 ? await this.shape() : undefined;
    const written = await this.write(tables);
    await this.migrator.up();
    await this.assertSame(tables);
    await this.migrator.down();
    if (before !== undefined) assert.deepEqual(await this.shape(), before);
    await this.migrator.up();
    await this.assertSame(tables);
    return written;
  }
}

async function project(): Promise<Project & AsyncDisposable> {
  const db = await createTestDatabase();
  return Object.assign(new Project(db), { [Symbol.asyncDispose]: () => db[Symbol.asyncDispose]() });
}

const Merchants = defineTable("merchants", {
  columns: z.object({ id: z.uuid(), name: z.string().max(80) }),
  columnTypes: { name: "varchar(80)" },
});

const Items = defineTable("items", {
  columns: z.object({
    id: z.bigint(),
    merchant: z.uuid(),
    name: z.string(),
    kind: z.enum(["lip", "eye"]),
    price: z.string().nullable(),
    tags: z.array(z.string()),
    data: z.record(z.string(), z.unknown()),
    seen: z.date().nullable(),
    active: z.boolean(),
  }),
  columnTypes: { price: "numeric(12,2)", tags: "text[]" },
  defaults: { tags: "'{}'", data: "'{}'::jsonb", seen: "now()", active: "TRUE" },
  unique: ["name", ["merchant", "kind"]],
  indexes: ["price", ["merchant", "name"]],
  checks: { price_positive: "price >= 0 and price < 1000000" },
  foreignKeys: [{
    columns: ["merchant"],
    references: "merchants",
    onDelete: "cascade",
  }],
  ...timestamps,
  ...softDelete,
  ...versioned,
});

test("tables are written in an order that works, and made again there is no difference", async () => {
  await using each = await project();
  const { up, down } = await each.roundTrip([Items, Merchants]);
  assert.match(up[0]!, /^CREATE TABLE "merchants"/);
  assert.deepEqual(down, ['DROP TABLE "items";', 'DROP TABLE "merchants";']);
});

test("a database that was made by the tables' own DDL has no difference", async () => {
  await using each = await project();
  for (const table of [Merchants, Items]) {
    for (const statement of createTable(table)) await each.db.sql.unsafe(statement);
  }
  await each.assertSame([Items, Merchants]);
});

test("what is written in another way is the same, for Postgres says what it is", async () => {
  await using each = await project();
  await each.db.sql.unsafe(`
    create table things (
      id uuid not null default gen_random_uuid(), n int4 not null default '7', at timestamp with time zone default current_timestamp,
      s character varying(5) default 'a'::varchar, constraint pk_things primary key (id),
      constraint ck_things_n check (n in (1, 7)))`);
  await each.db.sql.unsafe("create index ix_things_n on things using btree (n asc nulls last) where (n > 1)");
  const Things = defineTable("things", {
    columns: z.object({ id: z.uuid(), n: z.int32(), at: z.date().nullable(), s: z.string().nullable() }),
    columnTypes: { s: "varchar(5)" },
    defaults: { id: "gen_random_uuid()", n: "7", at: "CURRENT_TIMESTAMP", s: "'a'" },
    checks: { n: "n = ANY (ARRAY[1, 7])" },
    indexes: [{ columns: ["n"], where: "n > 1" }],
  });
  await each.assertSame([Things]);
});

const Plain = defineTable("plain", {
  columns: z.object({ id: z.int32(), a: z.int32(), b: z.string().nullable() }),
});

const CHANGES: Record<string, [to: TableModel, up: (string | RegExp)[]]> = {
  "a nullable column": [
    defineTable("plain", {
      columns: z.object({ id: z.int32(), a: z.int32(), b: z.string().nullable(), c: z.uuid().nullable() }),
    }),
    ['ALTER TABLE "plain" ADD COLUMN "c" uuid;'],
  ],
  "a required column with a default": [
    defineTable("plain", {
      columns: z.object({ id: z.int32(), a: z.int32(), b: z.string().nullable(), c: z.boolean() }),
      defaults: { c: "false" },
    }),
    ['ALTER TABLE "plain" ADD COLUMN "c" boolean NOT NULL DEFAULT false;'],
  ],
  "another type": [
    defineTable("plain", { columns: z.object({ id: z.int32(), a: z.bigint(), b: z.string().nullable() }) }),
    ['ALTER TABLE "plain" ALTER COLUMN "a" TYPE bigint;'],
  ],
  "another type with a default": [
    defineTable("plain", {
      columns: z.object({ id: z.int32(), a: z.string(), b: z.string().nullable() }),
      defaults: { a: "'x'" },
    }),
    [
      'ALTER TABLE "plain" ALTER COLUMN "a" TYPE text;',
      `ALTER TABLE "plain" ALTER COLUMN "a" SET DEFAULT 'x'::text;`,
    ],
  ],
  "a column that takes null now": [
    defineTable("plain", {
      columns: z.object({ id: z.int32(), a: z.int32().nullable(), b: z.string().nullable() }),
    }),
    ['ALTER TABLE "plain" ALTER COLUMN "a" DROP NOT NULL;'],
  ],
  "a column that is required now": [
    defineTable("plain", { columns: z.object({ id: z.int32(), a: z.int32(), b: z.string() }) }),
    [
      /^-- Fails while a row has NULL there: UPDATE "plain" SET "b" = \.\.\. WHERE "b" IS NULL;$/,
      'ALTER TABLE "plain" ALTER COLUMN "b" SET NOT NULL;',
    ],
  ],
  "a default": [
    defineTable("plain", {
      columns: z.object({ id: z.int32(), a: z.int32(), b: z.string().nullable() }),
      defaults: { b: "'it''s'" },
    }),
    [`ALTER TABLE "plain" ALTER COLUMN "b" SET DEFAULT 'it''s'::text;`],
  ],
  "an index": [
    defineTable("plain", {
      columns: z.object({ id: z.int32(), a: z.int32(), b: z.string().nullable() }),
      indexes: [{ columns: ["b"], where: "a > 0" }],
    }),
    [
      /^-- Blocks writes to the table while it runs\. /,
      'CREATE INDEX "ix_plain_b" ON "plain" USING btree (b) WHERE (a > 0);',
    ],
  ],
  "a unique, a check and a foreign key": [
    defineTable("plain", {
      columns: z.object({ id: z.int32(), a: z.int32(), b: z.string().nullable() }),
      unique: ["a"],
      checks: { a_small: "a < 10" },
      foreignKeys: [{ columns: ["a"], references: "plain" }],
    }),
    [
      'ALTER TABLE "plain" ADD CONSTRAINT "uq_plain_a" UNIQUE (a);',
      'ALTER TABLE "plain" ADD CONSTRAINT "ck_plain_a_small" CHECK ((a < 10));',
      'ALTER TABLE "plain" ADD CONSTRAINT "fk_plain_a_plain" FOREIGN KEY (a) REFERENCES plain(id);',
    ],
  ],
};

for (const [name, [to, expected]] of Object.entries(CHANGES)) {
  test(`${name} is written, applied, found no more, and taken back`, async () => {
    await using each = await project();
    await each.roundTrip([Plain]);
    const { up } = await each.roundTrip([to]);
    assert.equal(up.length, expected.length, up.join("\n"));
    expected.forEach((line, i) =>
      line instanceof RegExp ? assert.match(up[i]!, line) : assert.equal(up[i], line)
    );
  });

  test(`${name}, the other way round, is found and dropped in comments only where it would be lost`, async () => {
    await using each = await project();
    await each.roundTrip([to]);
    const { up } = await each.roundTrip([Plain]);
    for (const line of up) assert.doesNotMatch(line, /^[^-].*DROP (COLUMN|TABLE|CONSTRAINT|INDEX)/);
  });
}

test("a required column without a default works on an empty table, and says what to do on another", async () => {
  await using each = await project();
  await each.roundTrip([Plain]);
  const Required = defineTable("plain", {
    columns: z.object({ id: z.int32(), a: z.int32(), b: z.string().nullable(), sku: z.string() }),
  });
  await each.roundTrip([Required]);
  await each.migrator.down();
  await each.db.sql`insert into plain (id, a) values (1, 1)`;
  const { message } = await problemOf(each.migrator.up(), "failed");
  assert.match(
    message,
    /^0002_change\.sql.*: column "sku" of relation "plain" contains null values \(23502\)/,
  );
  const written = each.files.pop()!;
  assert.match(
    written.sql,
    /-- "sku" is required and has no default: put in a value for existing rows\./,
  );
  each.files.push({ ...written, sql: written.sql.replace('"sku" = NULL', `"sku" = 'none'`) });
  await each.migrator.up();
  await each.assertSame([Required]);
  assert.deepEqual([...await each.db.sql`select sku from plain`], [{ sku: "none" }]);
});

test("what is not defined any more is dropped in comments, once, and its way back too", async () => {
  await using each = await project();
  const Full = defineTable("plain", {
    columns: z.object({ id: z.int32(), a: z.int32(), b: z.string().nullable(), old: z.string() }),
    indexes: ["b"],
    checks: { a_small: "a < 10" },
  });
  await each.roundTrip([Full, Merchants]);
  const { up, down } = await each.write([Plain]);
  assert.deepEqual(up, [
    "SELECT 1;",
    '-- ALTER TABLE "plain" DROP CONSTRAINT "ck_plain_a_small";',
    '-- DROP INDEX "ix_plain_b";',
    '-- "old" is required and not defined: rows cannot be inserted until it is dropped or nullable.',
    '-- ALTER TABLE "plain" DROP COLUMN "old";',
    '-- DROP TABLE "merchants";',
  ]);
  assert.deepEqual(down, [
    "SELECT 1;",
    '-- CREATE TABLE "merchants" ("id" uuid NOT NULL, "name" character varying(80) NOT NULL, CONSTRAINT "pk_merchants" PRIMARY KEY (id));',
    '-- ALTER TABLE "plain" ADD COLUMN "old" text NOT NULL;',
    '-- CREATE INDEX "ix_plain_b" ON "plain" USING btree (b);',
    '-- ALTER TABLE "plain" ADD CONSTRAINT "ck_plain_a_small" CHECK ((a < 10));',
  ]);
  const before = await each.shape();
  await each.migrator.up();
  assert.deepEqual(await each.shape(), before);
  await each.assertSame([Plain]);

  // Uncommented, all of it works in both directions.
  await each.migrator.down();
  const written = each.files.pop()!;
  const meant = written.sql.replace(/^-- (?=[A-Z])/gm, "");
  each.files.push({ ...written, sql: meant });
  await each.migrator.up();
  await each.assertSame([Plain]);
  await each.migrator.down();
  assert.deepEqual(await each.shape(), before);
});

test("a column that may have been renamed is pointed out", async () => {
  await using each = await project();
  await each.roundTrip([Plain]);
  const Renamed = defineTable("plain", {
    columns: z.object({ id: z.int32(), a: z.int32(), c: z.string().nullable() }),
  });
  const { up } = await each.roundTrip([Renamed]);
  assert.equal(up[0], '-- Where "b" was renamed: ALTER TABLE "plain" RENAME COLUMN "b" TO "c";');
});

test("an index or constraint that is the same by another name is renamed, and a changed one replaced", async () => {
  await using each = await project();
  await each.db.sql.unsafe(
    `create table plain (id int4 constraint plain_pkey primary key, a int not null, b text);
    create index plain_b on plain (b); alter table plain add constraint ck_plain_a_small check (a < 5)`,
  );
  const Named = defineTable("plain", {
    columns: z.object({ id: z.int32(), a: z.int32(), b: z.string().nullable() }),
    indexes: ["b"],
    checks: { a_small: "a < 10" },
  });
  const { up } = await each.write([Named]);
  assert.deepEqual(up, [
    'ALTER TABLE "plain" RENAME CONSTRAINT "plain_pkey" TO "pk_plain";',
    'ALTER TABLE "plain" DROP CONSTRAINT "ck_plain_a_small";',
    'ALTER INDEX "plain_b" RENAME TO "ix_plain_b";',
    'ALTER TABLE "plain" ADD CONSTRAINT "ck_plain_a_small" CHECK ((a < 10));',
  ]);
  await each.migrator.up();
  await each.assertSame([Named]);
  await each.migrator.down();
  await each.migrator.up();
  await each.assertSame([Named]);
});

test("a unique that Python, or an earlier version, called by its first column alone stays", async () => {
  await using each = await project();
  await each.db.sql.unsafe(
    `create table plain (id int4 constraint pk_plain primary key, a int not null, b text not null, c text not null,
      constraint uq_plain_a unique (a, b), constraint uq_plain_a_c unique (a, c))`,
  );
  const Named = defineTable("plain", {
    columns: z.object({ id: z.int32(), a: z.int32(), b: z.string(), c: z.string() }),
    unique: [["a", "b"], ["a", "c"]],
  });
  await each.assertSame([Named]);
  const Soft = defineTable("soft", {
    columns: { id: z.int32(), a: z.int32() },
    unique: [["id", "a"]],
    ...softDelete,
  });
  await each.roundTrip([Soft]);
  await each.db.sql`alter index uq_soft_id_a rename to uq_soft_id`;
  await each.assertSame([Soft]);
});

test("tables that refer to each other, and to ones that are not defined, are written and compared", async () => {
  await using each = await project();
  await each.db.sql`create table outside (id int primary key)`;
  await each.db.sql`create type mood as enum ('fine', 'so')`;
  const A = defineTable("a", {
    columns: z.object({ id: z.int32(), b: z.int32(), o: z.int32(), mood: z.string() }),
    columnTypes: { mood: "mood" },
    defaults: { mood: "'fine'" },
    foreignKeys: [
      { columns: ["b"], references: "b" },
      { columns: ["o"], references: "outside" },
    ],
  });
  const B = defineTable("b", {
    columns: z.object({ id: z.int32(), a: z.int32() }),
    foreignKeys: [{ columns: ["a"], references: "a" }],
  });
  const { up } = await each.roundTrip([A, B]);
  assert.ok(up.some((line) => /^ALTER TABLE "\w" ADD CONSTRAINT "fk_/.test(line)), up.join("\n"));
  assert.equal(up.at(-1), '-- DROP TABLE "outside";');
});

test("numbers that the database gives by itself appear and go", async () => {
  await using each = await project();
  const columns = z.object({ id: z.int32(), a: z.int32(), b: z.string().nullable() });
  const make = (id: string) => defineTable("plain", { columns, columnTypes: { id } });
  await each.roundTrip([make("integer")]);
  await each.db.sql`insert into plain (id, a) values (41, 1)`;
  for (const type of ["serial", "integer generated by default as identity", "integer"]) {
    await each.roundTrip([make(type)]);
    if (type === "serial") {
      assert.deepEqual([...await each.db.sql`insert into plain (a) values (2) returning id`], [{ id: 42 }]);
    }
  }
});

test("row level security is part of a table", async () => {
  await using each = await project();
  const make = (rowLevelSecurity: boolean) =>
    defineTable("owned", { columns: z.object({ id: z.uuid() }), rowLevelSecurity, ...merchantScoped });
  await each.roundTrip([make(false)]);
  const { up } = await each.roundTrip([make(true)]);
  assert.equal(up[0], 'ALTER TABLE "owned" ENABLE ROW LEVEL SECURITY;');
  assert.match(up[2]!, /^CREATE POLICY "glam_tenant" ON "owned" USING \(.*\) WITH CHECK \(.*\);$/);
});

test("tables of several schemas are compared, and only their schemas are looked at", async () => {
  await using each = await project();
  await using other = await createTestDatabase();
  await each.db.sql`create table ignored (id int)`;
  const Shop = defineTable(`${other.schema}.shop`, { columns: z.object({ id: z.int32() }) });
  const Stock = defineTable(`${other.schema}.stock`, {
    columns: z.object({ id: z.int32(), shop: z.int32() }),
    foreignKeys: [{ columns: ["shop"], references: `${other.schema}.shop` }],
    indexes: ["shop"],
  });
  const { up } = await each.roundTrip([Stock, Shop]);
  assert.ok(up.every((line) => !line.includes("ignored")));
});

test("files that are not applied have to be applied first", async () => {
  await using each = await project();
  each.files.push(migration("0001_a", "create table a (id int);"));
  const { message } = await problemOf(each.migrator.create("b", { autogenerate: [Plain] }), "refused");
  assert.equal(message, "Apply what is not applied first, or it would be written again: 0001_a");
});

test("a table that cannot be made is said with what Postgres says of it, and nothing is left", async () => {
  await using each = await project();
  const Broken = defineTable("broken", { columns: z.object({ id: z.int32() }), checks: { no: "nope > 1" } });
  const { message } = await problemOf(
    each.migrator.create("b", { autogenerate: [Plain, Broken] }),
    "refused",
  );
  assert.equal(
    message,
    'Cannot create the table "broken" as it is defined: column "nope" does not exist (42703)',
  );
  const scratch = await each.db.sql`select nspname from pg_namespace where nspname like 'glam_scratch%'`;
  assert.equal(scratch.length, 0);
});

test("a list without tables is refused", async () => {
  await using each = await project();
  for (const tables of [[], [{}], "items"]) {
    await assert.rejects(
      each.migrator.create("b", { autogenerate: tables as never }),
      /^TypeError: Expected `autogenerate`/,
    );
  }
});

test("an index alone is added to a column with a default, which stays as it is", async () => {
  await using db = await createTestDatabase();
  const project = new Project(db);
  const columns = z.object({ id: z.uuid(), made: z.date() });
  const defaults = { made: "now()" };
  await project.write([defineTable("things", { columns, defaults })]);
  await project.migrator.up();
  const { up, down } = await project.write([defineTable("things", { columns, defaults, indexes: ["made"] })]);
  assert.deepEqual(up.filter((line) => !line.startsWith("--")), [
    'CREATE INDEX "ix_things_made" ON "things" USING btree (made);',
  ]);
  assert.deepEqual(down, ['DROP INDEX "ix_things_made";']);
});
