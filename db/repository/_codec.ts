import { ValidationError } from "../../errors/common.ts";
import { nestedLiteral } from "./_array_literal.ts";
import { defOf, describeSchema } from "../table/_column_type.ts";
import { quoteIdentifier } from "../table/_identifier.ts";
import type { Column, Table } from "../table/table.ts";

/** A parameter for the driver, which sends numbers as text as well: one statement always has the same types. */
export type Encoded = string | number | null;

/** How the values of a column are written to Postgres and read back. */
export interface Codec {
  readonly column: Column;
  /** The family of its type. */
  readonly kind: Kind;
  /** The quoted name. */
  readonly quoted: string;
  /** The expression in a select list, with its alias. */
  readonly select: string;
  /** Converts a value of the driver to the type of the schema, where the two differ. */
  readonly decode: ((value: unknown) => unknown) | undefined;
  /** Converts a value that is not null to a parameter. */
  readonly encode: (value: unknown) => string | number;
  /** The cast behind a parameter, such as `::text::jsonb`, which keeps the driver from converting the value. */
  readonly cast: string;
  /** The cast behind a parameter that is an array of such values: `::uuid[]`. */
  readonly arrayCast: string;
  /** The cast behind an element of that array. */
  readonly elementCast: string;
  /** Whether the elements of that array need quotes. */
  readonly quotedElements: boolean;
  /** Whether a value that was read is exactly the stored one; a Date is not, as it has no microseconds. */
  readonly exact: boolean;
}

/** The codecs of a table's columns, by name. */
export function codecsOf(table: Table): ReadonlyMap<string, Codec> {
  return new Map(table.columns.map((column) => [column.name, codecOf(column, table.shape[column.name]!)]));
}

/** Families of types that are written and read in the same way. */
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
  // These types are sent as arrays of themselves. A text is sent as text: the assignment then checks its length, where a
  // cast to varchar(n) would truncate it. Any other type is sent as text and cast.
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

// Without a cast the driver truncates an instant to milliseconds and quotes JSON twice.
const CAST_KINDS: readonly Kind[] = ["instant", "date", "json", "boolean", "bytes", "array"];

/** Selects an instant whose schema is a string as ISO 8601 text with microseconds. */
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
  // The driver gives bigint and numeric as text, since a number cannot hold all of them.
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

/** Whether the column takes this object as a value, as a timestamp takes a Date. */
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

/** ISO 8601 as Postgres reads it, which writes years outside of 1 to 9999 differently than JavaScript. */
function isoDate(date: Date): string {
  const year = date.getUTCFullYear();
  if (Number.isNaN(year)) throw new ValidationError("A date is not valid");
  const text = date.toISOString();
  if (year > 9999) return text.replace(/^\+0*/, "");
  // There is no year 0: the year before 1 is 1 BC.
  if (year < 1) return `${String(1 - year).padStart(4, "0")}${text.slice(text.indexOf("-", 1))} BC`;
  return text;
}
