import { parseArray } from "../connection/_array_types.ts";
import { describeSchema, elementOf, precisionOf, valueTypeOf } from "../table/_column_type.ts";
import { quoteIdentifier } from "../table/_identifier.ts";
import type { Column, Table } from "../table/table.ts";
import { listLiteral } from "./_array_literal.ts";
import { type ColumnKind, columnKind, type Kind } from "./_column_kind.ts";
import { dateText, toDate, toIsoText } from "./_instant_text.ts";
import { parseJson, stringifyJson } from "./_json_value.ts";

/** A parameter for the driver, which sends numbers as text as well: one statement always has the same types. */
export type Encoded = string | number | null;

/** How the values of a column are written to Postgres and read back. */
export interface Codec {
  readonly column: Column;
  /** The family of its type, or of the type of its elements. */
  readonly kind: Kind;
  readonly isArray: boolean;
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
  /** Whether the value that the driver gives is exactly the stored one. */
  readonly exact: boolean;
}

/** The codecs of a table's columns, by name. */
export function codecsOf(table: Table): ReadonlyMap<string, Codec> {
  return new Map(table.columns.map((column) => [column.name, codecOf(column, table.shape[column.name]!)]));
}

function codecOf(column: Column, schema: Table["shape"][string]): Codec {
  const type = columnKind(column.type);
  const { kind, base, isArray, castType } = type;
  const quoted = quoteIdentifier(column.name);
  // Their texts say exactly what is stored, whatever the driver and the zone of the session are.
  const asText = isArray || kind === "instant" || kind === "date";
  // These types are sent as arrays of themselves. A text is sent as text. Any other type is sent as text and cast.
  const typed = !isArray && (TYPED.includes(kind) || base === "uuid");
  const asIs = typed || (!isArray && kind === "text");
  return {
    column,
    kind,
    isArray,
    quoted,
    select: asText ? `${quoted}::text AS ${quoted}` : quoted,
    decode: decoderOf(type, schema),
    encode: encoderOf(type),
    cast: isArray || CAST.includes(kind) ? `::text::${castType}` : "",
    arrayCast: typed ? `::${base}[]` : "::text[]",
    elementCast: asIs ? "" : `::${castType}`,
    quotedElements: isArray || !(kind === "number" || kind === "boolean" || kind === "exact"),
    exact: asText || !(kind === "json" || kind === "boolean" || kind === "bytes"),
  };
}

const TYPED: readonly Kind[] = ["exact", "number", "instant", "date", "boolean"];
// Without a cast the driver truncates an instant to milliseconds and quotes JSON twice.
const CAST: readonly Kind[] = ["instant", "date", "json", "boolean", "bytes"];

/** Converts what the driver gives: a text for arrays, instants and dates, else a value of its own. */
function decoderOf(type: ColumnKind, schema: Table["shape"][string]): Codec["decode"] {
  const { kind, base, isArray } = type;
  if (isArray) {
    const element = textDecoder(type, elementOf(schema, kind !== "json"));
    const delimiter = delimiterOf(base);
    return orNull((text) => parseArray(String(text), element, delimiter));
  }
  if (kind === "instant" || kind === "date") {
    const decode = textDecoder(type, schema);
    return orNull((text) => decode(String(text)));
  }
  if (kind === "json") {
    const parse = parseJson(schema);
    return parse && orNull(parse);
  }
  const wanted = valueTypeOf(schema);
  if (wanted === "bigint") return orNull((value) => BigInt(value as string | number));
  // The driver gives bigint and numeric as text, since a number cannot hold all of them.
  if (wanted === "number" && kind === "exact") return orNull(Number);
  if (wanted === "string" && kind === "number") return orNull(String);
  return undefined;
}

function orNull(decode: (value: unknown) => unknown): (value: unknown) => unknown {
  return (value) => value === null ? null : decode(value);
}

/** Converts the text of a value, such as an element of an array, to the type of the schema. */
function textDecoder({ kind, base }: ColumnKind, schema: Table["shape"][string]): (text: string) => unknown {
  const wanted = valueTypeOf(schema);
  if (kind === "instant" || kind === "date") {
    if (wanted !== "string") return toDate;
    if (kind === "date") return (text) => text;
    const zone = base === "timestamp" || base === "timestamp without time zone" ? "" : "Z";
    const precision = precisionOf(describeSchema(schema).inner);
    return (text) => toIsoText(text, zone, precision);
  }
  if (kind === "json") {
    const parse = parseJson(schema);
    return (text) => parse === undefined ? JSON.parse(text) : parse(JSON.parse(text));
  }
  if (kind === "boolean") return (text) => text === "t" || text === "true";
  if (kind === "bytes") return fromHex;
  if (wanted === "bigint") return BigInt;
  if (wanted === "number" || (kind === "number" && wanted !== "string")) return Number;
  return (text) => text;
}

function encoderOf({ kind, base, isArray }: ColumnKind): Codec["encode"] {
  const encode = ENCODERS[kind];
  if (!isArray) return encode;
  const encoding = { encode, nested: kind !== "json", delimiter: delimiterOf(base) };
  return (value) => Array.isArray(value) ? listLiteral(value, encoding) : String(value);
}

/** Of all types only `box` separates the elements of an array by something else than a comma. */
function delimiterOf(base: string): string {
  return base === "box" ? ";" : ",";
}

const ENCODERS: Readonly<Record<Kind, (value: unknown) => string | number>> = {
  instant: encodeAny,
  date: encodeAny,
  json: (value) => stringifyJson(value) ?? "null",
  boolean: String,
  bytes: encodeAny,
  exact: encodeNumber,
  number: encodeNumber,
  text: encodeAny,
  other: encodeAny,
};

function encodeNumber(value: unknown): string | number {
  return typeof value === "number" ? value : String(value);
}

/** A value of a type that is not known, such as a domain. */
function encodeAny(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof Date) return dateText(value);
  if (value instanceof Uint8Array) return toHex(value);
  return stringifyJson(value) ?? "null";
}

/** Whether the column takes this object as a value, as a timestamp takes a Date. */
export function takesObject({ kind, isArray }: Codec, value: object): boolean {
  if (isArray) return Array.isArray(value);
  if (kind === "json") return true;
  if (value instanceof Date) return kind === "instant" || kind === "date" || kind === "other";
  return value instanceof Uint8Array && (kind === "bytes" || kind === "other");
}

function toHex(bytes: Uint8Array): string {
  return "\\x" + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(
    { length: (text.length - 2) / 2 },
    (_, i) => parseInt(text.slice(2 + 2 * i, 4 + 2 * i), 16),
  );
}
