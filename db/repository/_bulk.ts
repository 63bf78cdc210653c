import type { AnyRow, TableMapping } from "./_table_mapping.ts";
import { arrayLiteral } from "./_array_literal.ts";
import type { Codec } from "./_codec.ts";
import { quoteText } from "../table/_identifier.ts";
import { encodeValue } from "./_insert.ts";
import { hasDatabaseDefault } from "../table/_write_schemas.ts";
import type { Query } from "./_query.ts";

/** Rows per statement: many enough that the round trip costs little, few enough that the parameters stay small. */
export const CHUNK = 2500;

/**
 * Writes `INSERT INTO ... SELECT ... FROM unnest(...)` for many rows. Each column is one array parameter, so the number
 * of parameters does not depend on the number of rows.
 *
 * Where only some rows give a value and the database has a default, a second array of booleans says which rows do.
 */
export function addBulkInsert(
  query: Query,
  mapping: TableMapping,
  rows: readonly AnyRow[],
  alias: string,
): void {
  const parts = mapping.columns.flatMap((codec) => toPart(mapping, codec, rows) ?? []);
  query.add(
    `INSERT INTO ${mapping.name}${alias} (${parts.map(({ codec }) => codec.quoted).join(", ")}) SELECT `,
  );
  query.add(parts.map(({ expression }) => expression).join(", "));
  query.add(" FROM unnest(");
  parts.forEach(({ codec, values, given }, i) => {
    query.add(i > 0 ? ", " : "").bind(values, codec.arrayCast);
    if (given !== undefined) query.add(", ").bind(given, "::boolean[]");
  });
  const names = parts.flatMap(({ names }) => names);
  query.add(`) AS given (${names.join(", ")})`);
}

interface Part {
  readonly codec: Codec;
  readonly values: string;
  readonly given: string | undefined;
  readonly names: readonly string[];
  readonly expression: string;
}

function toPart(mapping: TableMapping, codec: Codec, rows: readonly AnyRow[]): Part | undefined {
  const { name } = codec.column;
  const count = hasDatabaseDefault(codec.column) ? countGiven(rows, name) : rows.length;
  if (count === 0) return undefined;
  const values = arrayLiteral(
    rows.length,
    codec.quotedElements,
    (place) => encodeValue(codec, rows[place]![name]),
  );
  const i = mapping.columns.indexOf(codec);
  const value = `v${i}${codec.elementCast}`;
  if (count === rows.length) return { codec, values, given: undefined, names: [`v${i}`], expression: value };
  return {
    codec,
    values,
    given: arrayLiteral(rows.length, false, (place) => rows[place]![name] === undefined ? "f" : "t"),
    names: [`v${i}`, `g${i}`],
    expression: `CASE WHEN g${i} THEN ${value} ELSE ${defaultOf(mapping, codec)} END`,
  };
}

function countGiven(rows: readonly AnyRow[], name: string): number {
  let count = 0;
  for (const row of rows) {
    if (row[name] !== undefined) count++;
  }
  return count;
}

/** The column's default as an expression, since the keyword `DEFAULT` is allowed in `VALUES` only. */
function defaultOf({ name }: TableMapping, { column }: Codec): string {
  return column.identity !== undefined || column.serial === true
    ? `nextval(pg_get_serial_sequence(${quoteText(name)}, ${quoteText(column.name)}))`
    : `(${column.default})`;
}
