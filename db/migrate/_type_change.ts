import { quoteIdentifier } from "../table/_identifier.ts";

interface Type {
  readonly base: string;
  /** Length, or precision; `undefined` is without a limit. */
  readonly size: number | undefined;
  readonly scale: number;
  readonly isArray: boolean;
}

// As `format_type` prints them: `numeric(12,2)`, `timestamp(3) with time zone`, `character varying(40)[]`.
const PRINTED = /^(.*?)(?:\((\d+)(?:,(-?\d+))?\))?((?: with| without) time zone)?(\[\])?$/;

// For each type those whose values all fit into it unchanged; a text takes every type.
const WIDER: Readonly<Record<string, readonly string[]>> = {
  "smallint": ["integer", "bigint", "numeric", "real", "double precision"],
  "integer": ["bigint", "numeric", "double precision"],
  "bigint": ["numeric"],
  "real": ["double precision"],
  "json": ["jsonb"],
  "jsonb": ["json"],
  "date": ["timestamp without time zone", "timestamp with time zone"],
  "timestamp without time zone": ["timestamp with time zone"],
  "timestamp with time zone": ["timestamp without time zone"],
};
const TEXTS: ReadonlySet<string> = new Set(["text", "character varying", "character"]);
const INTEGERS: Readonly<Record<string, string>> = {
  smallint: "-32768 AND 32767",
  integer: "-2147483648 AND 2147483647",
  bigint: "-9223372036854775808 AND 9223372036854775807",
};
const NUMBERS: ReadonlySet<string> = new Set([
  ...Object.keys(INTEGERS),
  "numeric",
  "real",
  "double precision",
]);

/** Whether there are values of `from` that `to` cannot hold, or holds in a shorter or less exact way. */
export function isNarrowing(from: string, to: string): boolean {
  const [old, wanted] = [typeOf(from), typeOf(to)];
  if (old.isArray !== wanted.isArray) return !(wanted.base === "text" && !wanted.isArray);
  if (old.base === wanted.base) return !holdsSize(old, wanted);
  if (wanted.size === undefined && wanted.base === "text") return false;
  if (TEXTS.has(old.base) && TEXTS.has(wanted.base)) return !holdsSize(old, wanted);
  if (wanted.base === "character varying" && wanted.size === undefined) return false;
  return !(WIDER[old.base]?.includes(wanted.base) === true && wanted.size === undefined);
}

/** The query that counts the rows whose value changes or does not fit. */
export function lossQuery(table: string, name: string, from: string, to: string): string {
  const column = quoteIdentifier(name);
  const [old, wanted] = [typeOf(from), typeOf(to)];
  const conditions: string[] = [];
  const range = INTEGERS[wanted.base];
  if (!wanted.isArray && NUMBERS.has(old.base) && range !== undefined) {
    conditions.push(`${column} NOT BETWEEN ${range}`);
    if (INTEGERS[old.base] === undefined) conditions.push(`${column} <> trunc(${column})`);
  } else if (
    !wanted.isArray && NUMBERS.has(old.base) && wanted.base === "numeric" && wanted.size !== undefined
  ) {
    const { size, scale } = wanted;
    conditions.push(
      `abs(${column}) >= 1e${size - scale}`,
      `${column}::numeric <> round(${column}::numeric, ${scale})`,
    );
  } else {
    const [there, back] = [to, from].map((type) => type.replace(/ COLLATE .*$/, ""));
    conditions.push(`${column}::${there}::${back}::text IS DISTINCT FROM ${column}::text`);
  }
  return `SELECT count(*) FROM ${table} WHERE ${conditions.join(" OR ")}`;
}

function holdsSize(from: Type, to: Type): boolean {
  if (to.size === undefined) return true;
  // `character` and `bit` are of length 1 without a limit, but are printed with it.
  if (from.size === undefined) return false;
  if (to.base !== "numeric") return to.size >= from.size;
  return to.scale >= from.scale && to.size - to.scale >= from.size - from.scale;
}

function typeOf(printed: string): Type {
  const [, base = "", size, scale = "0", zone = "", array] =
    PRINTED.exec(printed.replace(/ COLLATE .*$/, "")) ?? [];
  return {
    base: `${base}${zone}`,
    size: size === undefined ? undefined : Number(size),
    scale: Number(scale),
    isArray: array !== undefined,
  };
}
