import type { core, ZodObject, ZodType } from "zod";
import { columnTypeOf, describeSchema } from "./_column_type.ts";
import { assertIdentifier, quoteIdentifier, quoteText } from "./_identifier.ts";
import { type MixinColumn, mixinColumns, mixinIndexes, mixinsOf } from "./_mixin_columns.ts";
import { Naming } from "./_naming.ts";
import type {
  CheckedDefinition,
  ForeignKeyDefinition,
  IndexDefinition,
  TableDefinition,
  TypesOfDefinition,
} from "./table_definition.ts";
import type {
  CheckConstraint,
  Column,
  ForeignKeyConstraint,
  IndexPart,
  Table,
  TableIndex,
  UniqueConstraint,
} from "./table.ts";

/**
 * Defines a table by a Zod shape: the types of its rows, what is written to it, and what it is in Postgres.
 *
 * The keys of the shape are the names of the columns. The types of Postgres follow from the schemas: `z.uuid()` is
 * `uuid`, `z.int32()` `integer`, `z.bigint()` `bigint`, `z.date()` `timestamptz`, `z.object()` `jsonb`, an enum `text`
 * with a check. Where there is more than one right answer, `columnTypes` gives it. The name may have a schema in front,
 * `shop.items`. Indexes and constraints are called by the convention of the Python services: `ix uq ck fk pk`.
 *
 * Take `z.guid()` for ids that others made: `z.uuid()` refuses some that Postgres and Python store.
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
 * @throws {TypeError} when a column has no clear type, is named that does not exist, or a name is taken.
 * @throws {RangeError} when a name is empty or longer than Postgres keeps.
 */
export function defineTable<const D extends TableDefinition>(
  name: string,
  definition: D & CheckedDefinition<D>,
): Table<TypesOfDefinition<D>> {
  return build(name, definition);
}

/** The work, without the types. */
function build(name: string, definition: TableDefinition): Table<never> {
  const [table, schema] = splitName(name);
  const mixins = mixinsOf(definition);
  const extra = mixinColumns(mixins);
  const { own, refinements } = takeApart(definition.columns);
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
  const primaryKey = { name: scope.naming.primaryKey(), columns: known(scope, "primaryKey", key) };
  const indexes = mixinIndexes(mixins).map((columns) => index(scope, columns));
  const uniques: UniqueConstraint[] = [];
  for (const unique of definition.unique ?? []) addUnique(scope, unique, uniques, indexes);
  for (const one of definition.indexes ?? []) indexes.push(index(scope, one));
  return {
    schema,
    name: table,
    columns: [
      ...columns,
      ...Object.entries(extra).map(([name, { schema: _, ...rest }]) => ({ name, ...rest })),
    ],
    primaryKey,
    indexes,
    uniques,
    foreignKeys: (definition.foreignKeys ?? []).map((foreign) => foreignKey(scope, foreign)),
    checks,
    rowLevelSecurity: definition.rowLevelSecurity ?? false,
    mixins,
    shape: {
      ...own,
      ...Object.fromEntries(Object.entries(extra).map(([name, { schema }]) => [name, schema])),
    },
    refinements,
  };
}

type Shape = Readonly<Record<string, ZodType>>;

type Refinements = readonly core.$ZodCheck<never>[];

/** By shape, since the object may be of another copy of Zod. */
function takeApart(columns: TableDefinition["columns"]): { own: Shape; refinements: Refinements } {
  const { _zod } = columns as Partial<ZodObject>;
  if (_zod === undefined) return { own: columns as Shape, refinements: [] };
  const { shape } = columns as ZodObject;
  return { own: shape as Shape, refinements: (_zod.def.checks ?? []) as Refinements };
}

interface Scope {
  readonly table: string;
  readonly definition: TableDefinition;
  readonly names: ReadonlySet<string>;
  readonly naming: Naming;
  /** The rows that uniques hold among. */
  readonly partial: string | undefined;
}

function fail({ table }: Scope, why: string): never {
  throw new TypeError(`Cannot define table "${table}": ${why}`);
}

function splitName(name: string): [table: string, schema: string | undefined] {
  const at = name.indexOf(".");
  const table = name.slice(at + 1);
  assertIdentifier("name of a table", table);
  if (at < 0) return [table, undefined];
  const schema = name.slice(0, at);
  assertIdentifier("schema of a table", schema);
  return [table, schema];
}

// A filter uses these words to combine conditions.
const RESERVED = ["and", "or", "not"];

function checkNames(scope: Scope, own: Shape, extra: Readonly<Record<string, MixinColumn>>): void {
  for (const column of Object.keys(own)) {
    assertIdentifier("name of a column", column);
    if (RESERVED.includes(column)) fail(scope, `a column cannot be called "${column}"`);
    if (Object.hasOwn(extra, column)) fail(scope, `its shape has the column "${column}" of a mixin`);
  }
  known(scope, "defaults", Object.keys(scope.definition.defaults ?? {}));
  known(scope, "columnTypes", Object.keys(scope.definition.columnTypes ?? {}));
}

function checkRowLevelSecurity(scope: Scope, merchantScoped: boolean): void {
  if (scope.definition.rowLevelSecurity === true && !merchantScoped) {
    fail(scope, "rowLevelSecurity needs the mixin merchantScoped");
  }
}

/** The names, if every one is of a column. */
function known(scope: Scope, where: string, names: readonly string[]): readonly string[] {
  for (const name of names) {
    if (!scope.names.has(name)) fail(scope, `${where} names the column "${name}", which it does not have`);
  }
  return names;
}

function ownColumn(
  scope: Scope,
  name: string,
  field: ZodType,
  key: readonly string[],
  checks: CheckConstraint[],
): Column {
  const { defaults, columnTypes } = scope.definition;
  const { inner, nullable } = describeSchema(field);
  const column = { name, nullable: nullable && !key.includes(name), default: defaults?.[name] };
  const given = columnTypes?.[name];
  if (given !== undefined) return { ...column, ...givenType(scope.table, name, given) };
  const found = columnTypeOf(inner);
  if (typeof found === "string") {
    fail(
      scope,
      `the type of column "${name}" is not clear: ${found}; say which in columnTypes: { ${name}: "..." }`,
    );
  }
  if (found.oneOf !== undefined) {
    const values = found.oneOf.map(quoteText).join(", ");
    checks.push({ name: scope.naming.check(name), expression: `${quoteIdentifier(name)} IN (${values})` });
  }
  return { ...column, type: found.type };
}

const SERIALS: Readonly<Record<string, string>> = {
  smallserial: "smallint",
  serial: "integer",
  bigserial: "bigint",
};

/** A type as a person writes it, which for a number that the database counts is more than a type. */
function givenType(table: string, column: string, text: string): Omit<Column, "name" | "nullable"> {
  const words = text.trim().replace(/\s+/g, " ");
  const counted = SERIALS[words.toLowerCase()];
  if (counted !== undefined) {
    return { type: counted, default: `nextval('${table}_${column}_seq'::regclass)`, serial: true };
  }
  const identity = /^(.+?) generated (always|by default) as identity$/i.exec(words);
  if (identity !== null) {
    return { type: identity[1]!, identity: identity[2]!.toLowerCase() as "always" | "by default" };
  }
  return { type: words };
}

function addUnique(
  scope: Scope,
  unique: NonNullable<TableDefinition["unique"]>[number],
  uniques: UniqueConstraint[],
  indexes: TableIndex[],
): void {
  const { columns, name } = isDefinition(unique) ? unique : { columns: list(unique), name: undefined };
  if (name !== undefined) assertIdentifier("name of a unique", name);
  const called = scope.naming.unique(known(scope, "unique", columns), name);
  if (scope.partial === undefined) uniques.push({ name: called, columns });
  else {indexes.push({
      name: called,
      parts: columns.map(toPart),
      unique: true,
      using: "btree",
      where: scope.partial,
    });}
}

function index(scope: Scope, one: string | readonly string[] | IndexDefinition): TableIndex {
  const definition: IndexDefinition = isDefinition(one) ? one : { columns: list(one) };
  const parts = list<string | object>(definition.columns).map(toPart);
  const columns = parts.flatMap(({ column }) => column ?? []);
  known(scope, "indexes", columns);
  if (definition.name !== undefined) assertIdentifier("name of an index", definition.name);
  else if (parts[0]?.column === undefined) {
    fail(scope, "an index that starts with an expression needs a `name`");
  }
  return {
    name: scope.naming.index(columns, definition.name),
    parts,
    unique: definition.unique ?? false,
    using: definition.using ?? "btree",
    where: definition.where,
  };
}

function toPart(part: string | Partial<IndexPart>): IndexPart {
  const { direction = "asc", ...rest } = typeof part === "string" ? { column: part } : part;
  return { ...rest, direction, nulls: rest.nulls ?? (direction === "asc" ? "last" : "first") };
}

function foreignKey(scope: Scope, definition: ForeignKeyDefinition): ForeignKeyConstraint {
  const { references, referencedColumns, onDelete = "no action", onUpdate = "no action", name } = definition;
  const columns = known(scope, "foreignKeys", list(definition.columns));
  if (name !== undefined) assertIdentifier("name of a foreign key", name);
  const [table, schema] = typeof references === "string"
    ? splitName(references)
    : [references.name, references.schema];
  const referred = typeof references === "string" ? ["id"] : references.primaryKey.columns;
  const target = {
    schema,
    table,
    columns: referencedColumns === undefined ? referred : list(referencedColumns),
  };
  if (target.columns.length !== columns.length) {
    fail(scope, `the foreign key of "${columns.join()}" refers to ${target.columns.length} columns`);
  }
  return {
    name: scope.naming.foreignKey(columns, table, name),
    columns,
    references: target,
    onDelete,
    onUpdate,
  };
}

function list<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : [value as T];
}

function isDefinition<T extends object>(value: string | readonly string[] | T): value is T {
  return typeof value === "object" && !Array.isArray(value);
}
