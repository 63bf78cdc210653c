import assert from "node:assert/strict";
import { it } from "node:test";
import { createTable, defineTable, Repository, softDelete, timestamps } from "@glam/shared/db";
import * as z from "zod";
import { createTestDatabase, type TestDatabase } from "../_support/postgres.ts";

const Items = defineTable("items", {
  columns: z.object({
    id: z.uuid(),
    name: z.string().min(1),
    price: z.string().nullable(),
    total: z.bigint().default(0n),
    tags: z.record(z.string(), z.unknown()).optional(),
  }),
  columnTypes: { price: "numeric(20,4)" },
  unique: ["name"],
  ...timestamps,
  ...softDelete,
});

async function setUp(db: TestDatabase) {
  for (const statement of createTable(Items)) await db.sql.unsafe(statement);
  return new Repository(db, Items);
}

it("save gives the row as stored", async () => {
  await using db = await createTestDatabase();
  const items = await setUp(db);
  const id = crypto.randomUUID();
  const row = await items.save({ id, name: "Lamp", price: "12345678901234.5678", total: 2n ** 62n });
  assert.equal(row.id, id);
  assert.equal(row.price, "12345678901234.5678");
  assert.equal(row.total, 2n ** 62n);
  assert.equal(row.tags, null);
  assert.equal(row.is_deleted, false);
  assert.ok(row.created_at instanceof Date);
  assert.deepEqual(await items.findById(id), row);
  await assert.rejects(items.save({ id, name: "Other", price: null }), { status: 409 });
  const changed = await items.update(id, { name: "Desk lamp", tags: { a: 1 } });
  assert.ok(changed.updated_at > row.updated_at);
  assert.deepEqual(changed.tags, { a: 1 });
  assert.equal(await items.count({ name: { like: "Desk%" } }), 1);
  await items.deleteById(id);
  assert.equal(await items.findById(id), null);
  await items.restore(id);
  const rows = Array.from(
    { length: 3000 },
    (_, i) => ({
      id: crypto.randomUUID(),
      name: `n"${i}\\`,
      price: i % 2 ? `${i}` : null,
      ...(i % 3 ? { tags: { i } } : {}),
    }),
  );
  assert.equal(await items.saveMany(rows), 3000);
  let n = 0;
  for await (const _ of items.stream({}, { orderBy: { column: "name" } })) n++;
  assert.equal(n, 3001);
  assert.equal(await items.upsert(rows.slice(0, 10).map((r) => ({ ...r, price: "1" }))), 10);
  const seen = new Set<string>();
  let after: string | undefined;
  do {
    const page = await items.findAfter({}, {
      orderBy: [{ column: "price", direction: "desc" }, { column: "created_at" }],
      limit: 500,
      ...(after && { after }),
    });
    for (const { id } of page.items) {
      assert.ok(!seen.has(id));
      seen.add(id);
    }
    after = page.next;
  } while (after);
  assert.equal(seen.size, 3001);
});
