import { ValidationError } from "../../errors/common.ts";
import { nestedLiteral } from "./_array_literal.ts";
import { defOf, describeSchema } from "../table/_column_type.ts";
import { quoteIdentifier } from "../table/_identifier.ts";
import type { Column, Table } from "../table/table.ts";

/** What the driver is given: it sends numbers as text too, so that no two calls of one text differ in types. */
export type Encoded = string | number | null;

/** How the values of a column get to Postgres and back. */
export interface Codec {
  readonly column: Column;
  /** What family its type is of. */
  readonly kind: Kind;
  /** The column as SQL writes it. */
  readonly quoted: string;
  /** What a query selects for it. */
  readonly select: string;
  /** Turns what the driver gives into what the schema says, where that is not the same. */
  readonly decode: ((value: unknown) => unknown) | undefined;
  /** Turns a value that is not null into what is sent. */
  readonly encode: (value: unknown) => string | number;
  /** What follows a parameter, such as `::text::jsonb`: the driver would change some types on the way. */
  readonly cast: string;
  /** What follows a parameter that is an array of such values: `::uuid[]`. */
  readonly arrayCast: string;
  /** What follows an element of that array. */
  readonly elementCast: string;
  /** Whether the elements of that array need quotes. */
  readonly quotedElements: boolean;
  /** Whether a value that was read says exactly what is stored, as a Date of milliseconds does not. */
  readonly exact: boolean;
}

/** The codecs of a table's columns, by name. */
export function codecsOf(table: Table): ReadonlyMap<string, Codec> {
  return new Map(table.columns.map((column) => [column.name, codecOf(column, table.shape[column.name]!)]));
}

/** Families of types that are sent and read alike. */
export type Kind =
  | "instant"
  | "date"
  | "json"
  | "boolean"
  | "bytes"
  | "array"
  | "exact"
  | "number"
  | "text"
  | "other";

const KINDS: Readonly<Record<string, Kind>> = {
  "timestamptz": "instant",
  "timestamp with time zone": "instant",
  "timestamp": "instant",
  "timestamp without time zone": "instant",
  "date": "date",
  "json": "json",
  "jsonb": "json",
  "bool": "boolean",
  "boolean": "boolean",
  "bytea": "bytes",
  "bigint": "exact",
  "int8": "exact",
  "integer": "number",
  "int": "number",
  "int4": "number",
  "smallint": "number",
  "int2": "number",
  "real": "number",
  "float4": "number",
  "double precision": "number",
  "float8": "number",
  "numeric": "exact",
  "decimal": "exact",
  "text": "text",
  "varchar": "text",
  "character varying": "text",
  "char": "text",
  "character": "text",
  "bpchar": "text",
};

/** The type without its length, precision or scale. */
function baseType(type: string): string {
  return type.toLowerCase().replace(/\s*\([^)]*\)/, "").trim();
}

function codecOf(column: Column, schema: Table["shape"][string]): Codec {
  const base = baseType(column.type);
  const kind = base.endsWith("[]") ? "array" : KINDS[base] ?? "other";
  const inner = describeSchema(schema).inner;
  const js = defOf(inner).type;
  const quoted = quoteIdentifier(column.name);
  const select = selectOf(quoted, base, js);
  // These have arrays of their own. A text goes as it is, and the assignment checks its length, where a cast to
  // varchar(n) would cut it; what is unknown goes as text and is cast.
  const typed = kind === "exact" || kind === "number" || kind === "instant" || kind === "date" ||
    kind === "boolean" || base === "uuid";
  const asIs = typed || kind === "text";
  return {
    column,
    kind,
    quoted,
    select: select === quoted ? quoted : `${select} AS ${quoted}`,
    decode: decoderOf(kind, js),
    encode: ENCODERS[kind],
    cast: CAST_KINDS.includes(kind) ? `::text::${column.type}` : "",
    arrayCast: typed ? `::${base}[]` : "::text[]",
    elementCast: asIs ? "" : `::${column.type}`,
    quotedElements: !(kind === "number" || kind === "boolean" || kind === "exact"),
    exact: kind === "text" || kind === "number" || kind === "other" || (kind === "exact" && js !== "number"),
  };
}

// The driver would cut an instant to milliseconds, and quote JSON twice.
const CAST_KINDS: readonly Kind[] = ["instant", "date", "json", "boolean", "bytes", "array"];

/** An instant that the schema wants as a text is one of ISO 8601, whole to the microsecond. */
function selectOf(quoted: string, base: string, js: string): string {
  if (js !== "string") return quoted;
  if (base === "date") return `${quoted}::text`;
  const text = `'YYYY-MM-DD"T"HH24:MI:SS.US`;
  if (base === "timestamp" || base === "timestamp without time zone") return `to_char(${quoted}, ${text}')`;
  if (KINDS[base] === "instant") return `to_char(${quoted} AT TIME ZONE 'UTC', ${text}"Z"')`;
  return quoted;
}

function decoderOf(kind: Kind, js: string): Codec["decode"] {
  if (js === "bigint") return (value) => value === null ? null : BigInt(value as string | number);
  // The driver gives bigint and numeric as texts, since a number cannot hold every one.
  if (js === "number" && kind === "exact") return (value) => value === null ? null : Number(value);
  return undefined;
}

const ENCODERS: Readonly<Record<Kind, (value: unknown) => string | number>> = {
  instant: (value) => value instanceof Date ? isoDate(value) : String(value),
  date: (value) => value instanceof Date ? isoDate(value) : String(value),
  json: (value) => JSON.stringify(value) ?? "null",
  boolean: (value) => String(value),
  bytes: (value) => value instanceof Uint8Array ? hex(value) : String(value),
  array: (value) => Array.isArray(value) ? nestedLiteral(value, encodeElement) : String(value),
  exact: (value) => typeof value === "number" ? value : String(value),
  number: (value) => typeof value === "number" ? value : String(value),
  text: (value) => String(value),
  other: (value) => String(value),
};

/** Whether an object of this kind is a value of the column, as a Date is of a timestamp. */
export function takesObject({ kind }: Codec, value: object): boolean {
  if (kind === "json") return true;
  if (value instanceof Date) return kind === "instant" || kind === "date";
  if (value instanceof Uint8Array) return kind === "bytes";
  return kind === "array" && Array.isArray(value);
}

function encodeElement(value: unknown): string {
  if (value instanceof Date) return isoDate(value);
  if (value instanceof Uint8Array) return hex(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function hex(bytes: Uint8Array): string {
  return "\\x" + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** ISO 8601 as Postgres reads it: years outside of 0 to 9999 are written in another way there. */
function isoDate(date: Date): string {
  const year = date.getUTCFullYear();
  if (Number.isNaN(year)) throw new ValidationError("A date is not valid");
  const text = date.toISOString();
  if (year > 9999) return text.replace(/^\+0*/, "");
  // There is no year 0: the year before 1 is 1 BC.
  if (year < 1) return `${String(1 - year).padStart(4, "0")}${text.slice(text.indexOf("-", 1))} BC`;
  return text;
}
