import { isGlamError } from "../../errors/glam_error.ts";
import type { Table } from "../table/table.ts";

/**
 * Names the columns of the unique that a write broke, where the server did not: of a table with row level security it
 * keeps them to itself.
 */
export function withFields(error: unknown, table: Table): unknown {
  if (!isGlamError(error) || error.status !== 409 || error.details["fields"] !== undefined) return error;
  const { constraint } = error.details;
  const uniques = uniquesOf(table);
  // The Python services and version 0.1 called a unique by its first column.
  const found = uniques.find(({ name }) => name === constraint) ??
    uniques.find(({ name }) => name.startsWith(`${constraint}_`));
  if (found !== undefined && found.columns.length > 0) error.details["fields"] = [...found.columns];
  return error;
}

function uniquesOf({ primaryKey, uniques, indexes }: Table): { name: string; columns: readonly string[] }[] {
  const ofIndexes = indexes.filter(({ unique }) => unique).map(({ name, parts }) => ({
    name,
    columns: parts.flatMap(({ column }) => column ?? []),
  }));
  return [primaryKey, ...uniques, ...ofIndexes];
}
