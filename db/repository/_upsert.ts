import type { AnyRow, TableMapping } from "./_table_mapping.ts";
import type { Codec } from "./_codec.ts";
import { quoteIdentifiers } from "../table/_identifier.ts";
import type { Query } from "./_query.ts";
import { managedColumns } from "./_row_schemas.ts";
import type { RowOrigin } from "./query_options.ts";
import { rowError } from "./_row_fault.ts";

/** The columns that identify a row in an upsert, and what happens to a deleted one. */
export interface Conflict {
  readonly columns: readonly string[];
  /** The condition of the unique index, where it is partial. */
  readonly where: string | undefined;
  readonly restore: boolean;
}

/**
 * Resolves the columns that identify a row.
 *
 * @throws {TypeError} when no unique of the table covers them.
 */
export function toConflict({ table }: TableMapping, given: unknown, restore: boolean): Conflict {
  const columns = given === undefined
    ? table.primaryKey.columns
    : Array.isArray(given)
    ? given as string[]
    : [given as string];
  const same = (others: readonly (string | undefined)[]) =>
    others.length === columns.length && columns.every((column) => others.includes(column));
  if ([table.primaryKey, ...table.uniques].some((unique) => same(unique.columns))) {
    return { columns, where: undefined, restore };
  }
  const index = table.indexes.find(({ unique, parts }) => unique && same(parts.map(({ column }) => column)));
  if (index !== undefined) return { columns, where: index.where, restore };
  throw new TypeError(
    `Cannot upsert into "${table.name}": nothing makes ${
      columns.join(", ")
    } unique; say so in its definition`,
  );
}

/**
 * Writes `ON CONFLICT ... DO UPDATE`, which changes the given columns of a row, if the row belongs to the same tenant
 * and is not deleted. Otherwise the statement returns no row.
 */
export function addOnConflict(
  query: Query,
  mapping: TableMapping,
  conflict: Conflict,
  given: readonly string[],
): void {
  const { columns, where, restore } = conflict;
  const { mixins, primaryKey } = mapping.table;
  const kept = new Set([...columns, ...primaryKey.columns, ...managedColumns(mixins)]);
  const sets = given.filter((name) => !kept.has(name)).map((name) => {
    const { quoted } = mapping.codecs.get(name)!;
    return `${quoted} = excluded.${quoted}`;
  });
  sets.push(...bookkeepingSets(mapping, "stored."));
  if (restore && mixins.softDelete) sets.push('"is_deleted" = FALSE', '"deleted_at" = NULL');
  if (sets.length === 0) {
    // Nothing to change, but RETURNING gives only rows that were written.
    const { quoted } = mapping.codecs.get(columns[0]!)!;
    sets.push(`${quoted} = stored.${quoted}`);
  }
  const conditions = [
    ...(mixins.merchantScoped ? ['stored."merchant_id" = excluded."merchant_id"'] : []),
    ...(mixins.softDelete && !restore ? ['NOT stored."is_deleted"'] : []),
  ];
  query.add(` ON CONFLICT (${quoteIdentifiers(columns)})${where === undefined ? "" : ` WHERE ${where}`}`);
  query.add(` DO UPDATE SET ${sets.join(", ")}`);
  if (conditions.length > 0) query.add(` WHERE ${conditions.join(" AND ")}`);
}

/** The `SET` items of every change of a row. `updated_at` grows within a transaction as well, where `now()` does not. */
export function bookkeepingSets({ table: { mixins } }: TableMapping, prefix: string = ""): string[] {
  return [
    ...(mixins.timestamps
      ? [`"updated_at" = GREATEST(clock_timestamp(), ${prefix}"updated_at" + interval '1 microsecond')`]
      : []),
    ...(mixins.versioned ? [`"version" = ${prefix}"version" + 1`] : []),
  ];
}

/** Finds rows of a batch with the same key, which Postgres refuses only within one statement. */
export class SeenKeys {
  readonly #mapping: TableMapping;
  readonly #from: RowOrigin;
  readonly #codecs: readonly Codec[];
  readonly #seen = new Map<string, number>();

  constructor(mapping: TableMapping, { columns }: Conflict, from: RowOrigin) {
    this.#mapping = mapping;
    this.#from = from;
    this.#codecs = columns.map((column) => mapping.codecs.get(column)!);
  }

  /** Refuses a row with the key of an earlier one. */
  add(row: AnyRow, at: number): void {
    const values = this.#codecs.map(({ column, encode }) => {
      const value = row[column.name];
      if (value === null || value === undefined) return undefined;
      const text = String(encode(value));
      return column.type === "uuid" ? text.toLowerCase() : text;
    });
    // A null, or a value that the database fills in, equals no other.
    if (values.includes(undefined)) return;
    const key = values.length === 1 ? values[0]! : JSON.stringify(values);
    const earlier = this.#seen.get(key);
    if (earlier !== undefined) {
      throw sameKey(this.#mapping, this.#from, `Rows ${earlier} and ${at} of the batch have the same key`);
    }
    this.#seen.set(key, at);
  }
}

/** The error for two rows of a batch with the same key. */
export function sameKey({ table }: TableMapping, from: RowOrigin, message: string, cause?: unknown): Error {
  return rowError(table, from, { message, field: "conflict", cause });
}
