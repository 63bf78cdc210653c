import assert from "node:assert/strict";
import { it } from "node:test";
import { defineTable, merchantScoped, Repository, softDelete, timestamps } from "@glam/shared/db";
import { ConflictError } from "@glam/shared/errors";
import * as z from "zod";
import { createTestDatabase } from "../../_support/postgres.ts";
import { uuid } from "../_support.ts";

// What SQLAlchemy emits for a model with the three mixins and a unique column: no default for is_deleted, and a unique
// that also holds among deleted rows.
const MADE_BY_PYTHON = `
CREATE TABLE credits (
  id UUID NOT NULL,
  reference VARCHAR(64) NOT NULL,
  amount NUMERIC(12, 2) NOT NULL,
  status VARCHAR(9) NOT NULL,
  details JSONB,
  merchant_id UUID NOT NULL,
  merchant_domain VARCHAR(255) NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  deleted_at TIMESTAMP WITH TIME ZONE,
  is_deleted BOOLEAN NOT NULL,
  CONSTRAINT pk_credits PRIMARY KEY (id),
  CONSTRAINT uq_credits_reference UNIQUE (reference)
);
CREATE INDEX ix_credits_merchant_id ON credits (merchant_id);
CREATE INDEX ix_credits_merchant_domain ON credits (merchant_domain);
CREATE INDEX ix_credits_created_at ON credits (created_at);
CREATE INDEX ix_credits_is_deleted ON credits (is_deleted);
INSERT INTO credits VALUES ('${uuid(1)}', 'old', 1.50, 'active', '{"a": 1}', '${uuid(0xa)}', 'a.example',
  '2024-01-01T00:00:00.123456Z', '2024-01-01T00:00:00.123456Z', NULL, FALSE);`;

const Credits = defineTable("credits", {
  columns: z.object({
    id: z.guid(),
    reference: z.string().max(64),
    amount: z.string(),
    status: z.enum(["active", "cancelled"]),
    details: z.record(z.string(), z.unknown()).nullish(),
  }),
  columnTypes: { reference: "varchar(64)", amount: "numeric(12,2)", status: "varchar(9)" },
  unique: ["reference"],
  ...timestamps,
  ...softDelete,
  ...merchantScoped,
});

it("a repository works on a table that a Python service made", async () => {
  await using db = await createTestDatabase();
  await db.sql.unsafe(MADE_BY_PYTHON);
  const credits = new Repository(db, Credits).forMerchant(uuid(0xa), { domain: "a.example" });
  const old = (await credits.findById(uuid(1)))!;
  assert.deepEqual([old.amount, old.details, old.is_deleted], ["1.50", { a: 1 }, false]);
  // An id that is a UUID for Python and Postgres, though of no version.
  const id = "12345678-1234-1234-1234-123456789012";
  const row = { id, reference: "new", amount: "2.5", status: "active" } as const;
  assert.equal((await credits.save(row)).amount, "2.50");
  assert.equal(await credits.saveMany([{ ...row, id: uuid(2), reference: "bulk" }]), 1);
  const same = await credits.upsert({ ...row, id: uuid(3), amount: "3" }, { conflict: "reference" });
  assert.deepEqual([same.id, same.amount], [id, "3.00"]);
  assert.ok((await credits.update(uuid(1), { status: "cancelled" })).updated_at > old.updated_at);
  await credits.deleteById(uuid(1));
  await assert.rejects(credits.save({ ...row, id: uuid(4), reference: "old" }), ConflictError);
  assert.equal(await credits.count(), 2);
  const [first] = (await credits.findAfter({}, { orderBy: { column: "created_at" } })).items;
  assert.equal(first?.id, id);
});
