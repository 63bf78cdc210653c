import assert from "node:assert/strict";
import { it } from "node:test";
import { defineMapper, defineTable, timestamps } from "@glam/shared/db";
import { InternalError, ValidationError } from "@glam/shared/errors";
import * as z from "zod";

const Items = defineTable("items", {
  columns: z.object({
    id: z.uuid(),
    name: z.string(),
    note: z.string().nullish(),
    total: z.bigint().default(0n),
    extra: z.record(z.string(), z.unknown()).optional(),
  }),
  ...timestamps,
});
const mapper = defineMapper({
  table: Items,
  input: z.object({ name: z.string().min(1), note: z.string().default("none") }),
  patch: z.object({
    name: z.string().min(1).default("unnamed"),
    note: z.string().nullish(),
    total: z.bigint().optional(),
  }),
  output: z.object({ id: z.uuid(), name: z.string(), total: z.bigint().transform(String) }),
});
const id = "0190163d-8694-739b-aea5-966c26f8ad91";
const row = {
  id,
  name: "Lamp",
  note: null,
  total: 7n,
  extra: { a: [1, { b: 2 }] },
  created_at: new Date(0),
  updated_at: new Date(0),
};

it("a mapper makes a row of what came in and what the service adds", () => {
  assert.deepEqual(mapper.toModel({ name: "Lamp" }, { id, total: 1n }), {
    id,
    name: "Lamp",
    note: "none",
    total: 1n,
  });
  assert.throws(() => mapper.toModel({ name: "" }, { id }), ValidationError);
});

it("a patch is only what was set: no default, nothing undefined, but null", () => {
  assert.deepEqual(mapper.toPatch({}), {});
  assert.deepEqual(mapper.toPatch({ note: null, total: undefined }), { note: null });
  assert.deepEqual(mapper.toPatch({ name: "Desk" }), { name: "Desk" });
  assert.deepEqual(mapper.toPatch(null), {});
  assert.throws(() => mapper.toPatch({ name: "" }), ValidationError);
  assert.deepEqual(mapper.patchModel(row, { name: "Desk" }), { ...row, name: "Desk" });
  assert.equal(row.name, "Lamp");
});

it("a patch whose schema renames its members keeps them", () => {
  const renaming = defineMapper({
    table: Items,
    input: z.object({ name: z.string() }),
    patch: z.object({ title: z.string().optional() }).transform(({ title }) => ({ name: title })),
    output: z.object({ id: z.string() }),
  });
  assert.deepEqual(renaming.toPatch({ title: "Desk" }), { name: "Desk" });
  assert.deepEqual(renaming.toPatch({}), {});
});

it("a row is dirty where a column differs in what it holds, not in who holds it", () => {
  const copy = structuredClone(row);
  assert.equal(mapper.isDirty(row, copy), false);
  assert.equal(mapper.isDirty(row, {}), false);
  assert.equal(mapper.isDirty(row, mapper.toPatch({ name: "Lamp" })), false);
  assert.equal(mapper.isDirty(row, { ...copy, extra: { a: [1, { b: 3 }] } }), true);
  assert.equal(mapper.isDirty(row, { ...copy, extra: { a: [1, { b: 2 }], c: undefined } }), true);
  assert.equal(mapper.isDirty(row, { ...copy, created_at: new Date(1) }), true);
  assert.equal(mapper.isDirty(row, { total: 8n }), true);
  assert.equal(mapper.isDirty(row, { note: "x" }), true);
});

it("what is shown of a row is what the schema says, and a row that does not fit is nobody's input", () => {
  assert.deepEqual(mapper.toOut(row), { id, name: "Lamp", total: "7" });
  assert.deepEqual(mapper.listToOut([row, row]).map(({ total }) => total), ["7", "7"]);
  assert.throws(() => mapper.toOut({ ...row, name: null as never }), InternalError);
});

it("a mapper with a member that is no column is refused, by the compiler or at once", () => {
  const input = z.object({ name: z.string() });
  const patch = z.object({ name: z.string().optional() });
  const output = z.object({ id: z.string() });
  assert.throws(
    () =>
      defineMapper({
        table: Items,
        input: z.object({ name: z.string(), colour: z.string() }),
        patch,
        output,
      }),
    /its input has "colour", which is no column/,
  );
  assert.throws(
    () =>
      defineMapper({
        table: Items,
        input,
        patch: z.object({ name: z.string(), colour: z.string() }),
        output,
      }),
    /its patch has "colour"/,
  );
  const refused = [
    // @ts-expect-error: the wrong type
    () => defineMapper({ table: Items, input: z.object({ name: z.number() }), patch, output }),
    // @ts-expect-error: the wrong type
    () => defineMapper({ table: Items, input, patch: z.object({ name: z.number() }), output }),
    // @ts-expect-error: a row has no such column
    () => defineMapper({ table: Items, input, patch, output: z.object({ colour: z.string() }) }),
    // @ts-expect-error: the id is missing
    () => mapper.toModel({ name: "a" }),
    // @ts-expect-error: the name is missing
    () => mapper.toModel({}, { id }),
  ];
  assert.equal(refused.length, 5);
});
