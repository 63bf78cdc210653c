import { nearest } from "./_nearest.ts";
import { type SchemaVariables, toVariable, variableOf } from "./_variable_names.ts";
import { listShape, type MapShape, mapShape, type SchemaLike } from "./_zod.ts";

/** What a variable is looked up in. */
export interface VariableContext {
  readonly schema: SchemaLike;
  readonly prefix: string;
  readonly names: SchemaVariables;
  /** What the sources below say, for the keys that the schema leaves open. */
  readonly below: unknown;
}

/** What a variable sets. */
export interface Found extends Target {
  /** The variable without `_FILE`. */
  readonly variable: string;
  /** Whether the value is the path of a file that has it. */
  readonly isFile: boolean;
}

/** Where a value goes. */
export interface Target {
  readonly path: readonly string[];
  /** Which of two variables for one value wins: the higher. */
  readonly rank: number;
}

/** What is wrong with a variable. */
export interface Miss {
  readonly path: readonly string[];
  readonly message: string;
  readonly isError: boolean;
}

const FILE = "_FILE";

/** What a variable sets, or what is wrong with it; `undefined` when it is none of this service's. */
export function findVariable(name: string, context: VariableContext): Found | Miss | undefined {
  const base = name.endsWith(FILE) ? name.slice(0, -FILE.length) : undefined;
  const known = knownTarget(name, context);
  if (known !== undefined) return { ...known, variable: name, isFile: false };
  const knownBase = base === undefined ? undefined : knownTarget(base, context);
  if (base !== undefined && knownBase !== undefined) return { ...knownBase, variable: base, isFile: true };
  if (!name.startsWith(`${context.prefix}_`)) return undefined;
  const variable = base ?? name;
  const open = walk(variable, context);
  if (!("message" in open)) return { ...open, variable, isFile: base !== undefined };
  return name === `${context.prefix}_LOG_LEVEL` ? undefined : open; // the logger reads that one
}

/** What a name sets by the keys of the schema, else by the variables of a ready schema. */
function knownTarget(name: string, context: VariableContext): Target | undefined {
  if (name.startsWith(`${context.prefix}_`)) {
    const found = walk(name, context);
    if (!("message" in found) && !found.isOpen) return found;
    const prefixed = context.names.prefixed.get(name);
    if (prefixed !== undefined) return { path: prefixed, rank: 1 };
  }
  const shared = context.names.shared.get(name);
  return shared === undefined ? undefined : { path: shared, rank: 0 };
}

/** Follows `CATALOG_DATABASE__HOST` down the schema. */
function walk(name: string, context: VariableContext): Target & { readonly isOpen: boolean } | Miss {
  let { schema, below } = context;
  let isOpen = false;
  const path: string[] = [];
  for (const part of name.slice(context.prefix.length + 1).split("__")) {
    const shape = mapShape(schema, below);
    if (shape === undefined) return noMap(schema, path, context.prefix);
    const known = keyByVariable(shape).get(part);
    if (known === undefined && (shape.rest === undefined || part === "")) {
      return unknown(name, path, part, context);
    }
    isOpen ||= known === undefined;
    const key = known ?? keysOf(below).find((key) => toVariable(key) === part) ?? part.toLowerCase();
    path.push(key);
    schema = shape.keys.get(key) ?? shape.rest!;
    below = keysOf(below).includes(key) ? (below as Record<string, unknown>)[key] : undefined;
  }
  return { path, rank: 1 + path.length, isOpen };
}

const keysByVariable = new WeakMap<MapShape, ReadonlyMap<string, string>>();

function keyByVariable(shape: MapShape): ReadonlyMap<string, string> {
  let keys = keysByVariable.get(shape);
  if (keys === undefined) {
    keys = new Map([...shape.keys.keys()].reverse().map((key) => [toVariable(key), key]));
    keysByVariable.set(shape, keys);
  }
  return keys;
}

function noMap(schema: SchemaLike, path: readonly string[], prefix: string): Miss {
  const isList = listShape(schema) !== undefined;
  const variable = variableOf(prefix, path);
  const message = isList
    ? `expected ${variable} with all of the list, as JSON or with commas`
    : `expected ${variable}; "${path.join(".")}" has no keys`;
  return { path, message, isError: true };
}

function unknown(name: string, path: readonly string[], part: string, context: VariableContext): Miss {
  const { names, prefix } = context;
  const rest = (variable: string) => variable.slice(prefix.length + 1);
  const similar = nearest(rest(name), [...names.known, ...names.prefixed.keys()].map(rest));
  const hint = similar === undefined ? "" : `; did you mean ${prefix}_${similar}?`;
  return { path: [...path, part.toLowerCase()], message: `unknown variable${hint}`, isError: false };
}

function keysOf(value: unknown): readonly string[] {
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}
