import assert from "node:assert/strict";
import { it } from "node:test";
import { createTestDatabase } from "../../_support/postgres.ts";

/** Fails after two rows. */
const FAILING = "select 1 / (3 - n) from generate_series(1, 5) n";

it("a query that failed between its rows leaves no places without a row in the next one", async () => {
  await using db = await createTestDatabase({ poolSize: 1 });
  const fail = () => assert.rejects(async () => await db.sql.unsafe(FAILING));

  await fail();
  assert.deepEqual([...await db.sql`select 7 as n`], [{ n: 7 }]);
  await fail();
  assert.equal((await db.sql`select 7 as n where false`).length, 0);
  await fail();
  const rows = await db.sql`select n from generate_series(1, 5) n`;
  assert.deepEqual(rows.map(({ n }) => n), [1, 2, 3, 4, 5]);
  assert.deepEqual([rows.count, rows.command], [5, "SELECT"]);
  await fail();
  const [first, second] = await db.sql.unsafe("select 1 as n; select 2 as n")
    .simple() as unknown as object[][];
  assert.deepEqual([[...first!], [...second!]], [[{ n: 1 }], [{ n: 2 }]]);
  await fail();
  await db.transaction(async (tx) => assert.deepEqual([...await tx`select 7 as n`], [{ n: 7 }]));
});

it("nor does a connection that was lost between rows, on the one that replaces it", async () => {
  await using db = await createTestDatabase({ poolSize: 1 });
  await assert.rejects(async () =>
    await db.sql`select pg_terminate_backend(pg_backend_pid()) from generate_series(1, 3)`
  );
  assert.deepEqual([...await db.sql`select 7 as n`], [{ n: 7 }]);
});

it("nor in the first batch of a cursor", async () => {
  await using db = await createTestDatabase({ poolSize: 1 });
  await assert.rejects(async () => await db.sql.unsafe(FAILING));
  const seen: unknown[] = [];
  type WithCursor = { cursor(size: number): AsyncIterable<{ n: number }[]> };
  const query = db.sql`select n from generate_series(1, 5) n` as unknown as WithCursor;
  for await (const batch of query.cursor(2)) seen.push(batch.map(({ n }) => n));
  assert.deepEqual(seen, [[1, 2], [3, 4], [5]]);
});
