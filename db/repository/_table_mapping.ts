import { type Codec, codecsOf, type Encoded, takesObject } from "./_codec.ts";
import { StatementCache } from "./_statement_cache.ts";
import { RowSchemas } from "./_row_schemas.ts";
import { ValidationError } from "../../errors/common.ts";
import { tableName } from "../table/table_ddl.ts";
import type { Table } from "../table/table.ts";

/** A row, by column. */
export type AnyRow = Record<string, unknown>;

/** What all queries on a table share, made once for each table. */
export interface TableMapping {
  readonly table: Table;
  /** The quoted name. */
  readonly name: string;
  readonly codecs: ReadonlyMap<string, Codec>;
  readonly columns: readonly Codec[];
  readonly key: readonly Codec[];
  /** The select list: every column by name, so that a column added later does not break prepared statements. */
  readonly selected: string;
  readonly statements: StatementCache;
  readonly schemas: RowSchemas;
  /** Converts rows of the driver to rows of the table, in place. */
  readonly decode: ((rows: readonly AnyRow[]) => void) | undefined;
}

const made = new WeakMap<Table, TableMapping>();

/** The mapping of a table. */
export function mappingOf(table: Table): TableMapping {
  let mapping = made.get(table);
  if (mapping === undefined) made.set(table, mapping = makeMapping(table));
  return mapping;
}

function makeMapping(table: Table): TableMapping {
  const codecs = codecsOf(table);
  const columns = [...codecs.values()];
  return {
    table,
    name: tableName(table),
    codecs,
    columns,
    key: table.primaryKey.columns.map((column) => codecs.get(column)!),
    selected: columns.map(({ select }) => select).join(", "),
    statements: new StatementCache(table.name),
    schemas: new RowSchemas(table),
    decode: decoderOf(columns),
  };
}

function decoderOf(columns: readonly Codec[]): TableMapping["decode"] {
  const decoders = columns.flatMap(({ column, decode }) =>
    decode === undefined ? [] : [[column.name, decode] as const]
  );
  if (decoders.length === 0) return undefined;
  return (rows) => {
    for (const row of rows) {
      for (const [name, decode] of decoders) row[name] = decode(row[name]);
    }
  };
}

/**
 * The values of a primary key, in the order of its columns.
 *
 * @throws {ValidationError} when a column is missing or unknown.
 */
export function encodeKey({ table, key }: TableMapping, given: unknown): Encoded[] {
  if (key.length === 1) return [encodeKeyValue(key[0]!, given)];
  const names = typeof given === "object" && given !== null ? Object.keys(given) : [];
  if (names.length !== key.length) {
    throw new ValidationError(
      `Expected the key of "${table.name}" to be an object of ${table.primaryKey.columns.join(", ")}`,
    );
  }
  return key.map((codec) => encodeKeyValue(codec, (given as AnyRow)[codec.column.name]));
}

function encodeKeyValue(codec: Codec, value: unknown): Encoded {
  const usable = value !== null && value !== undefined &&
    (typeof value === "object"
      ? takesObject(codec, value)
      : typeof value !== "function" && typeof value !== "symbol");
  if (!usable) {
    const { name } = codec.column;
    throw new ValidationError(`Expected a value for the key column "${name}"`, { field: name });
  }
  return codec.encode(value);
}
