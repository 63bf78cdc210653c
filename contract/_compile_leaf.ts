import { isoText } from "../internal/iso_text.ts";
import { codecKind } from "./_codec_mark.ts";
import { MISFIT, UNSURE, type Write } from "./_written.ts";
import type { ZodCheck, ZodDef } from "./_zod_def.ts";

/** The closure of a schema that is made of no others; `undefined` where it is not one, or has a check that is Zod's to do. */
export function compileLeaf(def: ZodDef): Write | undefined {
  const checks = checksOf(def);
  if (checks === undefined || def.coerce) return undefined;
  const codec = codecKind(def);
  if (codec !== undefined) return checks.length > 0 ? undefined : CODECS[codec];
  if (def.type === "number") return compileNumber(checks);
  if (def.type === "string") return compileString(checks);
  if (checks.length > 0) return undefined;
  switch (def.type) {
    case "any":
    case "unknown":
      return (value) => value;
    case "boolean":
      return (value) => typeof value === "boolean" ? value : MISFIT;
    case "enum": {
      const values = Object.values(def.entries!);
      // With a number among them there may be names of numbers, too, as TypeScript writes an enum.
      return values.some((value) => typeof value === "number") ? undefined : memberOf(new Set(values));
    }
    case "literal":
      return memberOf(new Set(def.values));
    case "null":
      return (value) => value === null ? value : MISFIT;
  }
  return undefined;
}

const CODECS: Readonly<Record<"bigint" | "date", Write>> = {
  bigint: (value) => typeof value === "bigint" ? String(value) : MISFIT,
  // As text: JSON.stringify asks a Date for its `toJSON`, and is then several times slower with all that is around it.
  date: (value) =>
    !(value instanceof Date) ? MISFIT : isFourDigitYear(value.getTime()) ? isoText(value) : UNSURE,
};

/** Outside of the years 0000 to 9999 the text has six digits and a sign, which the codec does not read. */
function isFourDigitYear(time: number): boolean {
  return time >= -62_167_219_200_000 && time <= 253_402_300_799_999;
}

function memberOf(values: ReadonlySet<unknown>): Write {
  return (value) => values.has(value) ? value : MISFIT;
}

type Check = ZodCheck["_zod"]["def"];

function compileNumber(checks: readonly Check[]): Write | undefined {
  let isInt = false;
  let min = -Number.MAX_VALUE;
  let max = Number.MAX_VALUE;
  let above = -Infinity;
  let below = Infinity;
  for (const { check, format, value, inclusive } of checks) {
    if (check === "number_format") {
      if (format !== "safeint") return undefined;
      isInt = true;
    } else if (typeof value !== "number") return undefined;
    else if (check === "greater_than") {
      inclusive ? min = Math.max(min, value) : above = Math.max(above, value);
    } else if (check === "less_than") inclusive ? max = Math.min(max, value) : below = Math.min(below, value);
    else return undefined;
  }
  return (value) =>
    typeof value === "number" && value >= min && value <= max && value > above && value < below &&
      (!isInt || Number.isSafeInteger(value))
      ? value
      : MISFIT;
}

/** Formats that nothing but their pattern decides. */
const BY_PATTERN: ReadonlySet<string> = new Set([
  ...["cuid", "cuid2", "date", "datetime", "email", "guid", "nanoid", "regex", "time", "ulid", "uuid", "xid"],
]);

function compileString(checks: readonly Check[]): Write | undefined {
  let min = 0;
  let max = Infinity;
  const patterns: RegExp[] = [];
  for (const { check, format, pattern, minimum, maximum, length } of checks) {
    if (check === "min_length") min = Math.max(min, minimum!);
    else if (check === "max_length") max = Math.min(max, maximum!);
    else if (check === "length_equals") min = max = length!;
    else if (pattern === undefined || !BY_PATTERN.has(format!)) return undefined;
    else if (/[gy]/.test(pattern.flags)) return undefined; // it remembers where it was
    else patterns.push(pattern);
  }
  if (patterns.length === 0 && min === 0 && max === Infinity) {
    return (value) => typeof value === "string" ? value : MISFIT;
  }
  return (value) =>
    typeof value === "string" && value.length >= min && value.length <= max &&
      patterns.every((pattern) => pattern.test(value))
      ? value
      : MISFIT;
}

/** The checks of a schema, its own format included; `undefined` where one of them is Zod's to do. */
function checksOf(def: ZodDef): readonly Check[] | undefined {
  const own = def.check === undefined ? [] : [def as unknown as Check];
  const checks = [...own, ...(def.checks ?? []).map((check) => check._zod.def)];
  return checks.every(({ check }) => KNOWN.has(check)) ? checks : undefined;
}

const KNOWN: ReadonlySet<string> = new Set([
  ...[
    "greater_than",
    "length_equals",
    "less_than",
    "max_length",
    "min_length",
    "number_format",
    "string_format",
  ],
]);
