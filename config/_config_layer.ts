import type { ConfigMap } from "./deep_merge.ts";

/** What one source says. */
export interface Layer {
  readonly value: ConfigMap;
  /** Whether a key that the schema does not know is an error here. */
  readonly isStrict: boolean;
  /** Who says what is at a path: a file with its line, or a variable. */
  sourceOf(path: readonly string[]): string | undefined;
}

/** Whether there is a value at a path. */
export function hasPath(value: unknown, path: readonly string[]): boolean {
  let current = value;
  for (const key of path) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, key)) return false;
    current = (current as Record<string, unknown>)[key];
  }
  return true;
}

/** The source of what is at a path: the last layer that says anything about it, be it with a text for all of a list. */
export function sourceOf(layers: readonly Layer[], path: readonly string[]): string | undefined {
  return layers.findLast((layer) => decides(layer.value, path))?.sourceOf(path);
}

function decides(value: unknown, [key, ...rest]: readonly string[]): boolean {
  if (key === undefined || typeof value !== "object" || value === null) return true;
  return Object.hasOwn(value, key) && decides((value as Record<string, unknown>)[key], rest);
}
