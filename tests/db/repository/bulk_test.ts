import assert from "node:assert/strict";
import { it } from "node:test";
import { defineTable, Repository, timestamps, versioned } from "@glam/shared/db";
import { ConflictError, ContractError, ValidationError } from "@glam/shared/errors";
import fc from "fast-check";
import * as z from "zod";
import { byExtent } from "../../_support/extent.ts";
import { createTestDatabase } from "../../_support/postgres.ts";
import { createTables, uuid } from "../_support.ts";

const Values = defineTable("values_of_all_kinds", {
  columns: z.object({
    id: z.int32(),
    text: z.string().nullable(),
    short: z.string().nullable(),
    fixed: z.string().nullable(),
    uuid: z.guid().nullable(),
    big: z.bigint().nullable(),
    exact: z.string().nullable(),
    scaled: z.string().nullable(),
    huge: z.bigint().nullable(),
    counted: z.number().nullable(),
    small: z.int32().nullable(),
    real: z.float64().nullable(),
    flag: z.boolean().nullable(),
    date: z.date().nullable(),
    instant: z.iso.datetime({ offset: true }).nullable(),
    local: z.iso.datetime({ local: true }).nullable(),
    day: z.iso.date().nullable(),
    json: z.unknown(),
    object: z.record(z.string(), z.unknown()).nullable(),
    list: z.array(z.string()).nullable(),
    numbers: z.array(z.int32()).nullable(),
    bytes: z.instanceof(Uint8Array).nullable(),
    state: z.enum(["it's", 'a "b"', "c\\d"]).nullable(),
  }),
  columnTypes: {
    short: "varchar(20)",
    fixed: "char(3)",
    exact: "numeric",
    scaled: "numeric(20,4)",
    huge: "numeric(40)",
    counted: "bigint",
    local: "timestamp",
    json: "jsonb",
    list: "text[]",
    numbers: "integer[]",
    bytes: "bytea",
  },
});

const anyText = fc.string({
  unit: fc.constantFrom("a", '"', "\\", "{", "}", ",", "'", " ", "\n", "\t", "ä", "🦄", "NULL"),
});
const anyJson = fc.jsonValue({ noUnicodeString: false }).map((value) =>
  JSON.parse(dropNul(JSON.stringify(value)))
);
const orNull = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: null });
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

/** Postgres has no place for the character 0, nor for half of a pair. */
function dropNul(text: string): string {
  return text.replaceAll("\\u0000", "").replaceAll(/\\u[dD][89a-fA-F][0-9a-fA-F]{2}/g, "");
}

const row = fc.record({
  text: orNull(anyText),
  short: orNull(anyText.map((text) => Array.from(text).slice(0, 20).join(""))),
  fixed: orNull(fc.constantFrom("abc", "{,}", '"\\\\')),
  uuid: orNull(fc.uuid()),
  big: orNull(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  exact: orNull(
    fc.constantFrom("0.1", "-123456789012345678901234567890.123456789012345678901234567890", "1e3", "NaN"),
  ),
  scaled: orNull(fc.constantFrom("0.1000", "-9999999999999999.9999")),
  huge: orNull(fc.bigInt({ min: -(10n ** 39n), max: 10n ** 39n })),
  counted: orNull(fc.maxSafeInteger()),
  small: orNull(int32),
  real: orNull(fc.double({ noNaN: true, noDefaultInfinity: true })),
  flag: orNull(fc.boolean()),
  date: orNull(
    fc.oneof(
      fc.date({ noInvalidDate: true, min: new Date("-004712-01-01"), max: new Date("+275760-09-12") }),
      fc.date({ noInvalidDate: true, min: new Date("1900-01-01"), max: new Date("2100-12-31") }),
      fc.constantFrom(8.64e15, -8.64e15).map((time) => new Date(time)),
    ),
  ),
  instant: orNull(
    fc.constantFrom("2024-02-29T23:59:59.999999Z", "1970-01-01T00:00:00.000001Z", "-infinity", "infinity"),
  ),
  local: orNull(fc.constantFrom("2024-02-29T23:59:59.123456", "0099-01-01T00:00:00.000000 BC", "infinity")),
  day: orNull(fc.constantFrom("2024-02-29", "0001-01-01", "9999-12-31", "10000-01-01", "-infinity")),
  json: anyJson.map((value) => value ?? null),
  object: orNull(fc.dictionary(fc.constantFrom("a", 'b"', "c\\"), anyJson, { noNullPrototype: true })),
  list: orNull(fc.array(anyText)),
  numbers: orNull(fc.array(int32)),
  bytes: orNull(fc.uint8Array({ maxLength: 20 })),
  state: orNull(fc.constantFrom("it's", 'a "b"', "c\\d") as fc.Arbitrary<"it's">),
});

it("every value comes back as it was given, from save, saveMany and upsert", async () => {
  await using db = await createTestDatabase({ poolSize: 1 });
  await createTables(db, Values);
  const values = new Repository(db, Values);
  const expected = (given: Record<string, unknown>) => {
    const plain = { ...given };
    if (plain["exact"] === "1e3") plain["exact"] = "1000";
    if (plain["real"] === 0) plain["real"] = 0; // not -0
    return plain;
  };
  const bare = (stored: Record<string, unknown>) => {
    const bytes = stored["bytes"] as Uint8Array | null;
    return { ...stored, bytes: bytes === null ? null : new Uint8Array(bytes) };
  };
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 6 }), async (rows) => {
      await db.sql`truncate values_of_all_kinds`;
      const given = rows.map((row, id) => ({ ...row, id }));
      const wanted = given.map(expected);
      await values.saveMany(given);
      assert.deepEqual((await values.findAll()).map(bare), wanted);
      await db.sql`truncate values_of_all_kinds`;
      assert.deepEqual((await Promise.all(given.map((row) => values.save(row)))).map(bare), wanted);
      await db.sql`update values_of_all_kinds set text = 'x', json = null, list = '{}', date = null`;
      await values.upsert(given);
      assert.deepEqual((await values.findAll()).map(bare), wanted);
      for (const row of given) {
        const { id, ...rest } = row;
        await values.update(id, rest);
      }
      assert.deepEqual((await values.findAll()).map(bare), wanted);
    }),
    { numRuns: byExtent({ whole: 60, short: 12 }) },
  );
});

it("a value that does not fit is refused in bulk as it is alone, and nothing is cut", async () => {
  await using db = await createTestDatabase();
  const Short = defineTable("short", {
    columns: z.object({ id: z.int32(), name: z.string(), price: z.string() }),
    columnTypes: { name: "varchar(3)", price: "numeric(4,2)" },
  });
  await createTables(db, Short);
  const short = new Repository(db, Short);
  for (
    const bad of [{ name: "abcd", price: "1" }, { name: "abc", price: "100" }, { name: "a\0b", price: "1" }]
  ) {
    const row = { id: 1, ...bad };
    for (const [from, expected] of [["service", ContractError], ["client", ValidationError]] as const) {
      await assert.rejects(short.save(row, { from }), expected, JSON.stringify(row));
      await assert.rejects(short.saveMany([row], { from }), expected, JSON.stringify(row));
      await assert.rejects(short.upsert([row], { from }), expected, JSON.stringify(row));
    }
  }
  assert.equal(await short.count(), 0);
});

/** More than one statement takes, and divisible by six. */
const MANY = byExtent({ whole: 100_002, short: 18_000 });

it("very many ragged rows are saved, and saved again, in one call each, or not at all", async () => {
  await using db = await createTestDatabase();
  const Items = defineTable("items", {
    columns: z.object({ id: z.uuid(), name: z.string(), note: z.string().nullish(), stock: z.int32() }),
    defaults: { stock: "7" },
    ...timestamps,
  });
  await createTables(db, Items);
  const items = new Repository(db, Items);
  const rows = Array.from({ length: MANY }, (_, i) => ({
    id: uuid(i),
    name: `n${i}`,
    ...(i % 2 === 0 ? { note: "even" } : {}),
    ...(i % 3 === 0 ? { stock: i } : {}),
  }));
  assert.equal(await items.saveMany(rows), MANY);
  assert.equal(await items.count({ note: "even" }), MANY / 2);
  assert.equal(await items.count({ note: null }), MANY / 2);
  assert.equal(await items.count({ stock: 7 }), MANY * 2 / 3);

  const changed = rows.map(({ id, ...rest }, i) => ({
    id,
    name: `m${i}`,
    ...("note" in rest ? {} : { note: "odd" }),
  }));
  assert.equal(await items.upsert(changed), MANY);
  assert.equal(await items.count({ note: "even" }), MANY / 2);
  assert.equal(await items.count({ note: "odd" }), MANY / 2);
  assert.equal(await items.count({ name: { startsWith: "m" } }), MANY);
  assert.equal(await items.count({ stock: 7 }), MANY * 2 / 3);

  const last = [...rows.slice(0, 9_999).map((row, i) => ({ ...row, id: uuid(1_000_000 + i) })), rows[0]!];
  await assert.rejects(items.saveMany(last), ConflictError);
  await assert.rejects(items.upsert([...last, { ...last[5]!, name: "twice" }]), ContractError);
  assert.equal(await items.count(), MANY);
});

it("of two updates with the same version exactly one wins, also when many try at once", async () => {
  await using db = await createTestDatabase({ poolSize: 8 });
  const Counters = defineTable("counters", { columns: { id: z.int32(), value: z.int32() }, ...versioned });
  await createTables(db, Counters);
  const counters = new Repository(db, Counters);
  await counters.save({ id: 1, value: 0 });
  for (let round = 0; round < 10; round++) {
    const { value, version } = (await counters.findById(1))!;
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, () => counters.update(1, { value: value + 1, version })),
    );
    assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
    for (const result of results) {
      if (result.status === "rejected") assert.ok(result.reason instanceof ConflictError);
    }
  }
  assert.equal((await counters.findById(1))?.value, 10);
});
