import type { TableMapping } from "./_table_mapping.ts";
import type { Cursor } from "./_cursor.ts";
import { orderText, type Term } from "./_order.ts";
import { Query } from "./_query.ts";
import { addWhere, type Scope } from "./_where.ts";

/** One range of an index after a position. */
interface Range {
  /** How many leading columns of the order equal those of the position. */
  readonly equal: number;
  /** The condition on the columns that follow: compared as one row with the position's, or one column (not) null. */
  readonly then: "after" | "null" | "not null";
  /** The number of columns in that condition. */
  readonly columns: number;
}

/**
 * The disjoint ranges that together hold every row after a position. For `a, b desc` after `x, y` they are
 * `a = x and b < y`, then `a > x`. Columns of one direction are compared as a row, `(a, b) > (x, y)`, which is one
 * range. A comparison with null is never true, so nulls get ranges of their own.
 */
function rangesAfter(terms: readonly Term[], { values }: Cursor): readonly Range[] {
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
    ranges.push({ equal: start, then: "after", columns: equal - start });
  }
  return ranges.toReversed();
}

/** What a page is made of. */
export interface KeysetPage {
  readonly mapping: TableMapping;
  readonly scope: Scope;
  readonly filter: unknown;
  /** The order of the scan: that of the list, or its reverse for a previous page. */
  readonly terms: readonly Term[];
  readonly cursor: Cursor | undefined;
  /** Rows to read. */
  readonly limit: number;
}

/** The alias under which the text of order column `i` is selected. */
export const textColumn = (i: number): string => `~${i}`;

// The limit is part of the text: with a parameter the planner does not know that few rows are wanted, and keeps making
// custom plans. Each limit is a statement of its own, so there are few of them.
const LIMITS = [11, 26, 51, 101, 251, 501, 1001];

/**
 * The query for a page: a `UNION ALL` of the ranges, each an index scan with a limit. One condition with `OR` would be
 * equivalent, but no index serves it: the scan would read every row before the position.
 */
export function keysetQuery(page: KeysetPage): Query {
  const { mapping, terms, cursor, limit } = page;
  const order = (source: string) => ` ORDER BY ${orderText(terms, source)} LIMIT `;
  const most = LIMITS.find((most) => most >= limit) ?? limit;
  const columns = mapping.columns.map(({ quoted }) => quoted).join(", ");
  const query = new Query().add(`SELECT ${mapping.selected}${textsOf(terms)} FROM (`);
  const ranges = cursor === undefined ? [undefined] : rangesAfter(terms, cursor);
  ranges.forEach((range, i) => {
    query.add(`${i > 0 ? " UNION ALL " : ""}(SELECT ${columns} FROM ${mapping.name} AS stored`);
    const word = addWhere(query, mapping, page.scope, page.filter);
    if (range !== undefined) addRange(query, page, range, word);
    query.add(`${order("stored")}${most})`);
  });
  return query.add(`) AS page${order("page")}`).bind(limit);
}

/** Selects the exact text of columns that the driver does not give exactly, for the cursor. */
export function textsOf(terms: readonly Term[]): string {
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
  if (then !== "after") {
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
 * The planner drops a column that equals a constant from the known order of a scan, and then sorts all rows of the
 * range before it returns the first. It does not do so for `= ANY` of a one-element array, which is the same scan where
 * the column is the first of an index; before Postgres 17 it is not for a column behind others, such as a tenant's.
 */
function addEqual(query: Query, { codec }: Term, value: string | null, isFirst: boolean): void {
  const hasArray = codec.arrayCast !== "::text[]";
  if (value === null) query.add(`${codec.quoted} IS NULL`);
  else if (isFirst && hasArray) {
    query.add(`${codec.quoted} = ANY (ARRAY[`).bind(value, codec.cast).add(`]${codec.arrayCast})`);
  } else query.add(`${codec.quoted} = `).bind(value, codec.cast);
}
