import * as z from "zod";
import { type ConfigMap, isConfigMap } from "./deep_merge.ts";
import { parseJson } from "./_json_text.ts";
import {
  canBeAbsent,
  isAbsentAsNull,
  isPreprocessed,
  listShape,
  mapShape,
  type SchemaLike,
  takesNull,
  unwrap,
  valuesOf,
} from "./_zod.ts";

/**
 * Converts texts to the types of the schema: variables are texts, and so are quoted numbers in files. A value that cannot
 * be converted is returned as it is, for the schema to reject. Keys that the schema does not have are removed, and so is
 * `null` where the schema takes `undefined` but not `null`.
 */
export function coerce(schema: SchemaLike, value: unknown): unknown {
  if (typeof value === "string") return isPreprocessed(schema) ? value : coerceText(schema, value);
  const core = unwrap(schema);
  const { type, options } = core._zod.def;
  if (type === "union" && typeof value === "object" && value !== null) {
    const fitting = firstFit(options!, (option) => coerceObject(option, value));
    if (fitting !== undefined) return fitting.value;
  }
  if (type === "bigint" && Number.isSafeInteger(value)) return BigInt(value as number);
  return coerceObject(core, value);
}

function coerceObject(schema: SchemaLike, value: unknown): unknown {
  if (Array.isArray(value)) {
    const itemAt = listShape(schema);
    if (itemAt === undefined) return value;
    const items = value.map((item, index) => coerce(itemAt(index), item));
    return unwrap(schema)._zod.def.type === "set" ? new Set(items) : items;
  }
  const shape = isConfigMap(value) ? mapShape(schema, value) : undefined;
  if (shape === undefined) return value;
  const members: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value as object)) {
    const memberSchema = shape.keys.get(key) ?? shape.rest;
    if (memberSchema === undefined || key === "__proto__") continue;
    if (member === null && isAbsentAsNull(memberSchema)) continue;
    members[key] = coerce(memberSchema, member);
  }
  for (const [key, member] of shape.keys) {
    if (!Object.hasOwn(members, key) && isNeededMap(member)) members[key] = emptyMap(member);
  }
  return members;
}

/** A map with the required maps of a schema in it, all empty, so that the schema reports every missing value in them. */
function emptyMap(schema: SchemaLike, within: readonly SchemaLike[] = []): ConfigMap {
  const core = unwrap(schema);
  if (within.includes(core)) return {};
  const needed = [...mapShape(core)?.keys ?? []].filter(([, member]) => isNeededMap(member));
  return Object.fromEntries(needed.map(([key, member]) => [key, emptyMap(member, [...within, core])]));
}

function isNeededMap(schema: SchemaLike): boolean {
  return !canBeAbsent(schema) && unwrap(schema)._zod.def.type === "object";
}

// As Pydantic and YAML, also `.5` and `5.`.
const NUMBER = /^[+-]?(?:\d+(?:_\d+)*\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const INTEGER = /^[+-]?\d+(?:_\d+)*$/;
// The booleans of Pydantic and YAML 1.1.
const BOOLEANS: Readonly<Record<string, boolean>> = {
  ...Object.fromEntries(["1", "true", "t", "yes", "y", "on"].map((word) => [word, true])),
  ...Object.fromEntries(["0", "false", "f", "no", "n", "off"].map((word) => [word, false])),
};

function coerceText(schema: SchemaLike, text: string): unknown {
  const { def } = unwrap(schema)._zod;
  const trimmed = text.trim();
  // For a nullable string, `null` is a text.
  if (trimmed === "null" && def.type !== "string" && takesNull(schema)) return null;
  switch (def.type) {
    case "number":
      return toNumber(trimmed) ?? text;
    case "bigint":
      return INTEGER.test(trimmed) ? toBigint(trimmed) : text;
    case "boolean":
      return Object.hasOwn(BOOLEANS, trimmed.toLowerCase()) ? BOOLEANS[trimmed.toLowerCase()] : text;
    case "date": {
      const date = new Date(trimmed);
      return Number.isNaN(date.getTime()) ? text : date;
    }
    case "literal":
    case "enum": {
      const values = valuesOf(schema);
      return values.includes(text) ? text : values.find((value) => String(value) === trimmed) ?? text;
    }
    case "array":
    case "set":
    case "tuple":
      return toList(schema, text, trimmed);
    case "object":
    case "record":
    case "intersection": {
      const map = trimmed.startsWith("{") ? parseJson(trimmed) : undefined;
      return map === undefined ? text : coerce(schema, map);
    }
    case "union":
      return firstFit(def.options!, (option) => coerce(option, text))?.value ?? text;
    default:
      return text;
  }
}

/** Reads a list: as JSON, or separated by commas. */
function toList(schema: SchemaLike, text: string, trimmed: string): unknown {
  if (!trimmed.startsWith("[")) {
    return coerce(schema, text.split(",").map((item) => item.trim()).filter((item) => item !== ""));
  }
  const list = parseJson(trimmed);
  return list === undefined ? text : coerce(schema, list);
}

/** A number, or a bigint where the number would be another integer; `undefined` for other texts. */
function toNumber(text: string): number | bigint | undefined {
  if (!NUMBER.test(text)) return undefined;
  const number = Number(text.replaceAll("_", ""));
  return INTEGER.test(text) && !Number.isSafeInteger(number) ? toBigint(text) : number;
}

function toBigint(integer: string): bigint {
  return BigInt(integer.replace("+", "").replaceAll("_", ""));
}

/** The value as converted for the first option of a union that accepts it, in the order in which Zod tries them. */
function firstFit(
  options: readonly SchemaLike[],
  convert: (option: SchemaLike) => unknown,
): { readonly value: unknown } | undefined {
  for (const option of options) {
    const value = convert(option);
    if (fits(option, value)) return { value };
  }
  return undefined;
}

function fits(schema: SchemaLike, value: unknown): boolean {
  try {
    return z.safeParse(schema as unknown as z.ZodType, value).success;
  } catch (error) {
    return error instanceof z.core.$ZodAsyncError; // everything before the first asynchronous check passed
  }
}
