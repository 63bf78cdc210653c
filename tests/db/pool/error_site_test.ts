import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defineTable, Repository } from "@glam/shared/db";
import { createLogger } from "@glam/shared/logging";
import * as z from "zod";
import { createTestDatabase } from "../../_support/postgres.ts";
import { createTables } from "../_support.ts";

const SECRET = "S3cretOfAUser";
const Items = defineTable("items", {
  columns: z.object({ id: z.int32(), name: z.string() }),
  unique: ["name"],
});

/** The database with a table that lacks a column which the repository knows. */
async function setUp() {
  const db = await createTestDatabase();
  await createTables(db, Items);
  await db.sql`alter table items drop column name`;
  return db;
}

type Database = Awaited<ReturnType<typeof setUp>>;

const failing: Readonly<Record<string, (db: Database) => Promise<unknown>>> = {
  async "a query of one's own"(db) {
    async function askedByHand() {
      return await db.sql`select nothing from items where id = ${SECRET}`;
    }
    return await askedByHand();
  },
  async "one of a transaction"(db) {
    return await db.transaction(async function askedInside(tx) {
      await tx`select 1`;
      await tx`insert into nowhere values (${SECRET})`;
    });
  },
  async "a text put together"(db) {
    async function putTogether() {
      return await db.sql.unsafe(`select nothing from items where id = '${SECRET}' or id = $$${SECRET}$$`);
    }
    return await putTogether();
  },
};

/** What a promise rejects with. */
function rejection(promise: PromiseLike<unknown>): Promise<Error> {
  return Promise.resolve(promise).then(() => assert.fail("it succeeded"), (error) => error);
}

describe("the stack of a database error", () => {
  for (const [name, run] of Object.entries(failing)) {
    it(`has the statement and the place in the program, and no value: ${name}`, async () => {
      await using db = await setUp();
      const { stack, message } = await rejection(run(db));
      assert.match(
        stack!,
        new RegExp(`^DatabaseError: ${message}\\n    in (select nothing|insert into nowhere) `),
      );
      const [first] = stack!.split("\n").slice(2);
      assert.match(first!, /^ +at .*error_site_test/);
      assert.ok(!stack!.includes(SECRET));
    });
  }

  it("names who called the repository, each time anew", async () => {
    await using db = await setUp();
    const items = new Repository(db, Items);
    async function oneCaller() {
      return await items.findAll({ name: SECRET });
    }
    async function anotherCaller() {
      return await items.findAll({ name: SECRET });
    }
    async function byId() {
      return await items.findById(1);
    }
    async function writer() {
      return await items.save({ id: 1, name: SECRET });
    }
    await rejection(items.findAll()); // Bun's stacks do not reach over the import that comes with the first call
    const callers: (() => Promise<unknown>)[] = [oneCaller, anotherCaller, writer];
    if (!("Bun" in globalThis)) callers.push(byId); // nor over `then`
    for (const caller of callers) {
      const { stack } = await rejection(caller());
      assert.match(stack!, /\n {4}in (SELECT|INSERT) /);
      assert.match(stack!, new RegExp(`\\n +at (async )?${caller.name} .*error_site_test`), caller.name);
      assert.ok(!stack!.includes(SECRET));
    }
  });

  it("stays that of the template when several call it", async () => {
    await using db = await setUp();
    const query = () => db.sql`select nothing from items`;
    const first = await rejection(query());
    const second = await rejection((async () => await query())());
    assert.equal(first.stack, second.stack);
    assert.equal(first.stack!.split("\n").filter((line) => / +at /.test(line)).length, 1);
  });

  it("is in the line of a log, whose code is there once", async () => {
    await using db = await setUp();
    const lines: string[] = [];
    await using log = createLogger("x", {
      format: "json",
      file: false,
      sink: (line) => void lines.push(line),
    });
    const error = await rejection(db.sql`select nothing from items where id = ${SECRET}`);
    log.error("Request failed", { error, error_code: "DATABASE_ERROR" });
    const { error_code, field_error_code, exception } = JSON.parse(lines[0]!);
    assert.deepEqual([error_code, field_error_code], ["DATABASE_ERROR", undefined]);
    assert.match(exception, /in select nothing from items where id = \$1\n/);
    assert.match(exception, /Caused by: PostgresError: column "nothing" does not exist/);
    assert.ok(!lines[0]!.includes(SECRET));
  });
});
