import assert from "node:assert/strict";
import { it } from "node:test";
import { defineTable, type Filter, Repository, type RowOf, timestamps } from "@glam/shared/db";
import { type GlamError, isGlamError } from "@glam/shared/errors";
import * as z from "zod";
import { createTestDatabase } from "../../_support/postgres.ts";
import { createTables, uuid } from "../_support.ts";

const columns = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`c${i}`, z.string().nullish()]));
const Wide = defineTable("wide", { columns: z.object({ id: z.uuid(), ...columns }), ...timestamps });

async function preparedTexts(sql: { unsafe(text: string): Promise<unknown> }): Promise<number> {
  const [row] = await sql.unsafe("select count(*) as n from pg_prepared_statements") as { n: string }[];
  return Number(row!.n);
}

it("the number of prepared statements has an end, whatever filters a client puts together", async () => {
  await using db = await createTestDatabase({ poolSize: 1 });
  await createTables(db, Wide);
  const wide = new Repository(db, Wide);
  await wide.save({ id: uuid(1), c3: "a" } as never);
  let found = 0;
  for (let mask = 1; mask < 900; mask++) {
    const filter: Record<string, unknown> = {};
    for (let i = 0; i < 12; i++) if (mask >> i & 1) filter[`c${i}`] = i === 3 ? "a" : null;
    found += await wide.count(filter as Filter<RowOf<typeof Wide>>);
  }
  assert.equal(found, 899);
  assert.ok(await preparedTexts(db.sql) <= 520);
});

it("values are no part of a text: a thousand of them prepare one statement each kind of call", async () => {
  await using db = await createTestDatabase({ poolSize: 1 });
  await createTables(db, Wide);
  const wide = new Repository(db, Wide);
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
  await createTables(db, Wide);
  const wide = new Repository(db, Wide);
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
    [() => users.save({ id: uuid(2), email: secret, age: 1 }), 422, "ck_users_adult"],
    [() => users.save({ id: uuid(2), email: "b", age: 20, team: uuid(9) }), 409, "fk_users_team_users"],
    [() => users.saveMany([{ id: uuid(2), email: secret, age: 20 }]), 409, "uq_users_email"],
    [() => users.findAll({ id: secret }), 422, undefined],
    [() => users.update(uuid(1), { age: 1 }), 422, "ck_users_adult"],
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
