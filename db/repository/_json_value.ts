import type * as z from "zod";
import { defOf, describeSchema } from "../table/_column_type.ts";

/** Writes JSON; a bigint, which JSON has not, becomes a text. */
export function stringifyJson(value: unknown): string | undefined {
  return JSON.stringify(value, (_, member) => typeof member === "bigint" ? String(member) : member);
}

type Revive = (value: unknown) => unknown;

/**
 * Makes a function that turns JSON into what a schema says, where that has Dates or bigints, which JSON writes as texts;
 * `undefined` where nothing has to be turned. Values that do not fit stay as they are.
 */
export function parseJson(schema: z.ZodType, depth: number = 0): Revive | undefined {
  const { inner } = describeSchema(schema);
  const { type, shape, element, valueType } = defOf(inner);
  if (depth > MAX_DEPTH) return undefined; // a schema that contains itself
  switch (type) {
    case "date":
      return (value) => typeof value === "string" ? new Date(value) : value;
    case "bigint":
      return (value) => isInteger(value) ? BigInt(value) : value;
    case "array":
      return ofArray(parseJson(element!, depth + 1));
    case "record":
      return ofRecord(parseJson(valueType!, depth + 1));
    case "object":
      return ofObject(
        Object.entries(shape!).flatMap(([name, member]) => {
          const revive = parseJson(member, depth + 1);
          return revive === undefined ? [] : [[name, revive] as const];
        }),
      );
    default:
      return undefined;
  }
}

const MAX_DEPTH = 16;

function isInteger(value: unknown): value is string | number {
  return Number.isSafeInteger(value) || (typeof value === "string" && /^-?\d+$/.test(value));
}

function ofArray(revive: Revive | undefined): Revive | undefined {
  return revive && ((value) => Array.isArray(value) ? value.map(revive) : value);
}

function ofRecord(revive: Revive | undefined): Revive | undefined {
  return revive &&
    ((value) =>
      isObject(value)
        ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, revive(member)]))
        : value);
}

function ofObject(members: readonly (readonly [string, Revive])[]): Revive | undefined {
  if (members.length === 0) return undefined;
  return (value) => {
    if (!isObject(value)) return value;
    const revived = members.filter(([name]) => Object.hasOwn(value, name));
    return { ...value, ...Object.fromEntries(revived.map(([name, revive]) => [name, revive(value[name])])) };
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
