import type { ConfigProblem } from "../errors/config_error.ts";
import { isConfigMap } from "./deep_merge.ts";
import type { Layer } from "./_config_layer.ts";
import { nearest } from "../internal/nearest.ts";
import { listShape, mapShape, type SchemaLike } from "./_zod.ts";

/** The keys of a layer that the schema does not have. `merged` selects the option of a discriminated union. */
export function unknownKeys(layer: Layer, schema: SchemaLike, merged: unknown): ConfigProblem[] {
  const found: ConfigProblem[] = [];

  function visit(schema: SchemaLike, value: unknown, merged: unknown, path: readonly string[]): void {
    if (Array.isArray(value)) {
      const itemAt = listShape(schema);
      value.forEach((item, index) => {
        if (itemAt !== undefined) visit(itemAt(index), item, item, [...path, String(index)]);
      });
    }
    const shape = isConfigMap(value) ? mapShape(schema, isConfigMap(merged) ? merged : value) : undefined;
    if (shape === undefined) return;
    for (const [key, member] of Object.entries(value as object)) {
      const at = [...path, key];
      const memberSchema = shape.keys.get(key) ?? shape.rest;
      if (memberSchema !== undefined && key !== "__proto__") {
        visit(memberSchema, member, isConfigMap(merged) ? merged[key] : undefined, at);
      } else {
        const similar = nearest(key, shape.keys.keys());
        const hint = similar === undefined ? "" : `; did you mean "${similar}"?`;
        found.push({ path: at.join("."), source: layer.sourceOf(at), message: `unknown key${hint}` });
      }
    }
  }

  visit(schema, layer.value, merged, []);
  return found;
}
