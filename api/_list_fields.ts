import type * as z from "zod";

/** Tells of a field whether the schema calls it a list. */
export type IsListField = (name: string) => boolean;

/**
 * Finds the fields of a query or a form that a schema calls lists: arrays and tuples, behind whatever makes them optional
 * or goes on from them. A union is a list where each member is one, so that a text or a list of them stays a text; what a
 * preprocess expects is not known, and stays as well.
 */
export function listFieldsOf(schema: z.ZodType): IsListField {
  const { fields, others } = fieldsOf(schema, new Set());
  return (name) => fields.get(name) ?? others ?? false;
}

/** The same fields, with a list wherever `isList` wants one and there is a single value. */
export function withLists(value: unknown, isList: IsListField): unknown {
  const entries = Object.entries(value as Record<string, unknown>);
  if (!entries.some(([name, field]) => !Array.isArray(field) && isList(name))) return value;
  return Object.fromEntries(
    entries.map(([name, field]) => [name, !Array.isArray(field) && isList(name) ? [field] : field]),
  );
}

/** What a schema says of the fields that it names, and of all others. */
interface Fields {
  readonly fields: ReadonlyMap<string, boolean>;
  readonly others?: boolean | undefined;
}

const NONE: Fields = { fields: new Map() };

/** The parts of a Zod definition that are looked at; of Zod 4, mini included. */
interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly catchall?: Schema;
  readonly options?: readonly Schema[];
  readonly left?: Schema;
  readonly right?: Schema;
  readonly in?: Schema;
  readonly innerType?: Schema;
  readonly valueType?: Schema;
  readonly getter?: () => Schema;
}

interface Schema {
  readonly _zod: { readonly def: unknown };
}

function fieldsOf(schema: Schema, seen: Set<Schema>): Fields {
  if (seen.has(schema)) return NONE;
  seen.add(schema);
  const def = schema._zod.def as Definition;
  if (def.type === "object") {
    const fields = Object.entries(def.shape ?? {}).map(([name, field]) => [name, isList(field)] as const);
    return { fields: new Map(fields), others: def.catchall && isList(def.catchall) };
  }
  if (def.type === "record") return { ...NONE, others: def.valueType && isList(def.valueType) };
  if (def.type === "intersection") return merge([def.left!, def.right!], seen, (a, b) => a || b);
  if (def.type === "union") return merge(def.options ?? [], seen, (a, b) => a && b);
  const inner = innerOf(def);
  return inner === undefined ? NONE : fieldsOf(inner, seen);
}

function merge(
  schemas: readonly Schema[],
  seen: Set<Schema>,
  both: (a: boolean, b: boolean) => boolean,
): Fields {
  const fields = new Map<string, boolean>();
  let others: boolean | undefined;
  for (const part of schemas.map((schema) => fieldsOf(schema, seen))) {
    for (const [name, list] of part.fields) {
      const known = fields.get(name);
      fields.set(name, known === undefined ? list : both(known, list));
    }
    if (part.others !== undefined) others = others === undefined ? part.others : both(others, part.others);
  }
  return { fields, others };
}

function isList(schema: Schema, seen: Set<Schema> = new Set()): boolean {
  if (seen.has(schema)) return false;
  seen.add(schema);
  const def = schema._zod.def as Definition;
  if (def.type === "array" || def.type === "tuple") return true;
  if (def.type === "union") {
    const values = (def.options ?? []).filter((option) => !isNothing(option));
    return values.length > 0 && values.every((option) => isList(option, seen));
  }
  if (def.type === "intersection") return isList(def.left!, seen) || isList(def.right!, seen);
  const inner = innerOf(def);
  return inner !== undefined && isList(inner, seen);
}

/** Whether a member of a union is only there to make the others optional. */
function isNothing(schema: Schema): boolean {
  return ["never", "null", "undefined", "void"].includes((schema._zod.def as Definition).type);
}

/** What a wrapper hands its input to. */
function innerOf(def: Definition): Schema | undefined {
  return def.innerType ?? def.in ?? def.getter?.();
}
