import assert from "node:assert/strict";
import { it } from "node:test";
import { defineTable, Repository } from "@glam/shared/db";
import { ValidationError } from "@glam/shared/errors";
import * as z from "zod";
import { createTestDatabase } from "../../_support/postgres.ts";
import { createTables } from "../_support.ts";

/** The type of a column, the schema of its values, and values of it. */
const COLUMNS: readonly (readonly [type: string, schema: z.ZodType, ...values: unknown[][]])[] = [
  ["text[]", z.array(z.string()), [], ["", "a", "NULL", 'q"\\,{}', "ä\n🦄"], ["[1]", '{"a":1}']],
  ["text[]", z.array(z.string().nullable()), [null, "NULL", null]],
  ["text[]", z.array(z.array(z.string())), [["a", "b"], ["c", "{d}"]]],
  ["varchar(5)[]", z.array(z.string()), ["abcde"]],
  ["text[]", z.array(z.enum(["it's", "b"])), ["it's", "b"]],
  ["mood[]", z.array(z.enum(["sad", 'not, "ok"'])), ["sad", 'not, "ok"'], []],
  ["mood[]", z.array(z.enum(["sad", 'not, "ok"']).nullable()), ["sad", null]],
  ["positive[]", z.array(z.int32()), [1, 2]],
  ["integer[]", z.array(z.int32()), [-1, 2147483647], []],
  ["smallint[]", z.array(z.array(z.int32())), [[1, 2], [3, 4]]],
  ["bigint[]", z.array(z.bigint()), [-(2n ** 63n), 2n ** 63n - 1n]],
  ["bigint[]", z.array(z.bigint().nullable()), [1n, null]],
  ["bigint[]", z.array(z.int()), [Number.MAX_SAFE_INTEGER]],
  ["numeric[]", z.array(z.string()), ["0.10", "NaN", "123456789012345678901234567890.5"]],
  ["numeric(40)[]", z.array(z.bigint()), [10n ** 39n]],
  ["numeric(6,2)[]", z.array(z.number()), [1.5, -2.25]],
  ["real[]", z.array(z.float32()), [0.5, -1.25]],
  ["double precision[]", z.array(z.float64()), [0.1, -1e300]],
  ["boolean[]", z.array(z.boolean()), [true, false]],
  ["uuid[]", z.array(z.guid()), ["0190163d-8694-739b-aea5-966c26f8ad91"]],
  ["date[]", z.array(z.iso.date()), ["2026-01-01", "0001-01-01"]],
  ["date[]", z.array(z.date()), [new Date("2026-01-01"), new Date("0099-12-31")]],
  ["timestamptz[]", z.array(z.iso.datetime()), ["2026-01-01T00:00:00.000001Z"]],
  ["timestamptz[]", z.array(z.date()), [
    new Date("2026-01-01T00:00:00.123Z"),
    new Date("+010000-01-01T00:00:00Z"),
  ]],
  ["timestamp[]", z.array(z.iso.datetime({ local: true })), ["2026-01-01T00:00:00.000001"]],
  ["time[]", z.array(z.iso.time()), ["23:59:59.5"]],
  ["bytea[]", z.array(z.instanceof(Uint8Array)), [new Uint8Array(), new Uint8Array([0, 1, 255, 34, 92])]],
  ["jsonb[]", z.array(z.unknown()), [{ a: 'q"\\' }], [1], ["x"], ["null"], [null], [[1, [2]], [3]], [
    true,
    "",
  ]],
  ["jsonb[]", z.array(z.array(z.int())), [[1, 2], [3]], []],
  ["json[]", z.array(z.object({ at: z.date(), n: z.bigint() })), [{ at: new Date(0), n: 2n ** 60n }]],
  ["jsonb", z.array(z.bigint()), [1n, 2n ** 60n]],
  ["jsonb", z.array(z.date().nullable()), [new Date(0), null]],
  ["jsonb", z.array(z.object({ by: z.record(z.string(), z.bigint()).optional() })), [{ by: { a: 1n } }, {}]],
  ["inet[]", z.array(z.string()), ["10.0.0.1", "::1"]],
  ["box[]", z.array(z.string()), ["(2,2),(1,1)", "(4,4),(3,3)"]],
  ["interval[]", z.array(z.string()), ["1 day", "00:00:01"]],
];

const COMPARED = COLUMNS.filter(([type]) => !/^json\[|^box/.test(type));

const Arrays = defineTable("arrays", {
  columns: z.object({
    id: z.int32(),
    ...Object.fromEntries(COLUMNS.map(([, schema], i) => [`c${i}`, schema.nullable()])),
  }),
  columnTypes: Object.fromEntries(COLUMNS.map(([type], i) => [`c${i}`, type])) as never,
});

type AnyRow = Record<string, unknown>;

/** Rows that have each of the values once. */
function rows(): AnyRow[] {
  const length = Math.max(...COLUMNS.map(([, , ...values]) => values.length)) + 1;
  return Array.from({ length }, (_, id) => ({
    id,
    ...Object.fromEntries(COLUMNS.map(([, , ...values], i) => [`c${i}`, values[id] ?? null])),
  }));
}

async function arrays() {
  const db = await createTestDatabase({ poolSize: 1 });
  // After the pool has learnt the types of the server.
  await db.sql`create type mood as enum ('sad', 'not, "ok"')`;
  await db.sql`create domain positive as integer check (value > 0)`;
  await createTables(db, Arrays);
  return { db, table: new Repository(db, Arrays) as unknown as Repository };
}

it("an array of every type comes back as its schema says, from every method that reads or writes", async () => {
  const { db, table } = await arrays();
  await using _ = db;
  const given = rows();
  for (const row of given) assert.deepEqual(await table.save(row), row);
  assert.deepEqual(await table.findAll(), given);
  assert.deepEqual(await table.findById(0), given[0]);
  assert.deepEqual(await Array.fromAsync(table.stream({}, { orderBy: { column: "id" } as never })), given);
  for (const { id, ...row } of given) assert.deepEqual(await table.update(id, row), { id, ...row });
  await table.delete({});
  assert.equal(await table.saveMany(given), given.length);
  assert.deepEqual((await table.findAfter()).items, given);
  await db.sql.unsafe(`update arrays set ${COLUMNS.map((_, i) => `c${i} = null`).join(", ")}`);
  assert.equal(await table.upsert(given), given.length);
  assert.deepEqual(await table.findAll(), given);
  // What was read can be written back.
  assert.equal(await table.upsert(await table.findAll()), given.length);
  assert.deepEqual(await table.findAll(), given);
});

it("an array of every type is compared with one, and ordered by", async () => {
  const { db, table } = await arrays();
  await using _ = db;
  const given = rows();
  await table.saveMany(given);
  for (const [type, , ...values] of COMPARED) {
    const i = COLUMNS.findIndex((column) => column[0] === type && column[2] === values[0]);
    const column = `c${i}`;
    for (const [id, value] of values.entries()) {
      const label = `${type} ${column} ${String(value)}`;
      const same = await table.findAll({ [column]: { eq: value } } as never);
      assert.deepEqual(same.map((row) => (row as AnyRow)["id"]), [id], label);
      const holding = await table.findAll({ [column]: { contains: value } } as never);
      // A null is in no list.
      const found = holding.some((row) => (row as AnyRow)["id"] === id);
      assert.equal(found, !(value as unknown[]).includes(null) || type === "jsonb", label);
    }
    const ids: unknown[] = [];
    const orderBy = { column } as never;
    for (let after: string | undefined, more = true; more;) {
      const page = await table.findAfter({}, { orderBy, limit: 2, after });
      ids.push(...page.items.map((row) => (row as AnyRow)["id"]));
      after = page.next;
      more = after !== undefined;
    }
    assert.deepEqual(ids, (await table.findAll({}, { orderBy })).map((row) => (row as AnyRow)["id"]), type);
    assert.equal(new Set(ids).size, given.length);
  }
});

it("an element that does not fit is refused, and nothing is cut", async () => {
  await using db = await createTestDatabase();
  const Short = defineTable("short", {
    columns: z.object({ id: z.int32(), names: z.array(z.string()), flags: z.string().optional() }),
    columnTypes: { names: "varchar(3)[]", flags: "bit(3)" },
  });
  await createTables(db, Short);
  const short = new Repository(db, Short);
  for (const row of [{ id: 1, names: ["abc", "abcd"] }, { id: 1, names: [], flags: "1010" }]) {
    for (const write of [() => short.save(row), () => short.saveMany([row]), () => short.upsert([row])]) {
      await assert.rejects(write(), (error: Error) => !(error instanceof TypeError));
    }
  }
  assert.equal(await short.count(), 0);
  assert.equal(await short.saveMany([{ id: 1, names: ["abc"], flags: "101" }]), 1);
  await assert.rejects(short.count({ names: { in: [["abc"]] } }), ValidationError);
});
