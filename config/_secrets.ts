import { isConfigMap } from "./deep_merge.ts";
import { isMarkedSecret } from "./_schema_marks.ts";
import { ANYTHING, inner, listShape, mapShape, type SchemaLike } from "./_zod.ts";

/** Whether what a schema takes must not be shown. */
export function isSecret(schema: SchemaLike): boolean {
  if (isMarkedSecret(schema)) return true;
  const next = inner(schema);
  if (next !== undefined) return isSecret(next);
  const { type, options } = schema._zod.def;
  return type === "union" && options!.some(isSecret);
}

/** Every text that stands where the schema has a secret. */
export function secretTexts(schema: SchemaLike, value: unknown): Set<string> {
  const texts = new Set<string>();

  function visit(schema: SchemaLike, value: unknown, isHidden: boolean): void {
    const hidden = isHidden || isSecret(schema);
    if (Array.isArray(value)) {
      const itemAt = listShape(schema);
      value.forEach((item, index) => visit(itemAt?.(index) ?? ANYTHING, item, hidden));
    } else if (isConfigMap(value)) {
      const shape = mapShape(schema, value);
      for (const [key, member] of Object.entries(value)) {
        visit(shape?.keys.get(key) ?? shape?.rest ?? ANYTHING, member, hidden);
      }
    } else if (hidden && value !== null && value !== undefined) {
      texts.add(String(value));
    }
  }

  visit(schema, value, false);
  return texts;
}

/** Hides these texts in a message; those of fewer than four letters only where they are words of their own. */
export function hideTexts(message: string, texts: Iterable<string>): string {
  let safe = message;
  for (const text of [...texts].sort((a, b) => b.length - a.length)) {
    if (text === "") continue;
    safe = text.length >= 4
      ? safe.replaceAll(text, "[redacted]")
      : safe.replaceAll(new RegExp(`(?<![\\p{L}\\d])${escape(text)}(?![\\p{L}\\d])`, "gu"), "[redacted]");
  }
  return safe;
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
