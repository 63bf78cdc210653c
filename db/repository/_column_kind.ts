/** Families of types that are written and read in the same way. */
export type Kind =
  | "instant"
  | "date"
  | "json"
  | "boolean"
  | "bytes"
  | "exact"
  | "number"
  | "text"
  | "other";

const KINDS: Readonly<Record<string, Kind>> = {
  __proto__: null as never,
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

/** A Postgres type, taken apart. */
export interface ColumnKind {
  readonly kind: Kind;
  /** The type of the column, or of its elements, in lower case and without length, precision or scale. */
  readonly base: string;
  /** Whether it is an array of that type. */
  readonly isArray: boolean;
  /**
   * The type to cast a text to. It has no length where a cast would truncate: the assignment to the column then refuses
   * what is too long.
   */
  readonly castType: string;
}

/** Takes a type apart, such as `varchar(20)[]`. */
export function columnKind(type: string): ColumnKind {
  const words = type.toLowerCase();
  const dimensions = words.indexOf("[");
  const isArray = dimensions >= 0;
  const base = withoutParentheses(isArray ? words.slice(0, dimensions) : words);
  const cut = UNLIMITED[base];
  return {
    kind: KINDS[base] ?? "other",
    base,
    isArray,
    castType: cut === undefined ? type : isArray ? `${cut}[]` : cut,
  };
}

const UNLIMITED: Readonly<Record<string, string>> = {
  __proto__: null as never,
  "varchar": "varchar",
  "character varying": "varchar",
  "char": "bpchar",
  "character": "bpchar",
  "bpchar": "bpchar",
  "bit": "varbit",
  "bit varying": "varbit",
  "varbit": "varbit",
};

function withoutParentheses(type: string): string {
  const start = type.indexOf("(");
  const end = type.indexOf(")", start);
  const text = start < 0 || end < 0 ? type : type.slice(0, start).trimEnd() + type.slice(end + 1);
  return text.trim();
}
