import { ValidationError } from "../../errors/common.ts";
import type { Codec } from "./_codec.ts";
import type { OrderBy } from "./query_options.ts";

/** A column to order by, with all defaults filled in. */
export interface Term {
  readonly codec: Codec;
  readonly direction: "asc" | "desc";
  readonly nulls: "first" | "last";
}

/**
 * The requested order, followed by the columns of the primary key that it lacks, so that it is total.
 *
 * @throws {ValidationError} when it names an unknown column.
 */
export function toTerms(
  codecs: ReadonlyMap<string, Codec>,
  key: readonly string[],
  orderBy: unknown,
): readonly Term[] {
  const terms: Term[] = [];
  for (const one of listOf(orderBy)) {
    const term = toTerm(codecs, one);
    if (!terms.some(({ codec }) => codec === term.codec)) terms.push(term);
  }
  // In the direction of the last column, so that one index serves both directions of the list.
  const direction = terms.at(-1)?.direction ?? "asc";
  for (const column of key) {
    if (terms.some(({ codec }) => codec.column.name === column)) continue;
    terms.push({ codec: codecs.get(column)!, direction, nulls: usualNulls(direction) });
  }
  return terms;
}

function listOf(orderBy: unknown): readonly unknown[] {
  if (orderBy === undefined) return [];
  return Array.isArray(orderBy) ? orderBy : [orderBy];
}

function toTerm(codecs: ReadonlyMap<string, Codec>, one: unknown): Term {
  const { column, direction = "asc", nulls } = (one ?? {}) as Partial<OrderBy<object>>;
  const codec = typeof column === "string" ? codecs.get(column) : undefined;
  if (codec === undefined) throw invalid(`There is no column "${String(column)}" to order by`, column);
  if (direction !== "asc" && direction !== "desc") {
    throw invalid(`Expected the direction to be "asc" or "desc", got "${String(direction)}"`, column);
  }
  if (nulls !== undefined && nulls !== "first" && nulls !== "last") {
    throw invalid(`Expected nulls to be "first" or "last", got "${String(nulls)}"`, column);
  }
  // Postgres has no order for json.
  if (/^json(?:\[|$)/i.test(codec.column.type)) throw invalid(`Cannot order by "${column}"`, column);
  return { codec, direction, nulls: nulls ?? usualNulls(direction) };
}

function invalid(message: string, field: unknown): ValidationError {
  return new ValidationError(message, { field: typeof field === "string" ? field : "orderBy" });
}

function usualNulls(direction: "asc" | "desc"): "first" | "last" {
  return direction === "asc" ? "last" : "first";
}

/** The reverse order. */
export function reversed(terms: readonly Term[]): readonly Term[] {
  return terms.map(({ codec, direction, nulls }) => ({
    codec,
    direction: direction === "asc" ? "desc" : "asc",
    nulls: nulls === "first" ? "last" : "first",
  }));
}

/**
 * The expressions of `ORDER BY`. The columns are those of `source`: a bare name would be the column of the select list,
 * which may be a text.
 */
export function orderText(terms: readonly Term[], source: string): string {
  return terms.map(({ codec, direction, nulls }) => {
    const column = `${source}.${codec.quoted}`;
    const text = direction === "asc" ? column : `${column} DESC`;
    // An index serves the order only if NULLS FIRST or LAST match it; a column without nulls needs neither.
    return nulls === usualNulls(direction) || !codec.column.nullable
      ? text
      : `${text} NULLS ${nulls.toUpperCase()}`;
  }).join(", ");
}
