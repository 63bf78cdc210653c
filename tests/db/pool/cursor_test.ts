import assert from "node:assert/strict";
import { it } from "node:test";
import type { Sql } from "@glam/shared/db";
import { DatabaseError, isRetryableError } from "@glam/shared/errors";
import { createTestDatabase } from "../../_support/postgres.ts";
import { streaming } from "../_streams.ts";

const TEN = "select x from generate_series(1, 10) x";
const FAILS = "select 1 / (25 - x) from generate_series(1, 30) x";

async function readAll(sql: Sql, text: string): Promise<number> {
  let rows = 0;
  for await (const batch of streaming(sql, text).cursor(4)) rows += batch.length;
  return rows;
}

const isDivision = (error: unknown) =>
  error instanceof DatabaseError && error.status === 500 && error.details["error_code"] === "22012";

it("a cursor gives its connection back when it has been read, or left early", async () => {
  await using db = await createTestDatabase({ poolSize: 1 });
  assert.equal(await readAll(db.sql, TEN), 10);
  for await (const _ of streaming(db.sql, TEN).cursor(4)) break;
  await db.transaction(async (tx) => assert.equal(await readAll(tx, TEN), 10));
  await db.ping();
});

it("a cursor that fails half-way rejects with an error of this package", async () => {
  await using db = await createTestDatabase({ poolSize: 1 });
  await assert.rejects(readAll(db.sql, FAILS), isDivision);
  await assert.rejects(db.transaction((tx) => readAll(tx, FAILS)), isDivision);
  await db.ping();
});

it("a transaction is rolled back whose cursor has failed, also where that was caught", async () => {
  await using db = await createTestDatabase({ poolSize: 1 });
  await db.sql`create table notes (id int)`;
  const transaction = db.transaction(async (tx) => {
    await tx`insert into notes values (1)`;
    await readAll(tx, FAILS).catch(() => {});
  });
  await assert.rejects(transaction, isDivision);
  assert.equal((await db.sql`select from notes`).length, 0);
});

it("a cursor that is read no further fails at the deadline, and the pool goes on", async () => {
  await using db = await createTestDatabase({ poolSize: 1, queryTimeoutMs: 300 });
  const cursor = streaming(db.sql, TEN).cursor(4)[Symbol.asyncIterator]();
  await cursor.next();
  // Waits at the pool for as long as the cursor holds the only connection.
  const isLate = (error: unknown) => error instanceof DatabaseError && isRetryableError(error);
  await db.ping().catch((error) => assert.ok(isLate(error)));
  await db.ping();
  await assert.rejects(async () => await cursor.next(), isLate);
});

it("what the callback of a cursor or of `forEach` throws is rejected as it is", async () => {
  await using db = await createTestDatabase({ poolSize: 1 });
  const wrong = new Error("wrong");
  const fail = () => {
    throw wrong;
  };
  const isWrong = (error: unknown) => error === wrong;
  await assert.rejects(streaming(db.sql, TEN).cursor(4, fail), isWrong);
  await assert.rejects(streaming(db.sql, TEN).forEach(fail), isWrong);
  await db.ping();
});
