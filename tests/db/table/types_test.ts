import assert from "node:assert/strict";
import { it } from "node:test";
import {
  defineTable,
  type InsertOf,
  type KeyOf,
  merchantScoped,
  type PatchOf,
  type RowOf,
  softDelete,
  type Table,
  timestamps,
  versioned,
} from "@glam/shared/db";
import * as z from "zod";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
function expectType<_ extends true>(): void {}

const columns = z.object({
  id: z.uuid(),
  name: z.string(),
  note: z.string().optional(),
  price: z.string().nullable(),
  state: z.enum(["new", "old"]).default("new"),
  total: z.bigint(),
  number: z.int(),
});
const Items = defineTable("items", {
  columns,
  defaults: { total: "0" },
  columnTypes: { number: "bigserial", price: "numeric(12,2)" },
  ...timestamps,
  ...softDelete,
  ...merchantScoped,
  ...versioned,
});
const Parts = defineTable("parts", {
  columns: { item: z.uuid(), place: z.int32(), name: z.string() },
  primaryKey: ["item", "place"],
});

it("the types of a table follow from its shape, its defaults and its mixins", () => {
  expectType<
    Equal<RowOf<typeof Items>, {
      id: string;
      name: string;
      note: string | null;
      price: string | null;
      state: "new" | "old";
      total: bigint;
      number: number;
      created_at: Date;
      updated_at: Date;
      deleted_at: Date | null;
      is_deleted: boolean;
      merchant_id: string;
      merchant_domain: string;
      version: number;
    }>
  >();
  expectType<Equal<KeyOf<typeof Items>, string>>();
  expectType<Equal<KeyOf<typeof Parts>, { readonly item: string; readonly place: number }>>();
  expectType<Equal<RowOf<typeof Parts>, { item: string; place: number; name: string }>>();

  const least: InsertOf<typeof Items> = { id: "a", name: "b", price: null };
  const whole: InsertOf<typeof Items> = {
    ...least,
    note: null,
    state: "old",
    total: 1n,
    number: 1,
    merchant_id: "a",
    merchant_domain: "b",
  };
  const patch: PatchOf<typeof Items> = { version: 1, name: "c", note: null };
  const anyTable: Table = Items;
  assert.ok([least, whole, patch, anyTable].every(Boolean));
});

it("what does not fit a table does not compile", () => {
  const refused: readonly (() => unknown)[] = [
    // @ts-expect-error: price has no default
    (): InsertOf<typeof Items> => ({ id: "a", name: "b" }),
    // @ts-expect-error: no such column
    (): InsertOf<typeof Items> => ({ id: "a", name: "b", price: null, colour: "red" }),
    // @ts-expect-error: the wrong type
    (): InsertOf<typeof Items> => ({ id: "a", name: 1, price: null }),
    // @ts-expect-error: name takes no null
    (): PatchOf<typeof Items> => ({ version: 1, name: null }),
    // @ts-expect-error: a versioned table needs the version
    (): PatchOf<typeof Items> => ({ name: "c" }),
    // @ts-expect-error: the key does not change
    (): PatchOf<typeof Items> => ({ version: 1, id: "c" }),
    // @ts-expect-error: the database keeps it
    (): PatchOf<typeof Items> => ({ version: 1, created_at: new Date() }),
    // @ts-expect-error: a row stays with its tenant
    (): PatchOf<typeof Items> => ({ version: 1, merchant_id: "c" }),
    // @ts-expect-error: no such column
    () => defineTable("a", { columns, primaryKey: "key" }),
    // @ts-expect-error: no such column
    () => defineTable("a", { columns, indexes: ["sku"] }),
    // @ts-expect-error: no such column
    () => defineTable("a", { columns, indexes: [{ columns: [{ column: "sku" }] }] }),
    // @ts-expect-error: no such column
    () => defineTable("a", { columns, unique: [["name", "sku"]] }),
    // @ts-expect-error: no such column
    () => defineTable("a", { columns, defaults: { name: "''", sku: "''" } }),
    // @ts-expect-error: no such column
    () => defineTable("a", { columns, columnTypes: { price: "text", sku: "text" } }),
    // @ts-expect-error: no such column
    () => defineTable("a", { columns, foreignKeys: [{ columns: "sku", references: "b" }] }),
    // @ts-expect-error: an option nobody knows
    () => defineTable("a", { columns, indices: ["name"] }),
  ];
  assert.equal(refused.length, 16);
});

it("a column of a mixin can be named in an index", () => {
  const { indexes } = defineTable("a", {
    columns,
    columnTypes: { number: "bigint", price: "numeric" },
    indexes: [["created_at", "id"]],
    ...timestamps,
  });
  assert.deepEqual(indexes.map(({ name }) => name), ["ix_a_created_at", "ix_a_created_at_id"]);
});
