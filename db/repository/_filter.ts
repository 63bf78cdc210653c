import { ValidationError } from "../../errors/common.ts";
import { arrayLiteral } from "./_array_literal.ts";
import { type Codec, takesObject } from "./_codec.ts";
import type { Query } from "./_query.ts";

// A filter may come from a client, so that its depth and its text are bounded.
const MAX_DEPTH = 16;
const MAX_CONDITIONS = 1000;

/** What a filter is written with. */
interface FilterWriter {
  readonly query: Query;
  readonly codecs: ReadonlyMap<string, Codec>;
  /** How many conditions it has so far. */
  conditions: number;
}

/**
 * Writes the condition of a filter.
 *
 * @throws {ValidationError} when it names an unknown column or operator, has a value that cannot be compared, or has more
 * than 1,000 conditions.
 */
export function addFilter(query: Query, codecs: ReadonlyMap<string, Codec>, filter: unknown): void {
  writeFilter({ query, codecs, conditions: 0 }, filter, 0);
}

function writeFilter(writer: FilterWriter, filter: unknown, depth: number): void {
  if (!isPlain(filter)) throw invalid("Expected a filter to be an object");
  if (depth > MAX_DEPTH) throw invalid(`Expected a filter to be at most ${MAX_DEPTH} filters deep`);
  const { query, codecs } = writer;
  const entries = Object.entries(filter);
  if (entries.length === 0) {
    countCondition(writer);
    query.add("TRUE");
    return;
  }
  entries.forEach(([name, condition], i) => {
    if (i > 0) query.add(" AND ");
    if (condition === undefined) throw invalid(`Expected a condition for "${name}", got undefined`, name);
    const combine = COMBINE[name];
    const codec = codecs.get(name);
    if (combine !== undefined) combine(writer, condition, depth + 1);
    else if (codec === undefined) throw invalid(`There is no column "${name}"`, name);
    else addCondition(writer, codec, condition);
  });
}

function countCondition(writer: FilterWriter): void {
  if (++writer.conditions <= MAX_CONDITIONS) return;
  throw invalid(
    `Expected a filter to have at most ${MAX_CONDITIONS} conditions; "in" compares with a list of any length`,
  );
}

type Combine = (writer: FilterWriter, value: unknown, depth: number) => void;

const COMBINE: Readonly<Record<string, Combine>> = {
  __proto__: null as never,
  and: (writer, filters, depth) => addAll(writer, filters, depth, " AND ", "TRUE"),
  or: (writer, filters, depth) => addAll(writer, filters, depth, " OR ", "FALSE"),
  not(writer, filter, depth) {
    writer.query.add("NOT (");
    writeFilter(writer, filter, depth);
    writer.query.add(")");
  },
};

function addAll(
  writer: FilterWriter,
  filters: unknown,
  depth: number,
  between: string,
  ofNone: string,
): void {
  if (!Array.isArray(filters)) throw invalid("Expected `and` and `or` to be lists of filters");
  const { query } = writer;
  if (filters.length === 0) {
    countCondition(writer);
    query.add(ofNone);
    return;
  }
  query.add("(");
  filters.forEach((filter, i) => {
    query.add(i > 0 ? `${between}(` : "(");
    writeFilter(writer, filter, depth);
    query.add(")");
  });
  query.add(")");
}

function addCondition(writer: FilterWriter, codec: Codec, condition: unknown): void {
  const { query } = writer;
  if (!isPlain(condition)) {
    countCondition(writer);
    return OPERATORS["eq"]!(query, codec, condition);
  }
  const operators = Object.entries(condition);
  if (operators.length === 0) {
    throw invalid(`Expected an operator for "${codec.column.name}"`, codec.column.name);
  }
  operators.forEach(([name, value], i) => {
    const operator = OPERATORS[name];
    if (operator === undefined) throw invalid(`There is no operator "${name}"`, codec.column.name);
    if (value === undefined) {
      throw invalid(`Expected a value for "${name}", got undefined`, codec.column.name);
    }
    countCondition(writer);
    if (i > 0) query.add(" AND ");
    operator(query, codec, value);
  });
}

type Operator = (query: Query, codec: Codec, value: unknown) => void;

const compare = (operator: string): Operator => (query, codec, value) => {
  query.add(`${codec.quoted} ${operator} `).bind(encode(codec, value), codec.cast);
};

const like = (operator: string, pattern: (text: string) => string): Operator => (query, codec, value) => {
  const isText = !codec.isArray && (codec.kind === "text" || codec.column.type.toLowerCase() === "citext");
  query.add(`${codec.quoted}${isText ? "" : "::text"} ${operator} `)
    .bind(pattern(text(codec, value)), "::text");
};

const literally = (text: string) => text.replace(/[\\%_]/g, "\\$&");

const OPERATORS: Readonly<Record<string, Operator>> = {
  __proto__: null as never,
  eq(query, codec, value) {
    if (value === null) query.add(`${codec.quoted} IS NULL`);
    else compare("=")(query, codec, value);
  },
  ne(query, codec, value) {
    if (value === null) query.add(`${codec.quoted} IS NOT NULL`);
    else compare("<>")(query, codec, value);
  },
  in(query, codec, value) {
    const { rest, hasNull } = listOf(codec, value);
    if (hasNull) query.add(`(${codec.quoted} IS NULL OR `);
    query.add(`${codec.quoted} = ANY (`).bind(rest, codec.arrayCast).add(`${arrayOf(codec)})`);
    if (hasNull) query.add(")");
  },
  notIn(query, codec, value) {
    const { rest, hasNull } = listOf(codec, value);
    query.add(`${codec.quoted} <> ALL (`).bind(rest, codec.arrayCast).add(`${arrayOf(codec)})`);
    if (hasNull) query.add(` AND ${codec.quoted} IS NOT NULL`);
  },
  gt: compare(">"),
  gte: compare(">="),
  lt: compare("<"),
  lte: compare("<="),
  between(query, codec, value) {
    if (!Array.isArray(value) || value.length !== 2) {
      throw invalid(`Expected "between" to be two values`, codec.column.name);
    }
    query.add(`${codec.quoted} BETWEEN `).bind(encode(codec, value[0]), codec.cast)
      .add(" AND ").bind(encode(codec, value[1]), codec.cast);
  },
  like: like("LIKE", (text) => text),
  ilike: like("ILIKE", (text) => text),
  contains(query, codec, value) {
    if (codec.isArray || codec.column.type.toLowerCase() === "jsonb") compare("@>")(query, codec, value);
    else like("LIKE", (text) => `%${literally(text)}%`)(query, codec, value);
  },
  startsWith: like("LIKE", (text) => `${literally(text)}%`),
  endsWith: like("LIKE", (text) => `%${literally(text)}`),
  isNull(query, codec, value) {
    if (typeof value !== "boolean") throw invalid(`Expected "isNull" to be true or false`, codec.column.name);
    query.add(`${codec.quoted} IS ${value ? "" : "NOT "}NULL`);
  },
};

/** The list as an array literal, without its nulls: `= ANY` never matches one. */
function listOf(codec: Codec, value: unknown): { rest: string; hasNull: boolean } {
  if (!Array.isArray(value) || codec.isArray) {
    throw invalid(`Expected "${codec.column.name}" to be compared with a list of values`, codec.column.name);
  }
  const rest = value.filter((element) => element !== null);
  const literal = arrayLiteral(rest.length, codec.quotedElements, (place) => encode(codec, rest[place]));
  return { rest: literal, hasNull: rest.length < value.length };
}

function arrayOf({ elementCast }: Codec): string {
  return elementCast === "" ? "" : `${elementCast}[]`;
}

function encode(codec: Codec, value: unknown): string | number {
  if (value === null || value === undefined || typeof value === "symbol" || typeof value === "function") {
    throw invalid(
      `Expected a value to compare "${codec.column.name}" with, got ${String(value)}`,
      codec.column.name,
    );
  }
  if (typeof value === "object" && !takesObject(codec, value)) {
    throw invalid(
      `Expected a value to compare "${codec.column.name}" with, got an object`,
      codec.column.name,
    );
  }
  return codec.encode(value);
}

function text(codec: Codec, value: unknown): string {
  if (typeof value !== "string") {
    throw invalid(`Expected a text to match "${codec.column.name}"`, codec.column.name);
  }
  return value;
}

/** Whether a value is a plain object, not an instance of a class. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function invalid(message: string, field?: string): ValidationError {
  return new ValidationError(message, { field });
}
