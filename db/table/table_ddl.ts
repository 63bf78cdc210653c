import { quoteIdentifier, quoteIdentifiers } from "./_identifier.ts";
import type {
  CheckConstraint,
  Column,
  ForeignKeyConstraint,
  IndexPart,
  TableIndex,
  TableModel,
  UniqueConstraint,
} from "./table.ts";

/** Quotes the name of a table, with its schema, for SQL. */
export function tableName({ schema, name }: Pick<TableModel, "schema" | "name">): string {
  return schema === undefined ? quoteIdentifier(name) : `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}

/**
 * The statements that create a table with its constraints, its indexes and its row level security, in the order in
 * which they must run.
 *
 * @example
 * ```ts
 * import { createTable, defineTable } from "@glam/shared/db";
 * import * as z from "zod";
 *
 * const Tags = defineTable("tags", { columns: z.object({ id: z.uuid(), name: z.string() }), indexes: ["name"] });
 * console.log(createTable(Tags).at(-1)); // CREATE INDEX "ix_tags_name" ON "tags" ("name")
 * ```
 */
export function createTable(table: TableModel): string[] {
  const { columns, primaryKey, uniques, checks, foreignKeys, indexes } = table;
  const lines = [
    ...columns.map(columnDdl),
    primaryKeyDdl(primaryKey),
    ...uniques.map(uniqueDdl),
    ...checks.map(checkDdl),
    ...foreignKeys.map(foreignKeyDdl),
  ];
  return [
    `CREATE TABLE ${tableName(table)} (\n  ${lines.join(",\n  ")}\n)`,
    ...indexes.map((index) => createIndex(table, index)),
    ...(table.rowLevelSecurity ? enableRowLevelSecurity(table) : []),
  ];
}

/** The definition of a column for `CREATE TABLE` and `ADD COLUMN`. */
export function columnDdl(column: Column): string {
  const type = column.serial === true ? SERIALS[column.type]! : column.type;
  return [
    quoteIdentifier(column.name),
    type,
    ...(column.identity === undefined ? [] : [`GENERATED ${column.identity.toUpperCase()} AS IDENTITY`]),
    ...(column.generated === undefined ? [] : [`GENERATED ALWAYS AS ${column.generated}`]),
    ...(column.nullable ? [] : ["NOT NULL"]),
    ...(column.default === undefined || column.serial === true ? [] : [`DEFAULT ${column.default}`]),
  ].join(" ");
}

const SERIALS: Readonly<Record<string, string>> = {
  smallint: "smallserial",
  integer: "serial",
  bigint: "bigserial",
};

/** The definition of a primary key for `CREATE TABLE` and `ADD`. */
export function primaryKeyDdl({ name, columns }: UniqueConstraint): string {
  return `CONSTRAINT ${quoteIdentifier(name)} PRIMARY KEY (${quoteIdentifiers(columns)})`;
}

/** The definition of a unique constraint for `CREATE TABLE` and `ADD`. */
export function uniqueDdl({ name, columns }: UniqueConstraint): string {
  return `CONSTRAINT ${quoteIdentifier(name)} UNIQUE (${quoteIdentifiers(columns)})`;
}

/** The definition of a check for `CREATE TABLE` and `ADD`. */
export function checkDdl({ name, expression }: CheckConstraint): string {
  return `CONSTRAINT ${quoteIdentifier(name)} CHECK (${expression})`;
}

/** The definition of a foreign key for `CREATE TABLE` and `ADD`. */
export function foreignKeyDdl(
  { name, columns, references, onDelete, onUpdate }: ForeignKeyConstraint,
): string {
  const target = tableName({ schema: references.schema, name: references.table });
  return [
    `CONSTRAINT ${quoteIdentifier(name)} FOREIGN KEY (${quoteIdentifiers(columns)})`,
    `REFERENCES ${target} (${quoteIdentifiers(references.columns)})`,
    ...(onDelete === "no action" ? [] : [`ON DELETE ${onDelete.toUpperCase()}`]),
    ...(onUpdate === "no action" ? [] : [`ON UPDATE ${onUpdate.toUpperCase()}`]),
  ].join(" ");
}

/** The statement that creates an index. */
export function createIndex(table: TableModel, { name, parts, unique, using, where }: TableIndex): string {
  return [
    unique ? "CREATE UNIQUE INDEX" : "CREATE INDEX",
    `${quoteIdentifier(name)} ON ${tableName(table)}`,
    ...(using === "btree" ? [] : [`USING ${using}`]),
    `(${parts.map(indexPartDdl).join(", ")})`,
    ...(where === undefined ? [] : [`WHERE ${where}`]),
  ].join(" ");
}

function indexPartDdl({ column, expression, direction, nulls }: IndexPart): string {
  const usual = direction === "asc" ? "last" : "first";
  return [
    column === undefined ? `(${expression})` : quoteIdentifier(column),
    ...(direction === "asc" ? [] : ["DESC"]),
    ...(nulls === usual ? [] : [`NULLS ${nulls.toUpperCase()}`]),
  ].join(" ");
}

/** The name of the policy that separates tenants. */
export const TENANT_POLICY = "glam_tenant";

/**
 * The statements that enable row level security, which also applies to the table's owner. A session without
 * `app.merchant_id` sees no row. The service's role must not be a superuser or have BYPASSRLS.
 */
export function enableRowLevelSecurity(table: TableModel): string[] {
  const name = tableName(table);
  // After a transaction that set it, the setting is an empty text, not null.
  const own = `"merchant_id" = NULLIF(current_setting('app.merchant_id', true), '')::uuid`;
  return [
    `ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY`,
    `ALTER TABLE ${name} FORCE ROW LEVEL SECURITY`,
    `CREATE POLICY "${TENANT_POLICY}" ON ${name} USING (${own}) WITH CHECK (${own})`,
  ];
}
