import { defOf } from "./_zod_def.ts";

/**
 * Whether a schema takes a list and nothing else, so that one value of a query or form is a list of one. A union of a text
 * and a list takes the text as it is.
 */
export function isListSchema(schema: unknown): boolean {
  const def = defOf(schema);
  if (def === undefined) return false;
  if (def.type === "array" || def.type === "set" || def.type === "tuple") return true;
  if (def.type === "union") return def.options!.every(isListSchema);
  if (def.type === "intersection") return isListSchema(def.left) && isListSchema(def.right);
  return isListSchema(def.type === "pipe" ? def.in : def.innerType ?? def.getter?.());
}
