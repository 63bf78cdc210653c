import type { Access } from "./_access.ts";
import type { Cursor } from "./_cursor.ts";
import { orderText, type Term } from "./_order.ts";
import { Query } from "./_query.ts";
import { addWhere, type Scope } from "./_where.ts";

/** One range of an index behind a place. */
interface Range {
  /** How many columns of the order are the same as in the place. */
  readonly equal: number;
  /** What the next column must be: behind the value of the place, null, or not null. */
  readonly then: "behind" | "from" | "null" | "not null";
}

/**
 * The ranges that make up everything behind a place, disjoint. `(a, b) > (x, y)` is `a = x and b > y`, then `a > x`; a
 * null has no `>`, so it stands in a range of its own.
 */
function rangesBehind(terms: readonly Term[], { values, inclusive }: Cursor): readonly Range[] {
  return terms.flatMap(({ codec, nulls }, equal): Range[] => {
    const last = equal === terms.length - 1;
    if (values[equal] === null) return nulls === "first" ? [{ equal, then: "not null" }] : [];
    const behind: Range = { equal, then: last && inclusive ? "from" : "behind" };
    return codec.column.nullable && nulls === "last" ? [{ equal, then: "null" }, behind] : [behind];
  }).toReversed();
}

/** What a page is read from. */
export interface KeysetPage {
  readonly access: Access;
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

/**
 * The query for a page: `UNION ALL` of the ranges, each an index scan that stops by itself. One condition with `OR`
 * says the same, but no index serves it: it reads everything before the place.
 */
export function keysetQuery(page: KeysetPage): Query {
  const { access, terms, cursor, limit } = page;
  const query = new Query();
  const order = orderText(terms);
  query.add(`SELECT ${access.selected}${textsOf(terms)} FROM `);
  const ranges = cursor === undefined ? [] : rangesBehind(terms, cursor);
  if (ranges.length > 1) {
    query.add("(");
    ranges.forEach((range, i) => {
      query.add(
        `${i > 0 ? " UNION ALL " : ""}(SELECT ${access.columns.map(({ quoted }) => quoted).join(", ")} FROM `,
      );
      query.add(access.name);
      addRange(query, page, range);
      query.add(` ORDER BY ${order} LIMIT `).bind(limit).add(")");
    });
    query.add(") AS page");
  } else {
    query.add(access.name);
    if (cursor === undefined) addWhere(query, access, page.scope, page.filter);
    else addRange(query, page, ranges[0]!);
  }
  return query.add(` ORDER BY ${order} LIMIT `).bind(limit);
}

/** What a cursor needs of a row whose columns the driver does not give exactly. */
function textsOf(terms: readonly Term[]): string {
  return terms.map(({ codec }, i) => codec.exact ? "" : `, ${codec.quoted}::text AS "${textColumn(i)}"`).join(
    "",
  );
}

function addRange(
  query: Query,
  { access, scope, filter, terms, cursor }: KeysetPage,
  { equal, then }: Range,
): void {
  let word = addWhere(query, access, scope, filter);
  for (let i = 0; i < equal; i++) {
    const { codec } = terms[i]!;
    const value = cursor!.values[i]!;
    if (value === null) query.add(`${word}${codec.quoted} IS NULL`);
    else query.add(`${word}${codec.quoted} = `).bind(value, codec.cast);
    word = " AND ";
  }
  const { codec, direction } = terms[equal]!;
  query.add(word + codec.quoted);
  if (then === "null") query.add(" IS NULL");
  else if (then === "not null") query.add(" IS NOT NULL");
  else {
    const operator = (direction === "asc" ? ">" : "<") + (then === "from" ? "=" : "");
    query.add(` ${operator} `).bind(cursor!.values[equal]!, codec.cast);
  }
}
