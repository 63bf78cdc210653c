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
