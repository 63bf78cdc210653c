import { MAX_DEPTH, TOO_DEEP } from "./_limits.ts";
import { nearest } from "../internal/nearest.ts";
import { type SchemaVariables, toVariable, variableOf } from "./_variable_names.ts";
import { listShape, type MapShape, mapShape, type SchemaLike } from "./_zod.ts";

/** What the name of a variable is resolved against. */
export interface VariableContext {
  readonly schema: SchemaLike;
  readonly prefix: string;
  readonly names: SchemaVariables;
  /** The merged values of the sources below, for the spelling of keys that the schema does not name. */
  readonly below: unknown;
}

/** A variable that sets a value. */
export interface ResolvedVariable extends Target {
  /** The name of the variable, without `_FILE`. */
  readonly variable: string;
  /** Whether the variable holds the path of a file with the value. */
  readonly isFile: boolean;
}

/** The path that a variable sets. */
export interface Target {
  readonly path: readonly string[];
  /** Precedence among the variables that set the same path; the highest wins. */
  readonly rank: number;
}

/** A variable with the service's prefix that sets nothing. */
export interface UnresolvedVariable {
  readonly path: readonly string[];
  readonly message: string;
  readonly isError: boolean;
}

const FILE = "_FILE";

/** Resolves the name of a variable. Gives `undefined` for one that does not belong to this service. */
export function findVariable(
  name: string,
  context: VariableContext,
): ResolvedVariable | UnresolvedVariable | undefined {
  const base = name.endsWith(FILE) ? name.slice(0, -FILE.length) : undefined;
  const known = knownTarget(name, context);
  if (known !== undefined) return { ...known, variable: name, isFile: false };
  const knownBase = base === undefined ? undefined : knownTarget(base, context);
  if (base !== undefined && knownBase !== undefined) return { ...knownBase, variable: base, isFile: true };
  if (!name.startsWith(`${context.prefix}_`)) return undefined;
  const variable = base ?? name;
  const open = walk(variable, context);
  if (!("message" in open)) return { ...open, variable, isFile: base !== undefined };
  return name === `${context.prefix}_LOG_LEVEL` ? undefined : open; // read by the logger
}

/** The target of a name: by the keys of the schema, else by the variables of a ready schema. */
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

/** Resolves a name such as `CATALOG_DATABASE__HOST` to the path `database.host` of the schema. */
function walk(
  name: string,
  context: VariableContext,
): Target & { readonly isOpen: boolean } | UnresolvedVariable {
  let { schema, below } = context;
  let isOpen = false;
  const path: string[] = [];
  const parts = name.slice(context.prefix.length + 1).split("__");
  if (parts.length > MAX_DEPTH) return { path: [], message: TOO_DEEP, isError: true };
  for (const part of parts) {
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

function noMap(schema: SchemaLike, path: readonly string[], prefix: string): UnresolvedVariable {
  const isList = listShape(schema) !== undefined;
  const variable = variableOf(prefix, path);
  const message = isList
    ? `expected ${variable} with all of the list, as JSON or with commas`
    : `expected ${variable}; "${path.join(".")}" has no keys`;
  return { path, message, isError: true };
}

function unknown(
  name: string,
  path: readonly string[],
  part: string,
  context: VariableContext,
): UnresolvedVariable {
  const { names, prefix } = context;
  const rest = (variable: string) => variable.slice(prefix.length + 1);
  const similar = nearest(rest(name), [...names.known, ...names.prefixed.keys()].map(rest));
  const hint = similar === undefined ? "" : `; did you mean ${prefix}_${similar}?`;
  return { path: [...path, part.toLowerCase()], message: `unknown variable${hint}`, isError: false };
}

function keysOf(value: unknown): readonly string[] {
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}
