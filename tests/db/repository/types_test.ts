import assert from "node:assert/strict";
import { it } from "node:test";
import {
  type Database,
  defineTable,
  merchantScoped,
  Repository,
  softDelete,
  versioned,
} from "@glam/shared/db";
import * as z from "zod";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
function expectType<_ extends true>(): void {}

const Items = defineTable("items", {
  columns: z.object({
    id: z.uuid(),
    name: z.string(),
    note: z.string().optional(),
    total: z.bigint(),
    extra: z.record(z.string(), z.string()).nullable(),
  }),
  ...softDelete,
  ...merchantScoped,
});
const Parts = defineTable("parts", {
  columns: { item: z.uuid(), place: z.int32(), name: z.string() },
  primaryKey: ["item", "place"],
  ...versioned,
});
const items = new Repository(undefined as unknown as Database, Items);
const parts = new Repository(undefined as unknown as Database, Parts);
const row = { id: "a", name: "b", total: 1n, extra: null };

it("what a table does not have does not compile", () => {
  const refused: readonly (() => unknown)[] = [
    // @ts-expect-error: no such column
    () => items.save({ ...row, colour: "red" }),
    // @ts-expect-error: name is required
    () => items.save({ id: "a", total: 1n, extra: null }),
    // @ts-expect-error: the wrong type
    () => items.save({ ...row, total: 1 }),
    // @ts-expect-error: no such column
    () => items.saveMany([row, { ...row, colour: "red" }]),
    // @ts-expect-error: no such column
    () => items.update("a", { colour: "red" }),
    // @ts-expect-error: a row stays with its merchant
    () => items.update("a", { merchant_id: "b" }),
    // @ts-expect-error: the repository decides
    () => items.update("a", { is_deleted: true }),
    // @ts-expect-error: the version is missing
    () => parts.update({ item: "a", place: 1 }, { name: "b" }),
    // @ts-expect-error: a key of two columns
    () => parts.findById("a"),
    // @ts-expect-error: half a key
    () => parts.deleteById({ item: "a" }),
    // @ts-expect-error: the wrong type
    () => items.findById(7),
    // @ts-expect-error: no such column
    () => items.findAll({ colour: "red" }),
    // @ts-expect-error: no such operator
    () => items.findAll({ name: { matches: "a" } }),
    // @ts-expect-error: the wrong type
    () => items.findAll({ total: { gt: 1 } }),
    // @ts-expect-error: an object is not compared without an operator
    () => items.findAll({ extra: { colour: "red" } }),
    // @ts-expect-error: no such column, deeper
    () => items.count({ or: [{ name: "a" }, { not: { colour: "red" } }] }),
    // @ts-expect-error: a lost value must not match every row
    () => items.delete({ name: undefined as string | undefined }),
    // @ts-expect-error: a filter is required
    () => items.delete(),
    // @ts-expect-error: no such column
    () => items.findAll({}, { orderBy: [{ column: "colour" }] }),
    // @ts-expect-error: no such direction
    () => items.findAfter({}, { orderBy: [{ column: "name", direction: "down" }] }),
    // @ts-expect-error: no such column
    () => items.upsert(row, { conflict: "colour" }),
  ];
  assert.equal(refused.length, 21);
});

it("rows have the types of their columns", () => {
  const taken = {
    byId: () => items.findById("a"),
    all: () =>
      items.findAll({ name: { in: ["a"] }, deleted_at: null, extra: { contains: { colour: "red" } } }),
    page: () => items.findAfter({ or: [{ total: { gte: 1n } }] }, { orderBy: { column: "merchant_id" } }),
    one: () => items.upsert({ ...row, note: null }, { conflict: ["id"] }),
    many: () => items.upsert([row]),
    stream: () => parts.stream({ place: { between: [1, 2] } }),
  };
  type RowOf = Awaited<ReturnType<typeof taken.one>>;
  expectType<Equal<RowOf["note"], string | null>>();
  expectType<Equal<RowOf["total"], bigint>>();
  expectType<Equal<RowOf["deleted_at"], Date | null>>();
  expectType<Equal<Awaited<ReturnType<typeof taken.byId>>, RowOf | null>>();
  expectType<Equal<Awaited<ReturnType<typeof taken.all>>, RowOf[]>>();
  expectType<Equal<Awaited<ReturnType<typeof taken.page>>["items"], RowOf[]>>();
  expectType<Equal<Awaited<ReturnType<typeof taken.many>>, number>>();
  assert.equal(Object.keys(taken).length, 6);
});
