import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import type { Sql } from "@glam/shared/db";
import {
  ConflictError,
  DatabaseError,
  ForbiddenError,
  GlamError,
  ValidationError,
} from "@glam/shared/errors";
import { createTestDatabase } from "../../_support/postgres.ts";

/** Stands for what a row or a parameter holds, and must not be seen. */
const SECRET = "S3cretOfAUser";

interface Case {
  readonly state: string;
  readonly error: new (...args: never[]) => GlamError;
  readonly status: number;
  readonly constraint?: string;
  run(sql: Sql): Promise<unknown>;
}

const raise = (state: string) => (sql: Sql) =>
  sql.unsafe(
    `do $$ begin raise exception '%', '${SECRET}' using errcode = '${state}', detail = '${SECRET}'; end $$`,
  );

const cases: readonly Case[] = [
  {
    state: "23505",
    error: ConflictError,
    status: 409,
    constraint: "users_pkey",
    run: (sql) => sql`insert into users (name) values (${SECRET})`,
  },
  {
    state: "23503",
    error: ConflictError,
    status: 409,
    constraint: "notes_author_fkey",
    run: (sql) => sql`insert into notes values (${`${SECRET}2`})`,
  },
  {
    state: "23502",
    error: ValidationError,
    status: 422,
    run: (sql) => sql`insert into users (name, age) values (${`${SECRET}3`}, null)`,
  },
  {
    state: "23514",
    error: ValidationError,
    status: 422,
    constraint: "users_age_check",
    run: (sql) => sql`insert into users (name, age) values (${`${SECRET}4`}, -1)`,
  },
  {
    state: "23P01",
    error: ConflictError,
    status: 409,
    constraint: "rooms_during_excl",
    run: (sql) => sql`insert into rooms values ('[1,5)'), ('[2,3)')`,
  },
  { state: "22P02", error: ValidationError, status: 422, run: (sql) => sql`select ${SECRET}::text::int` },
  {
    state: "22001",
    error: ValidationError,
    status: 422,
    run: (sql) => sql`insert into short values (${SECRET})`,
  },
  {
    state: "22003",
    error: ValidationError,
    status: 422,
    run: (sql) => sql`select ${"99999999999"}::text::int`,
  },
  { state: "40001", error: ConflictError, status: 409, run: raise("40001") },
  { state: "40P01", error: ConflictError, status: 409, run: raise("40P01") },
  { state: "42501", error: ForbiddenError, status: 403, run: raise("42501") },
  { state: "55P03", error: DatabaseError, status: 503, run: raise("55P03") },
  { state: "57014", error: DatabaseError, status: 503, run: raise("57014") },
  { state: "57P03", error: DatabaseError, status: 503, run: raise("57P03") },
  { state: "53300", error: DatabaseError, status: 503, run: raise("53300") },
  { state: "08006", error: DatabaseError, status: 503, run: raise("08006") },
  {
    state: "42P01",
    error: DatabaseError,
    status: 500,
    run: (sql) => sql`select ${SECRET}::text from nowhere`,
  },
  {
    state: "42703",
    error: DatabaseError,
    status: 500,
    run: (sql) => sql`select nothing from users where name = ${SECRET}`,
  },
];

async function withTables() {
  const db = await createTestDatabase();
  await db.sql.unsafe(`
    create table users (name text primary key, age int not null default 1 check (age > 0));
    create table notes (author text references users (name));
    create table rooms (during int4range, exclude using gist (during with &&));
    create table short (text varchar(3));
    insert into users (name) values ('${SECRET}')`);
  return db;
}

/** Everything of an error that could end in an answer or a log, but for what only the debugger of a person shows. */
function shown(error: GlamError): string {
  return [
    inspect(error, { depth: 20 }),
    JSON.stringify(error),
    JSON.stringify(error.cause),
    inspect(error.cause, { depth: 20 }),
    String(error),
    error.stack,
    (error.cause as Error).stack,
    (error.cause as Error).message,
  ].join("\n");
}

describe("an error of the server", () => {
  for (const { state, error: Class, status, constraint, run } of cases) {
    for (const place of ["the pool", "a transaction"] as const) {
      it(`${state} in ${place} is a ${Class.name}, and tells a client nothing of SQL or data`, async () => {
        await using db = await withTables();
        const attempt = place === "the pool" ? run(db.sql) : db.transaction(run, { retries: 0 });
        const error = await attempt.then(() => assert.fail("it succeeded"), (error) => error as GlamError);
        assert.ok(error instanceof Class, String(error));
        assert.equal(error.status, status);
        assert.equal((error.cause as { code?: string }).code, state);
        if (constraint !== undefined) assert.equal(error.details["constraint"], constraint);
        const body = await error.getResponse().text();
        assert.doesNotMatch(body, new RegExp(`${SECRET}|insert|select|users \\(|99999`, "i"));
        if (!state.startsWith("4") && !/^(08|5)/.test(state)) {
          assert.doesNotMatch(shown(error), new RegExp(`${SECRET}|99999999999`));
        }
      });
    }
  }
});

it("a parameter that cannot be sent is an error of the program, and the connection stays of use", async () => {
  await using db = await createTestDatabase({ poolSize: 1 });
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  await assert.rejects(
    db.sql`select ${undefined}::text`,
    (error) => error instanceof DatabaseError && error.status === 500,
  );
  await assert.rejects(
    db.sql`select ${db.sql.json(circular)}::jsonb`,
    (error) => error instanceof GlamError && error.status === 500,
  );
  await db.ping();
});

it("arrays come and go as they are: nulls, quotes, backslashes, nested ones, and those of enums", async () => {
  await using db = await createTestDatabase();
  await db.sql`create type mood as enum ('sad', 'very "happy"')`;
  await db
    .sql`create table lists (texts text[], numbers int[], flags bool[], nested int[][], moods mood[], at timestamptz[], boxes box[], bytes bytea[])`;
  await using later = await createTestDatabase({ url: db.url, schema: db.schema });
  const texts = ['a"b', "c\\d", "", "NULL", "{x,y}", " e ", null];
  const at = [new Date("2026-01-02T03:04:05.678Z"), null];
  await later.sql`insert into lists values (
    ${texts}, ${[1, null, -3]}, ${later.sql.array([true, false])}, ${[[1, 2], [3, 4]]}, ${[
    'very "happy"',
  ]}::mood[], ${later.sql.array(at)},
    '{(1,1),(0,0);(2,2),(0,0)}', ${later.sql.array([new Uint8Array([1, 255])])})`;
  const [row] = await later
    .sql`select *, '[0:1]={7,8}'::int[] as bounds, '{}'::text[] as empty, null::int[] as none from lists`;
  const { bytes, ...rest } = row!;
  assert.deepEqual(rest, {
    texts,
    numbers: [1, null, -3],
    flags: [true, false],
    nested: [[1, 2], [3, 4]],
    moods: ['very "happy"'],
    at,
    boxes: ["(1,1),(0,0)", "(2,2),(0,0)"],
    bounds: [7, 8],
    empty: [],
    none: null,
  });
  assert.deepEqual([...(bytes as Uint8Array[])[0]!], [1, 255]);
  const found = await later.sql`select 1 from lists where ${"c\\d"} = any(${
    later.sql.array(texts as string[])
  })`;
  assert.equal(found.length, 1);
});

it("fragments fit into each other and into queries of a transaction", async () => {
  await using db = await withTables();
  const where = db.sql`where name = ${SECRET}`;
  const columns = db.sql(["name", "age"]);
  assert.equal((await db.sql`select ${columns} from users ${where}`).length, 1);
  assert.equal(
    await db.transaction(async (tx) => (await tx`select ${columns} from users ${where}`).length),
    1,
  );
  await db.sql`insert into users ${db.sql([{ name: "x", age: 1 }, { name: "y", age: 2 }])}`;
  await db.sql`update users set ${db.sql({ age: 3 })} where name in ${db.sql(["x", "y"])}`;
  assert.equal((await db.sql`select 1 from users where age = 3`).length, 2);
});
