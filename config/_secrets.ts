import { coerce } from "./_coerce.ts";
import { isConfigMap } from "./deep_merge.ts";
import { isMarkedSecret, type SecretParts, secretPartsOf } from "./_schema_marks.ts";
import { ANYTHING, inner, listShape, mapShape, type SchemaLike } from "./_zod.ts";

/** Whether the values of a schema are secret. */
export function isSecret(schema: SchemaLike): boolean {
  if (isMarkedSecret(schema)) return true;
  const next = inner(schema);
  if (next !== undefined) return isSecret(next);
  const { type, options } = schema._zod.def;
  return type === "union" && options!.some(isSecret);
}

/** All texts, and parts of texts, in `value` at places that the schema marks as secret. */
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
    } else if (typeof value === "string") {
      for (const part of partsOf(schema)?.(value) ?? []) texts.add(part);
    }
  }

  visit(schema, value, false);
  visit(schema, coerce(schema, value), false); // a variable may hold a list as one text
  return texts;
}

function partsOf(schema: SchemaLike): SecretParts | undefined {
  const next = inner(schema);
  return secretPartsOf(schema) ?? (next === undefined ? undefined : partsOf(next));
}

/** Redacts texts in a message. Texts of fewer than four characters are redacted only where they are whole words. */
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
