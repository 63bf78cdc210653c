import { ValidationError } from "../../errors/common.ts";
import { type Cursor, decodeCursor, type DecodedCursor, encodeCursor, keyTerms } from "./_cursor.ts";
import { keysetQuery, textColumn, textsOf } from "./_keyset.ts";
import { reversed, type Term } from "./_order.ts";
import { Query } from "./_query.ts";
import type { CursorSlice, FindAfterOptions } from "./query_options.ts";
import { pageSize, termsOf } from "./_reads.ts";
import { scopeOf, type Session } from "./_session.ts";
import type { AnyRow } from "./_table_mapping.ts";
import { addScope } from "./_where.ts";

/** The page after, or before, a cursor. */
export async function readSlice(
  session: Session,
  filter: unknown,
  options: FindAfterOptions<AnyRow>,
): Promise<CursorSlice<AnyRow>> {
  const { mapping } = session;
  const limit = pageSize(options.limit);
  const list = termsOf(mapping, options.orderBy);
  const key = mapping.table.primaryKey.columns;
  const cursor = options.after === undefined
    ? undefined
    : await complete(session, decodeCursor(options.after, mapping.name, list, key), list);
  const forward = cursor?.forward ?? true;
  const terms = forward ? list : reversed(list);
  const scope = scopeOf(session, options.deleted);
  // One row more than asked for says whether another page follows.
  const query = keysetQuery({ mapping, scope, filter, terms, cursor, limit: limit + 1 });
  const found = await query.run(session.sql, mapping.statements);
  const rows = Array.from(found.slice(0, limit));
  const more = found.length > limit;
  if (!forward) rows.reverse();
  const ends = rows.length > 0
    ? { first: valuesOf(rows[0]!, list), last: valuesOf(rows.at(-1)!, list) }
    : undefined;
  removeTexts(rows, list);
  mapping.decode?.(rows);

  const write = (forward: boolean, values: Cursor["values"], inclusive = false) =>
    encodeCursor({ forward, inclusive, values }, mapping.name, list, key);
  if (ends === undefined) {
    if (cursor === undefined) return { items: [], limit };
    // No rows on this side of the position: the way back includes the row of the cursor itself.
    const back = write(!forward, cursor.values, !cursor.inclusive);
    return { items: [], limit, ...(forward ? { previous: back } : { next: back }) };
  }
  const hasNext = forward ? more : true;
  const hasPrevious = forward ? cursor !== undefined : more;
  return {
    items: rows,
    limit,
    ...(hasNext && { next: write(true, ends.last) }),
    ...(hasPrevious && { previous: write(false, ends.first) }),
  };
}

/** Looks up the position of the row that a cursor names by its key only. */
async function complete(session: Session, cursor: DecodedCursor, list: readonly Term[]): Promise<Cursor> {
  if (!cursor.keyOnly) return cursor;
  const { mapping, sql } = session;
  const columns = list.map(({ codec }) => codec.select).join(", ");
  const query = new Query().add(`SELECT ${columns}${textsOf(list)} FROM ${mapping.name}`);
  const word = keyTerms(list, mapping.table.primaryKey.columns).reduce((word, { codec }, i) => {
    query.add(`${word}${codec.quoted} = `).bind(cursor.values[i]!, codec.cast);
    return " AND ";
  }, " WHERE ");
  addScope(query, mapping, scopeOf(session, "include"), word);
  const [row] = await query.run(sql, mapping.statements);
  if (row === undefined) {
    throw new ValidationError("The row of this cursor is gone; read the list from its start", {
      field: "cursor",
    });
  }
  return { ...cursor, values: valuesOf(row, list) };
}

/** The position of a row, as the server's exact texts. */
function valuesOf(row: AnyRow, terms: readonly Term[]): (string | null)[] {
  return terms.map(({ codec }, i) => {
    const value = row[codec.exact ? codec.column.name : textColumn(i)];
    return value === null || value === undefined ? null : String(value);
  });
}

function removeTexts(rows: readonly AnyRow[], terms: readonly Term[]): void {
  const names = terms.flatMap(({ codec }, i) => codec.exact ? [] : [textColumn(i)]);
  if (names.length === 0) return;
  for (const row of rows) {
    for (const name of names) delete row[name];
  }
}
