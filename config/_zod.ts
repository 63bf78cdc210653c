import type * as z from "zod";

/** The part of a schema's definition that is read here. It is the same in Zod and Zod Mini. */
export interface SchemaLike {
  readonly _zod: { readonly def: Definition; readonly innerType?: SchemaLike };
}

interface Definition {
  readonly type: string;
  readonly innerType?: SchemaLike;
  readonly in?: SchemaLike;
  readonly out?: SchemaLike;
  readonly shape?: Readonly<Record<string, SchemaLike>>;
  readonly catchall?: SchemaLike;
  readonly element?: SchemaLike;
  readonly items?: readonly SchemaLike[];
  readonly rest?: SchemaLike | null;
  readonly keyType?: SchemaLike;
  readonly valueType?: SchemaLike;
  readonly options?: readonly SchemaLike[];
  readonly discriminator?: string;
  readonly left?: SchemaLike;
  readonly right?: SchemaLike;
  readonly entries?: Readonly<Record<string, string | number>>;
  readonly values?: readonly unknown[];
  readonly defaultValue?: unknown;
  readonly [mark: symbol]: unknown;
}

/** Any schema as a {@link SchemaLike}. */
export function schemaLike(schema: z.core.$ZodType): SchemaLike {
  return schema as unknown as SchemaLike;
}

/** The input schema inside of `.optional()`, `.default()`, `z.lazy()` and other wrappers. */
export function unwrap(schema: SchemaLike): SchemaLike {
  const next = inner(schema);
  return next === undefined ? schema : unwrap(next);
}

/** One step of {@link unwrap}. */
export function inner(schema: SchemaLike): SchemaLike | undefined {
  const { def, innerType } = schema._zod;
  if (def.type === "lazy") return innerType; // the getter's schema, made once
  // The input of `z.preprocess` is unknown, but its output has a shape.
  if (def.type === "pipe") return def.in!._zod.def.type === "transform" ? def.out : def.in;
  return def.innerType;
}

/** Whether a schema begins with `z.preprocess`, which must get a text unconverted. */
export function isPreprocessed(schema: SchemaLike): boolean {
  const { def } = schema._zod;
  if (def.type === "pipe" && def.in!._zod.def.type === "transform") return true;
  const next = inner(schema);
  return next !== undefined && isPreprocessed(next);
}

/** Whether a schema takes `undefined` but not `null`, so that `null` unsets the value. */
export function isAbsentAsNull(schema: SchemaLike): boolean {
  return canBeAbsent(schema) && !takesNull(schema);
}

/** Whether a schema takes `undefined`. */
export function canBeAbsent(schema: SchemaLike): boolean {
  if (/^(?:optional|default|prefault|catch|any|unknown)$/.test(schema._zod.def.type)) return true;
  const next = inner(schema);
  return next !== undefined && canBeAbsent(next);
}

/** The default of a schema, or `undefined` where it has none. */
export function defaultOf(schema: SchemaLike): unknown {
  const { type, defaultValue } = schema._zod.def;
  if (type === "default" || type === "prefault") return defaultValue;
  const next = inner(schema);
  return next === undefined ? undefined : defaultOf(next);
}

/** Whether a schema takes `null`. */
export function takesNull(schema: SchemaLike): boolean {
  const { def } = schema._zod;
  if (/^(?:null|nullable|any|unknown|custom|transform)$/.test(def.type)) return true;
  if (def.type === "literal") return def.values!.includes(null);
  if (def.type === "union") return def.options!.some(takesNull);
  const next = inner(schema);
  return next !== undefined && takesNull(next);
}

/** The schemas of the members of a map. */
export interface MapShape {
  readonly keys: ReadonlyMap<string, SchemaLike>;
  /** The schema of all other keys; `undefined` where other keys are not allowed. */
  readonly rest: SchemaLike | undefined;
}

/** A schema that takes any value. */
export const ANYTHING: SchemaLike = { _zod: { def: { type: "any" } } };

/** The shape of the maps that a schema takes, or `undefined` where it takes none. `value` selects a union's option. */
export function mapShape(schema: SchemaLike, value?: unknown): MapShape | undefined {
  const { def } = unwrap(schema)._zod;
  switch (def.type) {
    case "object":
      return objectShape(def);
    case "record":
      return { keys: new Map(), rest: def.valueType };
    case "intersection":
      return join([mapShape(def.left!, value), mapShape(def.right!, value)]);
    case "union":
      return join(optionsFor(def, value).map((option) => mapShape(option, value)));
    case "any":
    case "unknown":
    case "custom":
    case "transform":
    case "map":
      return { keys: new Map(), rest: ANYTHING };
    default:
      return undefined;
  }
}

const objectShapes = new WeakMap<Definition, MapShape>();

function objectShape(def: Definition): MapShape {
  let shape = objectShapes.get(def);
  if (shape === undefined) {
    const rest = def.catchall?._zod.def.type === "never" ? undefined : def.catchall;
    shape = { keys: new Map(Object.entries(def.shape!)), rest };
    objectShapes.set(def, shape);
  }
  return shape;
}

/** The options of a union. For a discriminated union, those that the discriminator selects, unless it selects none. */
function optionsFor(def: Definition, value: unknown): readonly SchemaLike[] {
  const { discriminator, options = [] } = def;
  if (discriminator === undefined || typeof value !== "object" || value === null) return options;
  const kind = (value as Record<string, unknown>)[discriminator];
  const picked = options.filter((option) => {
    const tag = mapShape(option, value)?.keys.get(discriminator);
    return tag !== undefined && valuesOf(tag).some((known) => String(known) === String(kind));
  });
  return picked.length === 0 ? options : picked;
}

/** The values of a literal or an enum. */
export function valuesOf(schema: SchemaLike): readonly unknown[] {
  const { def } = unwrap(schema)._zod;
  if (def.type !== "enum") return def.values ?? [];
  // A numeric enum of TypeScript also maps its values back to their names.
  const { entries = {} } = def;
  return Object.entries(entries).filter(([name]) => typeof entries[entries[name]!] !== "number")
    .map(([, value]) => value);
}

function join(shapes: readonly (MapShape | undefined)[]): MapShape | undefined {
  const known = shapes.filter((shape) => shape !== undefined);
  if (known.length === 0) return undefined;
  const keys = new Map<string, SchemaLike>();
  for (const shape of known) {
    for (const [key, member] of shape.keys) if (!keys.has(key)) keys.set(key, member);
  }
  return { keys, rest: known.find((shape) => shape.rest !== undefined)?.rest };
}

/** The schema of a list's items by index, or `undefined` where the schema takes no lists. */
export function listShape(schema: SchemaLike): ((index: number) => SchemaLike) | undefined {
  const { def } = unwrap(schema)._zod;
  if (def.type === "array") return () => def.element!;
  if (def.type === "set") return () => def.valueType!;
  if (def.type === "tuple") return (index) => def.items![index] ?? def.rest ?? ANYTHING;
  if (def.type !== "union") return undefined;
  return def.options!.map(listShape).find((shape) => shape !== undefined);
}

/** The schema of the value at a path, or `undefined` where there is none. */
export function schemaAt(
  schema: SchemaLike,
  path: readonly string[],
  value?: unknown,
): SchemaLike | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return schema;
  const member = memberOf(schema, key, value);
  const next = typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
  return member === undefined ? undefined : schemaAt(member, rest, next);
}

function memberOf(schema: SchemaLike, key: string, value: unknown): SchemaLike | undefined {
  const list = /^\d+$/.test(key) && !isMap(value) ? listShape(schema) : undefined;
  if (list !== undefined) return list(Number(key));
  const shape = mapShape(schema, value);
  return shape?.keys.get(key) ?? shape?.rest;
}

function isMap(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
