import assert from "node:assert/strict";
import { it } from "node:test";
import { createTestDatabase } from "../../_support/postgres.ts";
import { waitFor } from "../../_support/wait_for.ts";
import { holdAdvisoryLock, waitForBackends } from "../_connections.ts";

it("connectDatabase runs queries in the schema it is given", async () => {
  await using db = await createTestDatabase();
  await db.sql`create table items (id int primary key)`;
  await db.sql`insert into items values (${1})`;
  const rows = await db.sql<
    { schemaname: string }
  >`select schemaname from pg_tables where tablename = 'items'`;
  assert.ok(rows.some((row) => row.schemaname === db.schema));
});

it("a query does not wait behind a slow one when another connection gets free sooner", async () => {
  await using holder = await createTestDatabase();
  const slowLock = await holdAdvisoryLock(holder);
  const quickLock = await holdAdvisoryLock(holder);
  await using db = await createTestDatabase({ poolSize: 2, applicationName: `slow_${slowLock.key}` });
  const order: string[] = [];
  const run = (name: string, key: number) =>
    db.sql`select pg_advisory_xact_lock(${key})`.then(() => void order.push(name));
  // The driver sends nothing behind a statement that it has yet to prepare.
  const free = slowLock.key ^ 1;
  await Promise.all([run("", free), run("", free)]);
  order.length = 0;
  const slow = run("slow", slowLock.key);
  const quick = run("quick", quickLock.key);
  const sent = Date.now();
  await waitForBackends(holder, { applicationName: `slow_${slowLock.key}`, event: "advisory", count: 2 });
  await waitFor(() => Date.now() > sent + 60, "nobody takes them for quick any more");
  const late = ["late 1", "late 2", "late 3"].map((name) => run(name, free));
  await quickLock.release();
  await Promise.all([quick, ...late]);
  assert.deepEqual(order, ["quick", "late 1", "late 2", "late 3"]);
  await slowLock.release();
  await slow;
});

it("many more queries than connections all get their turn", async () => {
  await using db = await createTestDatabase({ poolSize: 2 });
  const answers = await Promise.all(
    Array.from({ length: 500 }, (_, n) => db.sql<{ n: number }>`select ${n}::int as n`),
  );
  assert.deepEqual(answers.map(([row]) => row?.n), Array.from({ length: 500 }, (_, n) => n));
});
