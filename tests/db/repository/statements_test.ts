import assert from "node:assert/strict";
import { it } from "node:test";
import { type Database, defineTable, type Filter, Repository, type RowOf, timestamps } from "@glam/shared/db";
import { type GlamError, isGlamError } from "@glam/shared/errors";
import * as z from "zod";
import { createTestDatabase } from "../../_support/postgres.ts";
import { createTables, uuid } from "../_support.ts";

const columns = Object.fromEntries(
  Array.from({ length: 12 }, (_, i) => [`c${i}`, z.string().nullish()]),
) as Record<`c${1 | 2 | 3}`, z.ZodOptional<z.ZodNullable<z.ZodString>>>;

/** A table of its own for a test, since its statements are kept as long as the table is. */
function wideTable() {
  return defineTable("wide", { columns: z.object({ id: z.uuid(), ...columns }), ...timestamps });
}
type WideFilter = Filter<RowOf<ReturnType<typeof wideTable>>>;

async function wideRepository(db: Database) {
  const Wide = wideTable();
  await createTables(db, Wide);
  return new Repository(db, Wide);
}

type Sql = { unsafe(text: string): Promise<unknown> };

async function preparedTexts(sql: Sql): Promise<number> {
  const [row] = await sql.unsafe("select count(*) as n from pg_prepared_statements") as { n: string }[];
  return Number(row!.n);
}

/** The characters of all statements that the backend of this connection has prepared. */
async function preparedLength(sql: Sql): Promise<number> {
  const text = "select coalesce(sum(length(statement)), 0) as n from pg_prepared_statements";
  const [row] = await sql.unsafe(text) as { n: string }[];
  return Number(row!.n);
}

/** One of 4,095 filters on the columns of a wide table, each with a text of its own. */
function filterOf(mask: number): WideFilter {
  const names = Array.from({ length: 12 }, (_, i) => `c${i}`).filter((_, i) => mask >> i & 1);
  return Object.fromEntries(names.map((name) => [name, name === "c3" ? "a" : null]));
}

it("the text of prepared statements has an end, whatever filters a client puts together", async () => {
  await using db = await createTestDatabase({ poolSize: 1 });
  const wide = await wideRepository(db);
  await wide.save({ id: uuid(1), c3: "a" } as never);
  let found = 0;
  for (let mask = 1; mask <= 1500; mask++) {
    const one = filterOf(mask);
    found += await wide.count({ or: [one, { and: [one, one] }, { not: { not: one } }, one, one, one] });
  }
  assert.equal(found, 1500);
  const length = await preparedLength(db.sql);
  // What the cache holds, and what may be replaced in an hour.
  assert.ok(length > 100_000 && length < (128 + 32 + 20) * 1024, String(length));
});

it("a statement that is used stays prepared, whatever else comes, and a new one finds room", async () => {
  await using db = await createTestDatabase({ poolSize: 1 });
  const wide = await wideRepository(db);
  const runsOf = async (like: string) => {
    const rows = await db.sql.unsafe(
      "select generic_plans + custom_plans as n from pg_prepared_statements where statement like $1",
      [like],
    ) as { n: string }[];
    return rows.map(({ n }) => Number(n));
  };
  // More than the cache holds, and less than is replaced in an hour.
  let used = 0;
  for (let mask = 1; await preparedLength(db.sql) < 140 * 1024; mask++) {
    assert.ok(mask < 2000, "the cache takes no further statement");
    await wide.count({ or: [filterOf(mask), filterOf(mask)] });
    if (mask % 50 > 0) continue;
    await wide.exists({ c1: null });
    used++;
  }
  assert.deepEqual(await runsOf('SELECT 1 AS found % WHERE "c1" IS NULL LIMIT 1'), [used]);
  for (let i = 0; i < 5; i++) await wide.exists({ c2: null });
  assert.deepEqual(await runsOf('SELECT 1 AS found % WHERE "c2" IS NULL LIMIT 1'), [5]);
});

it("a long text is not prepared", async () => {
  await using db = await createTestDatabase({ poolSize: 1 });
  const wide = await wideRepository(db);
  const before = await preparedLength(db.sql);
  for (let n = 900; n < 910; n++) {
    await wide.count({ or: Array.from({ length: n }, () => ({ created_at: { isNull: false } })) });
  }
  assert.equal(await preparedLength(db.sql), before);
});

it("a filter has an end: so many conditions in all its lists together, but any number of values for in", async () => {
  await using db = await createTestDatabase();
  const wide = await wideRepository(db);
  const filters = (n: number) => Array.from({ length: n }, (_, i) => ({ id: uuid(i) }));
  await wide.save({ id: uuid(999) });
  assert.equal(await wide.count({ or: filters(1000) }), 1);
  assert.equal(await wide.count({ id: { in: Array.from({ length: 50_000 }, (_, i) => uuid(i)) } }), 1);
  const group = { id: uuid(1), c1: "a" } as WideFilter;
  const long: WideFilter[] = [
    { or: filters(1001) },
    { and: filters(1001) },
    { and: [{ or: filters(500) }, { or: filters(500) }], not: { id: uuid(1) } },
    { or: Array.from({ length: 501 }, () => group) },
    { or: Array.from({ length: 1001 }, () => ({})) },
    { or: Array.from({ length: 1001 }, () => ({ and: [] })) },
    { or: Array.from({ length: 501 }, () => ({ c1: { gt: "a", lt: "b" } })) } as never,
  ];
  for (const filter of long) {
    for (
      const call of [
        () => wide.count(filter),
        () => wide.findAll(filter),
        () => wide.findAfter(filter),
        () => wide.delete(filter),
        () => Array.fromAsync(wide.stream(filter)),
      ]
    ) {
      await assert.rejects(call(), { status: 422, message: /at most 1000 conditions; "in"/ });
    }
  }
  assert.equal(await wide.count(), 1);
});

it("values are no part of a text: a thousand of them prepare one statement each kind of call", async () => {
  await using db = await createTestDatabase({ poolSize: 1 });
  const wide = await wideRepository(db);
  const before = await preparedTexts(db.sql);
  for (let i = 0; i < 50; i++) {
    await wide.findById(uuid(i));
    await wide.findAll({ id: { in: Array.from({ length: i }, (_, n) => uuid(n)) } }, {
      limit: i,
      offset: i + 1,
    });
    await wide.saveMany(Array.from({ length: i + 1 }, (_, n) => ({ id: uuid(i * 1000 + n) })));
    await wide.findAfter({}, { limit: i + 1 });
  }
  assert.ok(await preparedTexts(db.sql) - before <= 6);
});

it("a column that somebody adds does not break statements that are prepared", async () => {
  await using db = await createTestDatabase({ poolSize: 1 });
  const wide = await wideRepository(db);
  await db.transaction(async (tx) => {
    await wide.save({ id: uuid(1) });
    await wide.findAll();
    await tx`alter table wide add column later text default 'x'`;
    await wide.findAll();
    assert.equal(Object.hasOwn((await wide.findById(uuid(1)))!, "later"), false);
  });
});

it("what the server says of the data never reaches a client, nor does SQL or a parameter", async () => {
  await using db = await createTestDatabase();
  const Users = defineTable("users", {
    columns: z.object({ id: z.uuid(), email: z.string(), age: z.int32(), team: z.uuid().nullish() }),
    unique: ["email"],
    checks: { adult: "age >= 18" },
    foreignKeys: [{ columns: "team", references: "users" }],
  });
  await createTables(db, Users);
  const users = new Repository(db, Users);
  const secret = "secret@example.com";
  await users.save({ id: uuid(1), email: secret, age: 20 });
  const failures: readonly [() => Promise<unknown>, number, string | undefined][] = [
    [() => users.save({ id: uuid(1), email: "b", age: 20 }), 409, "pk_users"],
    [() => users.save({ id: uuid(2), email: secret, age: 20 }), 409, "uq_users_email"],
    [() => users.save({ id: uuid(2), email: secret, age: 1 }), 500, "ck_users_adult"],
    [() => users.save({ id: uuid(2), email: secret, age: 1 }, { from: "client" }), 422, "ck_users_adult"],
    [() => users.save({ id: uuid(2), email: "b", age: 20, team: uuid(9) }), 409, "fk_users_team_users"],
    [() => users.saveMany([{ id: uuid(2), email: secret, age: 20 }]), 409, "uq_users_email"],
    [() => users.findAll({ id: secret }), 422, undefined],
    [() => users.update(uuid(1), { age: 1 }), 500, "ck_users_adult"],
    [() => users.update(uuid(1), { age: 1 }, { from: "client" }), 422, "ck_users_adult"],
  ];
  for (const [run, status, constraint] of failures) {
    const error = await run().then(() => undefined, (error: GlamError) => error);
    assert.ok(isGlamError(error));
    assert.equal(error.status, status, error.message);
    assert.equal(error.details["constraint"], constraint);
    const body = await error.getResponse().text();
    assert.doesNotMatch(body, /secret|00000000-0000|insert|select|update|detail"/i);
  }
});
