import { defineTable, Migrator, type TableModel } from "@glam/shared/db";
import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import { createTestDatabase, type TestDatabase } from "../../_support/postgres.ts";
import { problemOf } from "./_migrations.ts";

function tableOf(type: string): TableModel {
  return defineTable("things", {
    columns: z.object({ id: z.int32(), value: z.unknown() }),
    columnTypes: { value: type },
  });
}

async function withColumn(type: string, values = ""): Promise<TestDatabase> {
  const db = await createTestDatabase();
  await db.sql.unsafe(`create table things (id int constraint pk_things primary key, value ${type})`);
  if (values !== "") {
    await db.sql.unsafe(`insert into things select row_number() over (), v from unnest(${values}) v`);
  }
  return db;
}

async function write(db: TestDatabase, type: string): Promise<string> {
  return (await new Migrator(db, { migrations: [] }).create("change", { autogenerate: [tableOf(type)] }))!
    .sql;
}

const SQL_OF_LOSS = /^-- (SELECT count\(\*\) FROM "things" WHERE .*);$/m;

// From, to, values, and how many of them do not fit.
const NARROWINGS: readonly (readonly [from: string, to: string, values: string, lost: number])[] = [
  ["character varying(40)", "character varying(10)", "array['short', 'longer than ten']", 1],
  ["text", "character varying(5)", "array['12345', '123456', null]", 1],
  ["bigint", "integer", "array[1, 3000000000]", 1],
  ["integer", "smallint", "array[1, 40000, -40000]", 2],
  ["numeric", "integer", "array[1, 1.5, 3000000000]", 2],
  ["numeric(10,3)", "numeric(10,2)", "array[1.500, 1.555]", 1],
  ["numeric(10,2)", "numeric(5,2)", "array[1, 1000]", 1],
  ["numeric(10,2)", "numeric(10,4)", "array[1, 12345678]", 1],
  ["double precision", "real", "array[0.5, 0.1]::float8[]", 1],
  ["timestamp with time zone", "date", "array['2024-07-01', '2024-07-01 12:00']::timestamptz[]", 1],
  [
    "timestamp with time zone",
    "timestamp(0) with time zone",
    "array['2024-07-01', '2024-07-01 12:00:00.6']::timestamptz[]",
    1,
  ],
  ["character varying(40)[]", "character varying(3)[]", "", 0],
];

for (const [from, to, values, lost] of NARROWINGS) {
  test(`${from} to ${to} is commented out, with the query that counts what does not fit`, async () => {
    await using db = await withColumn(from, values);
    const before = [...await db.sql.unsafe("select * from things order by id")];
    const sql = await write(db, to);
    const [, query] = SQL_OF_LOSS.exec(sql) ?? [];
    assert.ok(query !== undefined, sql);
    assert.deepEqual([...await db.sql.unsafe(query)], [{ count: String(lost) }]);
    assert.match(sql, /^-- ALTER TABLE "things" ALTER COLUMN "value" TYPE .*;$/m);
    assert.doesNotMatch(sql, /USING/);
    const files = [{ name: "0001_change.sql", sql }];
    const migrator = new Migrator(db, { migrations: files });
    await migrator.up();
    assert.deepEqual([...await db.sql.unsafe("select * from things order by id")], before);
    // What somebody has seen and left as it is, is not proposed again.
    assert.equal(await migrator.create("again", { autogenerate: [tableOf(to)] }), undefined);
    await migrator.down();
  });
}

test("a narrowing whose comment is taken away fails rather than shorten a text, and works once all fit", async () => {
  await using db = await withColumn("character varying(40)", "array['short', 'longer than ten']");
  const sql = (await write(db, "character varying(10)")).replace(/^-- ALTER/gm, "ALTER");
  const migrator = new Migrator(db, { migrations: [{ name: "0001_change.sql", sql }] });
  assert.match(
    (await problemOf(migrator.up(), "failed")).message,
    /value too long for type character varying\(10\)/,
  );
  await db.sql`update things set value = 'now short' where id = 2`;
  await migrator.up();
  assert.equal(
    await migrator.create("again", { autogenerate: [tableOf("character varying(10)")] }),
    undefined,
  );
  await migrator.down();
});

const WIDENINGS: readonly (readonly [from: string, to: string])[] = [
  ["character varying(10)", "character varying(40)"],
  ["character varying(10)", "text"],
  ["character varying(10)[]", "text[]"],
  ["smallint", "integer"],
  ["integer", "bigint"],
  ["integer", "double precision"],
  ["bigint", "numeric"],
  ["numeric(10,2)", "numeric(12,3)"],
  ["real", "double precision"],
  ["date", "timestamp with time zone"],
  ["timestamp(3) without time zone", "timestamp without time zone"],
  ["json", "jsonb"],
  ["uuid", "text"],
];

for (const [from, to] of WIDENINGS) {
  test(`${from} to ${to} is written as it runs, without USING`, async () => {
    await using db = await withColumn(from);
    const sql = await write(db, to);
    const [up] = sql.split("-- migrate:down");
    assert.equal(up!.trim(), `-- migrate:up\nALTER TABLE "things" ALTER COLUMN "value" TYPE ${to};`);
    const migrator = new Migrator(db, { migrations: [{ name: "0001_change.sql", sql }] });
    await migrator.up();
    assert.equal(await migrator.create("again", { autogenerate: [tableOf(to)] }), undefined);
    await migrator.down();
  });
}

test("a type that no assignment converts to has USING, and is commented out", async () => {
  await using db = await withColumn("text", "array['1', '2']");
  const sql = await write(db, "integer");
  assert.match(sql, /^-- ALTER TABLE "things" ALTER COLUMN "value" TYPE integer USING "value"::integer;$/m);
  const migrator = new Migrator(db, {
    migrations: [{ name: "0001_change.sql", sql: sql.replace(/^-- ALTER/gm, "ALTER") }],
  });
  await migrator.up();
  assert.deepEqual([...await db.sql`select value from things order by id`], [{ value: 1 }, { value: 2 }]);
  await migrator.down();
});
