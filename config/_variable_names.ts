import { readyMark } from "./_schema_marks.ts";
import { inner, mapShape, type SchemaLike, unwrap } from "./_zod.ts";

/** A key as a part of a variable's name: `MAX_ITEMS` for `maxItems`, `max_items` and `max-items`. */
export function toVariable(key: string): string {
  return key.replace(/(\p{Ll}|\d)(\p{Lu})/gu, "$1_$2").toUpperCase().replace(/[^\p{L}\d]+/gu, "_");
}

/** The variable that sets a path, such as `CATALOG_DATABASE__POOL_SIZE`. */
export function variableOf(prefix: string, path: readonly string[]): string {
  return `${prefix}_${path.map(toVariable).join("__")}`;
}

/** The variables that set values of a schema. */
export interface SchemaVariables {
  /** Variables with the service's prefix, and the path that each sets. */
  readonly prefixed: ReadonlyMap<string, readonly string[]>;
  /** Variables without a prefix, and the path that each sets. */
  readonly shared: ReadonlyMap<string, readonly string[]>;
  /** The paths that a path replaces, by that path as JSON. */
  readonly replaces: ReadonlyMap<string, readonly (readonly string[])[]>;
  /** The variable of every path that the schema names. */
  readonly known: readonly string[];
  /** The paths whose default is the name of the service. */
  readonly serviceNames: readonly (readonly string[])[];
}

/** The variables of a schema. The additional variables of a ready schema set its first occurrence. */
export function schemaVariables(schema: SchemaLike, prefix: string): SchemaVariables {
  const prefixed = new Map<string, readonly string[]>();
  const shared = new Map<string, readonly string[]>();
  const replaces = new Map<string, readonly (readonly string[])[]>();
  const serviceNames: (readonly string[])[] = [];
  const known: string[] = [];
  const seen = new Set<SchemaLike>();

  const add = (target: Map<string, readonly string[]>, name: string, path: readonly string[]) => {
    if (!target.has(name)) target.set(name, path);
  };
  const visit = (schema: SchemaLike, path: readonly string[]): void => {
    const mark = markOf(schema);
    for (const [name, key] of Object.entries(mark?.prefixed ?? {})) {
      add(prefixed, `${prefix}_${name}`, [...path, key]);
    }
    for (const [name, key] of Object.entries(mark?.shared ?? {})) add(shared, name, [...path, key]);
    for (const [key, others] of Object.entries(mark?.replaces ?? {})) {
      replaces.set(JSON.stringify([...path, key]), others.map((other) => [...path, other]));
    }
    if (mark?.serviceKey !== undefined) serviceNames.push([...path, mark.serviceKey]);
    const core = unwrap(schema);
    if (seen.has(core)) return; // a lazy schema can contain itself
    seen.add(core);
    for (const [key, member] of mapShape(core)?.keys ?? []) {
      known.push(variableOf(prefix, [...path, key]));
      visit(member, [...path, key]);
    }
    seen.delete(core); // a schema can be used in two places
  };
  visit(schema, []);
  return { prefixed, shared, replaces, known, serviceNames };
}

function markOf(schema: SchemaLike): ReturnType<typeof readyMark> {
  const next = inner(schema);
  return readyMark(schema) ?? (next === undefined ? undefined : markOf(next));
}
