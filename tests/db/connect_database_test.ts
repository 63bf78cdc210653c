import assert from "node:assert/strict";
import { it } from "node:test";
import { createTestDatabase } from "../_support/postgres.ts";

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
  await using db = await createTestDatabase({ poolSize: 2 });
  const order: string[] = [];
  const run = (name: string, seconds: number) =>
    db.sql`select pg_sleep(${seconds})`.then(() => void order.push(name));
  // The driver sends nothing behind a statement that it has yet to prepare.
  await Promise.all([run("", 0), run("", 0)]);
  order.length = 0;
  const slow = run("slow", 0.6);
  const quick = run("quick", 0.1);
  await new Promise((resolve) => setTimeout(resolve, 60)); // until nobody takes them for quick any more
  const late = [run("late 1", 0), run("late 2", 0), run("late 3", 0)];
  await Promise.all([slow, quick, ...late]);
  assert.deepEqual(order, ["quick", "late 1", "late 2", "late 3", "slow"]);
});

it("many more queries than connections all get their turn", async () => {
  await using db = await createTestDatabase({ poolSize: 2 });
  const answers = await Promise.all(
    Array.from({ length: 500 }, (_, n) => db.sql<{ n: number }>`select ${n}::int as n`),
  );
  assert.deepEqual(answers.map(([row]) => row?.n), Array.from({ length: 500 }, (_, n) => n));
});
