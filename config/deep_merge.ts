/** A map of a configuration file. */
export type ConfigMap = Readonly<Record<string, unknown>>;

const MAX_MAP_DEPTH = 1000;

/** @throws {RangeError} when maps are nested too deep. */
export function checkDepth(depth: number): void {
  if (depth <= MAX_MAP_DEPTH) return;
  throw new RangeError(
    `Expected maps nested at most ${MAX_MAP_DEPTH} deep; one that contains itself cannot be a configuration`,
  );
}

/** Whether `value` is a plain object: neither a list nor an instance of a class. */
export function isConfigMap(value: unknown): value is ConfigMap {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/**
 * Merges `override` into a copy of `base`: maps are merged at every depth, all other values are replaced, including lists
 * and `null`. Neither argument is changed. Members that are `undefined`, and keys `__proto__`, are left out.
 *
 * @example
 * ```ts
 * import { deepMerge } from "@glam/shared/config";
 *
 * console.log(deepMerge({ nats: { servers: ["a", "b"], user: "x" } }, { nats: { servers: ["c"] } }));
 * // { nats: { servers: [ "c" ], user: "x" } }
 * ```
 *
 * @throws {RangeError} when maps are nested more than 1000 deep, as they are when one contains itself.
 */
export function deepMerge(base: ConfigMap, override: ConfigMap): Record<string, unknown> {
  return mergeAt(0, base, override);
}

function mergeAt(depth: number, base: ConfigMap, override: ConfigMap): Record<string, unknown> {
  checkDepth(depth);
  const merged: Record<string, unknown> = {};
  for (const layer of [base, override]) {
    for (const [key, value] of Object.entries(layer)) {
      if (key === "__proto__" || value === undefined) continue;
      const below = Object.hasOwn(merged, key) && isConfigMap(merged[key]) ? merged[key] : {};
      merged[key] = isConfigMap(value) ? mergeAt(depth + 1, below, value) : value;
    }
  }
  return merged;
}
