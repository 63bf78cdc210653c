import assert from "node:assert/strict";
import { it } from "node:test";
import { createTable, defineTable, merchantScoped, softDelete, timestamps, versioned } from "@glam/shared/db";
import * as z from "zod";

const id = z.uuid();

it("the type of a column follows from its schema", () => {
  const { columns } = defineTable("all_types", {
    columns: z.object({
      id,
      text: z.string(),
      email: z.email(),
      guid: z.guid(),
      checked_uuid: z.string().uuid(),
      day: z.iso.date(),
      clock: z.iso.time(),
      instant: z.iso.datetime({ offset: true }),
      date: z.date(),
      flag: z.boolean(),
      small: z.int32(),
      float: z.float64(),
      single: z.float32(),
      big: z.bigint(),
      big64: z.int64(),
      document: z.object({ a: z.string() }),
      map: z.record(z.string(), z.number()),
      maybe: z.string().optional(),
      nothing: z.string().nullable(),
      preset: z.string().default("x"),
      nullish: z.string().nullish().readonly(),
    }),
  });
  assert.deepEqual(
    columns.map(({ name, type, nullable }) => `${name} ${type}${nullable ? " null" : ""}`),
    [
      "id uuid",
      "text text",
      "email text",
      "guid uuid",
      "checked_uuid uuid",
      "day date",
      "clock time",
      "instant timestamptz",
      "date timestamptz",
      "flag boolean",
      "small integer",
      "float double precision",
      "single real",
      "big bigint",
      "big64 bigint",
      "document jsonb",
      "map jsonb",
      "maybe text null",
      "nothing text null",
      "preset text",
      "nullish text null",
    ],
  );
});

it("a schema with more than one right type names the column and the fix", () => {
  const unclear = {
    integer: z.int(),
    number: z.number(),
    short: z.string().max(20),
    list: z.array(z.string()),
    local: z.iso.datetime({ local: true }),
    union: z.union([z.string(), z.int32()]),
    changed: z.string().transform((text) => text.length),
    mixed: z.literal(["a", 1]),
  };
  for (const [name, schema] of Object.entries(unclear)) {
    const columns = { id, [name]: schema };
    assert.throws(() => defineTable("items", { columns }), {
      name: "TypeError",
      message: new RegExp(
        `^Cannot define table "items": the type of column "${name}" is not clear: .*columnTypes: \\{ ${name}: `,
      ),
    });
    const { columns: [, column] } = defineTable("items", { columns, columnTypes: { [name]: "text" } });
    assert.equal(column!.type, "text");
  }
});

it("an enum is text with a check, called by the convention", () => {
  const { checks } = defineTable("orders", { columns: z.object({ id, state: z.enum(["new", "it's"]) }) });
  assert.deepEqual(checks, [{ name: "ck_orders_state", expression: `"state" IN ('new', 'it''s')` }]);
});

it("each mixin spreads one key of its own, and its columns come last, with their indexes", () => {
  for (const mixin of [timestamps, softDelete, merchantScoped, versioned]) {
    assert.equal(Object.keys(mixin).length, 1);
  }
  const { columns, indexes } = defineTable("items", {
    columns: z.object({ id }),
    ...timestamps,
    ...softDelete,
    ...merchantScoped,
    ...versioned,
  });
  assert.deepEqual(columns.slice(1), [
    { name: "created_at", type: "timestamptz", nullable: false, default: "now()" },
    { name: "updated_at", type: "timestamptz", nullable: false, default: "now()" },
    { name: "deleted_at", type: "timestamptz", nullable: true },
    { name: "is_deleted", type: "boolean", nullable: false, default: "false" },
    { name: "merchant_id", type: "uuid", nullable: false },
    { name: "merchant_domain", type: "varchar(255)", nullable: false },
    { name: "version", type: "integer", nullable: false, default: "1" },
  ]);
  assert.deepEqual(indexes.map(({ name }) => name), [
    "ix_items_created_at",
    "ix_items_is_deleted",
    "ix_items_merchant_id",
    "ix_items_merchant_domain",
    "ix_items_merchant_id_merchant_domain",
  ]);
});

it("names follow the convention of the Python services, and a second one with the same start gets all columns", () => {
  const Merchants = defineTable("merchants", { columns: { id } });
  const table = defineTable("shop.items", {
    columns: { id, sku: z.string(), merchant: z.uuid(), parent_id: z.uuid().nullable(), price: z.int32() },
    unique: ["sku", ["merchant", "sku"], ["merchant", "price"]],
    indexes: ["merchant", ["merchant", "sku"], { columns: [{ column: "price", direction: "desc" }] }],
    foreignKeys: [
      { columns: "merchant", references: Merchants, onDelete: "cascade" },
      { columns: "parent_id", references: "shop.items" },
    ],
    checks: { positive: "price > 0" },
  });
  assert.equal(table.schema, "shop");
  assert.equal(table.name, "items");
  assert.equal(table.primaryKey.name, "pk_items");
  assert.deepEqual(table.uniques.map(({ name }) => name), [
    "uq_items_sku",
    "uq_items_merchant_sku",
    "uq_items_merchant_price",
  ]);
  assert.deepEqual(table.indexes.map(({ name }) => name), [
    "ix_items_merchant",
    "ix_items_merchant_sku",
    "ix_items_price",
  ]);
  assert.deepEqual(table.foreignKeys.map(({ name }) => name), [
    "fk_items_merchant_merchants",
    "fk_items_parent_id_items",
  ]);
  assert.deepEqual(table.checks.map(({ name }) => name), ["ck_items_positive"]);
});

it("with soft delete a unique is an index over the rows that are not deleted", () => {
  const { indexes, uniques } = defineTable("items", {
    columns: { id, sku: z.string() },
    unique: ["sku"],
    ...softDelete,
  });
  assert.deepEqual(uniques, []);
  const unique = indexes.find(({ name }) => name === "uq_items_sku");
  assert.equal(unique?.unique, true);
  assert.equal(unique?.where, 'NOT "is_deleted"');
});

it("a name made by the convention that is too long is cut and marked as SQLAlchemy does it", () => {
  const column = "a_column_whose_name_is_nearly_as_long_as_one_may_be";
  const { indexes } = defineTable("catalog_items", {
    columns: { id, [column]: z.string() },
    indexes: [column],
  });
  // The mark is what hashlib.md5 of the whole name ends with.
  assert.equal(indexes[0]!.name, "ix_catalog_items_a_column_whose_name_is_nearly_as_long__f761");
  assert.ok(indexes[0]!.name.length <= 63);
});

it("createTable gives the table, its indexes and its policy as statements", () => {
  const table = defineTable("shop.notes", {
    columns: z.object({ id: z.bigint(), body: z.string().nullable(), tag: z.string() }),
    columnTypes: { id: "bigint generated by default as identity", tag: "varchar(20)" },
    defaults: { tag: "'none'" },
    indexes: [
      { columns: ["tag", { column: "id", direction: "desc", nulls: "last" }] },
      {
        name: "ix_notes_lower",
        columns: [{ expression: "lower(tag)" }],
        unique: true,
        where: "body IS NULL",
      },
    ],
    rowLevelSecurity: true,
    ...merchantScoped,
  });
  assert.deepEqual(createTable(table), [
    `CREATE TABLE "shop"."notes" (
  "id" bigint GENERATED BY DEFAULT AS IDENTITY NOT NULL,
  "body" text,
  "tag" varchar(20) NOT NULL DEFAULT 'none',
  "merchant_id" uuid NOT NULL,
  "merchant_domain" varchar(255) NOT NULL,
  CONSTRAINT "pk_notes" PRIMARY KEY ("id")
)`,
    'CREATE INDEX "ix_notes_merchant_id" ON "shop"."notes" ("merchant_id")',
    'CREATE INDEX "ix_notes_merchant_domain" ON "shop"."notes" ("merchant_domain")',
    'CREATE INDEX "ix_notes_merchant_id_merchant_domain" ON "shop"."notes" ("merchant_id", "merchant_domain")',
    'CREATE INDEX "ix_notes_tag" ON "shop"."notes" ("tag", "id" DESC NULLS LAST)',
    'CREATE UNIQUE INDEX "ix_notes_lower" ON "shop"."notes" ((lower(tag))) WHERE body IS NULL',
    'ALTER TABLE "shop"."notes" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE "shop"."notes" FORCE ROW LEVEL SECURITY',
    `CREATE POLICY "glam_tenant" ON "shop"."notes" USING ("merchant_id" = NULLIF(current_setting('app.merchant_id', true), '')::uuid) WITH CHECK ("merchant_id" = NULLIF(current_setting('app.merchant_id', true), '')::uuid)`,
  ]);
});

it("a definition that cannot be one is refused at once", () => {
  const columns = { id, name: z.string() };
  const long = "x".repeat(64);
  // deno-lint-ignore no-explicit-any
  const define = defineTable as (name: string, definition: any) => unknown;
  assert.throws(() => define("", { columns }), RangeError);
  assert.throws(() => define(long, { columns }), RangeError);
  assert.throws(() => define("a", { columns: { id, [long]: z.string() } }), RangeError);
  assert.throws(() => define("a", { columns, indexes: [{ columns: "name", name: long }] }), RangeError);
  assert.throws(() => define("a", { columns: { key: id } }), /it has no column "id"; say `primaryKey`/);
  assert.throws(() => define("a", { columns, primaryKey: "key" }), /primaryKey names the column "key"/);
  assert.throws(() => define("a", { columns, unique: ["sku"] }), /unique names the column "sku"/);
  assert.throws(() => define("a", { columns, indexes: ["sku"] }), /indexes names the column "sku"/);
  assert.throws(() => define("a", { columns, defaults: { sku: "1" } }), /defaults names the column "sku"/);
  assert.throws(() => define("a", { columns, columnTypes: { sku: "text" } }), /columnTypes names the column/);
  assert.throws(() => define("a", { columns: { id, and: id } }), /a column cannot be called "and"/);
  assert.throws(() => define("a", { columns: { id, version: z.int32() }, ...versioned }), /of a mixin/);
  assert.throws(() => define("a", { columns, rowLevelSecurity: true }), /needs the mixin merchantScoped/);
  assert.throws(() => define("a", { columns, indexes: ["name", "name"] }), /are called "ix_a_name"/);
});
