import type { TableMapping } from "./_table_mapping.ts";
import type { Cursor } from "./_cursor.ts";
import { orderText, type Term } from "./_order.ts";
import { Query } from "./_query.ts";
import { addWhere, type Scope } from "./_where.ts";

/** One range of an index behind a place. */
interface Range {
  /** How many columns of the order are the same as in the place. */
  readonly equal: number;
  /** What comes then: columns behind those of the place, compared as one row, or a column that is null, or is not. */
  readonly then: "behind" | "null" | "not null";
  /** How many columns that is about. */
  readonly columns: number;
}

/**
 * The ranges that make up everything behind a place, disjoint. `a, b desc` behind `x, y` is `a = x and b < y`, then
 * `a > x`. Columns of one direction are compared as a row, `(a, b) > (x, y)`, which is one range. A null has no place in
 * a comparison, so it stands in a range of its own.
 */
function rangesBehind(terms: readonly Term[], { values }: Cursor): readonly Range[] {
  const ranges: Range[] = [];
  for (let equal = 0; equal < terms.length;) {
    const { direction, nulls } = terms[equal]!;
    if (values[equal] === null) {
      if (nulls === "first") ranges.push({ equal, then: "not null", columns: 1 });
      equal++;
      continue;
    }
    const start = equal;
    while (equal < terms.length && values[equal] !== null && terms[equal]!.direction === direction) {
      const { codec, nulls } = terms[equal]!;
      if (codec.column.nullable && nulls === "last") ranges.push({ equal, then: "null", columns: 1 });
      equal++;
    }
    ranges.push({ equal: start, then: "behind", columns: equal - start });
  }
  return ranges.toReversed();
}

/** What a page is read from. */
export interface KeysetPage {
  readonly mapping: TableMapping;
  readonly scope: Scope;
  readonly filter: unknown;
  /** The order of reading, which for a previous page is the reverse of the list's. */
  readonly terms: readonly Term[];
  readonly cursor: Cursor | undefined;
  /** Rows to read. */
  readonly limit: number;
}

/** The name under which the text of the order's column number `i` is selected. */
export const textColumn = (i: number): string => `~${i}`;

// Written into the text, since the server makes a new plan each time where it does not know how few rows are meant; and
// few different ones, since each makes a text of its own.
const LIMITS = [11, 26, 51, 101, 251, 501, 1001];

/**
 * The query for a page: `UNION ALL` of the ranges, each an index scan that stops by itself. One condition with `OR`
 * says the same, but no index serves it: it reads everything before the place.
 */
export function keysetQuery(page: KeysetPage): Query {
  const { mapping, terms, cursor, limit } = page;
  const order = ` ORDER BY ${orderText(terms)} LIMIT `;
  const most = LIMITS.find((most) => most >= limit) ?? limit;
  const columns = mapping.columns.map(({ quoted }) => quoted).join(", ");
  const query = new Query().add(`SELECT ${mapping.selected}${textsOf(terms)} FROM (`);
  const ranges = cursor === undefined ? [undefined] : rangesBehind(terms, cursor);
  ranges.forEach((range, i) => {
    query.add(`${i > 0 ? " UNION ALL " : ""}(SELECT ${columns} FROM ${mapping.name}`);
    const word = addWhere(query, mapping, page.scope, page.filter);
    if (range !== undefined) addRange(query, page, range, word);
    query.add(`${order}${most})`);
  });
  return query.add(`) AS page${order}`).bind(limit);
}

/** What a cursor needs of a row whose columns the driver does not give exactly. */
function textsOf(terms: readonly Term[]): string {
  return terms.map(({ codec }, i) => codec.exact ? "" : `, ${codec.quoted}::text AS "${textColumn(i)}"`).join(
    "",
  );
}

function addRange(query: Query, { terms, cursor }: KeysetPage, range: Range, first: string): void {
  const { equal, then, columns } = range;
  const { values, inclusive } = cursor!;
  const isAlone = first === " WHERE " && values.slice(1, equal).every((value) => value === null);
  let word = first;
  for (let i = 0; i < equal; i++) {
    addEqual(query.add(word), terms[i]!, values[i]!, isAlone && i === 0);
    word = " AND ";
  }
  const { codec, direction } = terms[equal]!;
  if (then !== "behind") {
    query.add(`${word}${codec.quoted} IS ${then.toUpperCase()}`);
    return;
  }
  const compared = terms.slice(equal, equal + columns);
  const operator = (direction === "asc" ? ">" : "<") +
    (inclusive && equal + columns === terms.length ? "=" : "");
  query.add(`${word}(${compared.map(({ codec }) => codec.quoted).join(", ")}) ${operator} (`);
  compared.forEach(({ codec }, i) => {
    query.add(i > 0 ? ", " : "").bind(values[equal + i]!, codec.cast);
  });
  query.add(")");
}

/**
 * The planner takes a column that equals a constant out of the order it knows a scan to have, and sorts the rows, all of
 * them, before the first is wanted. It does not with an array of one, of which the first column of an index makes the
 * same scan; for a column behind others, which a filter or a tenant may stand for, Postgres before 17 does not.
 */
function addEqual(query: Query, { codec }: Term, value: string | null, isFirst: boolean): void {
  const hasArray = codec.arrayCast !== "::text[]";
  if (value === null) query.add(`${codec.quoted} IS NULL`);
  else if (isFirst && hasArray) {
    query.add(`${codec.quoted} = ANY (ARRAY[`).bind(value, codec.cast).add(`]${codec.arrayCast})`);
  } else query.add(`${codec.quoted} = `).bind(value, codec.cast);
}
