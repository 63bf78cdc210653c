import assert from "node:assert/strict";
import { it } from "node:test";
import { defineTable, Repository, softDelete } from "@glam/shared/db";
import { ConflictError } from "@glam/shared/errors";
import * as z from "zod";
import { createTestDatabase } from "../../_support/postgres.ts";
import { createTables } from "../_support.ts";

const Users = defineTable("users", {
  columns: z.object({ id: z.int32(), email: z.string(), name: z.string() }),
  unique: ["email"],
  ...softDelete,
});

it("a unique value is free again when its row is deleted, and no longer when that row comes back", async () => {
  await using db = await createTestDatabase();
  await createTables(db, Users);
  const users = new Repository(db, Users);
  const email = "a@example.com";
  await users.save({ id: 1, email, name: "first" });
  await assert.rejects(users.save({ id: 2, email, name: "second" }), ConflictError);
  await users.deleteById(1);
  await users.save({ id: 2, email, name: "second" });
  await assert.rejects(users.restore(1), ConflictError);
  await users.deleteById(2);
  assert.equal((await users.restore(1)).name, "first");
});

it("upsert by a unique value changes the live row, and inserts beside a deleted one", async () => {
  await using db = await createTestDatabase();
  await createTables(db, Users);
  const users = new Repository(db, Users);
  const email = "a@example.com";
  await users.save({ id: 1, email, name: "first" });
  assert.equal((await users.upsert({ id: 2, email, name: "same" }, { conflict: "email" })).id, 1);
  await users.deleteById(1);
  assert.equal((await users.upsert({ id: 2, email, name: "new" }, { conflict: "email" })).id, 2);
  assert.equal(await users.upsert([{ id: 3, email, name: "newer" }], { conflict: "email" }), 1);
  const names = (await users.findAll({}, { deleted: "include" })).map(({ id, name }) => `${id} ${name}`);
  assert.deepEqual(names, ["1 same", "2 newer"]);
});
