import { readyMark } from "./_schema_marks.ts";
import { inner, mapShape, type SchemaLike, unwrap } from "./_zod.ts";

/** `maxItems`, `max_items` and `max-items` as a part of a variable: `MAX_ITEMS`. */
export function toVariable(key: string): string {
  return key.replace(/(\p{Ll}|\d)(\p{Lu})/gu, "$1_$2").toUpperCase().replace(/[^\p{L}\d]+/gu, "_");
}

/** The variable of a path: `CATALOG_DATABASE__POOL_SIZE`. */
export function variableOf(prefix: string, path: readonly string[]): string {
  return `${prefix}_${path.map(toVariable).join("__")}`;
}

/** The variables that set something of a schema. */
export interface SchemaVariables {
  /** Variables with the service's prefix, and the path that each sets. */
  readonly prefixed: ReadonlyMap<string, readonly string[]>;
  /** Variables that are the whole machine's. */
  readonly shared: ReadonlyMap<string, readonly string[]>;
  /** Paths that a path stands for, by that as JSON. */
  readonly standsFor: ReadonlyMap<string, readonly (readonly string[])[]>;
  /** Every path that the schema knows, as a variable. */
  readonly known: readonly string[];
  /** The paths that are the name of the service. */
  readonly serviceNames: readonly (readonly string[])[];
}

/** The variables of a schema. Those by which ready schemas are known set the first of its kind. */
export function schemaVariables(schema: SchemaLike, prefix: string): SchemaVariables {
  const prefixed = new Map<string, readonly string[]>();
  const shared = new Map<string, readonly string[]>();
  const standsFor = new Map<string, readonly (readonly string[])[]>();
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
    for (const [key, others] of Object.entries(mark?.standsFor ?? {})) {
      standsFor.set(JSON.stringify([...path, key]), others.map((other) => [...path, other]));
    }
    if (mark?.serviceKey !== undefined) serviceNames.push([...path, mark.serviceKey]);
    const core = unwrap(schema);
    if (seen.has(core)) return; // a lazy schema may hold itself
    seen.add(core);
    for (const [key, member] of mapShape(core)?.keys ?? []) {
      known.push(variableOf(prefix, [...path, key]));
      visit(member, [...path, key]);
    }
    seen.delete(core); // and a schema may be in two places
  };
  visit(schema, []);
  return { prefixed, shared, standsFor, known, serviceNames };
}

function markOf(schema: SchemaLike): ReturnType<typeof readyMark> {
  const next = inner(schema);
  return readyMark(schema) ?? (next === undefined ? undefined : markOf(next));
}
