import { connectDatabase } from "@glam/shared/db";
import { ConflictError } from "@glam/shared/errors";
import assert from "node:assert/strict";
import { it } from "node:test";
import { startPglite } from "../../_support/pglite.ts";
import { PATIENT } from "../../_support/postgres.ts";

it("PGlite behind its socket serves a pool of one connection, transactions, errors and health included", async () => {
  await using db = await connectDatabase({ ...PATIENT, ...await startPglite(), schema: "catalog" });
  await db.ensureSchema("catalog");
  await db.sql`create table notes (id int primary key, tags text[])`;
  await Promise.all(
    Array.from({ length: 20 }, (_, id) => db.sql`insert into notes values (${id}, ${["a", null]})`),
  );
  await db.transaction(async (tx) => {
    await tx`insert into notes values (20)`;
    await assert.rejects(db.transaction((inner) => inner`insert into notes values (20)`), ConflictError);
  });
  await assert.rejects(
    db.transaction(async (tx) => {
      await tx`insert into notes values (21)`;
      await tx`insert into notes values (0)`;
    }),
    ConflictError,
  );
  const rows = await db.sql<{ id: number; tags: unknown }>`select * from notes order by id`;
  assert.equal(rows.length, 21);
  assert.deepEqual(rows[0]?.tags, ["a", null]);
  assert.equal((await db.health()).status, "healthy");
});
