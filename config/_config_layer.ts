import type { ConfigMap } from "./deep_merge.ts";

/** The values of one source. */
export interface Layer {
  readonly value: ConfigMap;
  /** Whether a key that the schema does not have is an error, and not a warning. */
  readonly isStrict: boolean;
  /** Where the value at a path was set: a file and line, or a variable. */
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

/** Where the value at a path was set: in the last layer that sets it, or sets a scalar at a parent of the path. */
export function sourceOf(layers: readonly Layer[], path: readonly string[]): string | undefined {
  return layers.findLast((layer) => sets(layer.value, path))?.sourceOf(path);
}

function sets(value: unknown, [key, ...rest]: readonly string[]): boolean {
  if (key === undefined || typeof value !== "object" || value === null) return true;
  return Object.hasOwn(value, key) && sets((value as Record<string, unknown>)[key], rest);
}
