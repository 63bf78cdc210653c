import type { core, ZodObject, ZodType } from "zod";
import { assertIdentifier, quoteIdentifier } from "./_identifier.ts";
import { type MixinColumn, mixinColumns, mixinIndexes, mixinsOf } from "./_mixin_columns.ts";
import { Naming } from "./_naming.ts";
import { ownColumn } from "./_table_columns.ts";
import { rowSchemaOf } from "./_row_schema.ts";
import { insertSchemaOf, patchSchemaOf } from "./_write_schemas.ts";
import { addUnique, foreignKey, index } from "./_table_indexes.ts";
import { assertColumns, fail, list, type Scope, splitName } from "./_table_scope.ts";
import type { CheckConstraint, Table, UniqueConstraint } from "./table.ts";
import type { CheckedDefinition, TableDefinition, TypesOfDefinition } from "./table_definition.ts";

/**
 * Defines a table by a Zod shape, from which the types of its rows, the validation of writes and its SQL follow.
 *
 * The keys of the shape are the names of the columns. The Postgres types follow from the schemas: `z.uuid()` is `uuid`,
 * `z.int32()` `integer`, `z.bigint()` `bigint`, `z.date()` `timestamptz`, `z.object()` `jsonb`, an enum `text` with a
 * check. `columnTypes` gives the type where more than one is reasonable. The name may include a schema, `shop.items`.
 * Indexes and constraints are named by the convention of the Python services, with the prefixes `ix uq ck fk pk`.
 *
 * Use `z.guid()` for ids made elsewhere: `z.uuid()` refuses some that Postgres and Python accept.
 *
 * @example
 * ```ts
 * import { defineTable, type RowOf, softDelete, timestamps } from "@glam/shared/db";
 * import * as z from "zod";
 *
 * const Items = defineTable("items", {
 *   columns: z.object({ id: z.uuid(), name: z.string(), price: z.string().nullable() }),
 *   columnTypes: { price: "numeric(12,2)" },
 *   unique: ["name"],
 *   checks: { price_positive: "price >= 0" },
 *   ...timestamps,
 *   ...softDelete,
 * });
 * type Item = RowOf<typeof Items>;
 *
 * const name: keyof Item = "created_at";
 * console.log(Items.columns.find((column) => column.name === name)?.type); // timestamptz
 * ```
 *
 * @throws {TypeError} when the type of a column is not clear, a named column does not exist, or two constraints have one name.
 * @throws {RangeError} when a name is empty or longer than Postgres keeps.
 */
export function defineTable<const D extends TableDefinition>(
  name: string,
  definition: D & CheckedDefinition<D>,
): Table<TypesOfDefinition<D>> {
  return build(name, definition);
}

/** Does the work of `defineTable`, without its types. */
function build(name: string, definition: TableDefinition): Table<never> {
  const [table, schema] = splitName(name);
  const mixins = mixinsOf(definition);
  const extra = mixinColumns(mixins);
  const { own, refinements } = readShape(definition.columns);
  const scope: Scope = {
    table,
    definition,
    names: new Set([...Object.keys(own), ...Object.keys(extra)]),
    naming: new Naming(table),
    partial: mixins.softDelete ? `NOT ${quoteIdentifier("is_deleted")}` : undefined,
  };
  checkNames(scope, own, extra);
  checkRowLevelSecurity(scope, mixins.merchantScoped);
  const key = list(definition.primaryKey ?? "id");
  if (definition.primaryKey === undefined && !scope.names.has("id")) {
    fail(scope, 'it has no column "id"; say `primaryKey`');
  }
  const checks: CheckConstraint[] = [];
  const columns = Object.entries(own).map(([column, field]) => ownColumn(scope, column, field, key, checks));
  for (const [end, expression] of Object.entries(definition.checks ?? {})) {
    checks.push({ name: scope.naming.check(end), expression });
  }
  const primaryKey = { name: scope.naming.primaryKey(), columns: assertColumns(scope, "primaryKey", key) };
  const indexes = mixinIndexes(mixins).map((columns) => index(scope, columns));
  const uniques: UniqueConstraint[] = [];
  for (const unique of definition.unique ?? []) addUnique(scope, unique, uniques, indexes);
  for (const one of definition.indexes ?? []) indexes.push(index(scope, one));
  let insert: Table["insertSchema"] | undefined;
  let patch: Table["patchSchema"] | undefined;
  let row: Table["rowSchema"] | undefined;
  const allColumns = [
    ...columns,
    ...Object.entries(extra).map(([name, { schema: _, ...rest }]) => ({ name, ...rest })),
  ];
  const shape = {
    ...own,
    ...Object.fromEntries(Object.entries(extra).map(([name, { schema }]) => [name, schema])),
  };
  return {
    schema,
    name: table,
    columns: allColumns,
    // Most tables of a service are defined without one of these being used.
    get insertSchema() {
      return (insert ??= insertSchemaOf(columns, own, refinements)) as never;
    },
    get patchSchema() {
      return (patch ??= patchSchemaOf(columns, own, key)) as never;
    },
    get rowSchema() {
      return (row ??= rowSchemaOf(allColumns, shape)) as never;
    },
    primaryKey,
    indexes,
    uniques,
    foreignKeys: (definition.foreignKeys ?? []).map((foreign) => foreignKey(scope, foreign)),
    checks,
    rowLevelSecurity: definition.rowLevelSecurity ?? false,
    mixins,
    shape,
    refinements,
  };
}

type Shape = Readonly<Record<string, ZodType>>;

type Refinements = readonly core.$ZodCheck<never>[];

/** Reads shape and checks structurally, since the object may belong to another copy of Zod. */
function readShape(columns: TableDefinition["columns"]): { own: Shape; refinements: Refinements } {
  const { _zod } = columns as Partial<ZodObject>;
  if (_zod === undefined) return { own: columns as Shape, refinements: [] };
  const { shape } = columns as ZodObject;
  return { own: shape as Shape, refinements: (_zod.def.checks ?? []) as Refinements };
}

// Filters combine conditions under these names.
const RESERVED = ["and", "or", "not"];

function checkNames(scope: Scope, own: Shape, extra: Readonly<Record<string, MixinColumn>>): void {
  for (const column of Object.keys(own)) {
    assertIdentifier("name of a column", column);
    if (RESERVED.includes(column)) fail(scope, `a column cannot be called "${column}"`);
    if (Object.hasOwn(extra, column)) fail(scope, `its shape has the column "${column}" of a mixin`);
  }
  assertColumns(scope, "defaults", Object.keys(scope.definition.defaults ?? {}));
  assertColumns(scope, "columnTypes", Object.keys(scope.definition.columnTypes ?? {}));
}

function checkRowLevelSecurity(scope: Scope, merchantScoped: boolean): void {
  if (scope.definition.rowLevelSecurity === true && !merchantScoped) {
    fail(scope, "rowLevelSecurity needs the mixin merchantScoped");
  }
}
