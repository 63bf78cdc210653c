/** A map of a configuration file. */
export type ConfigMap = Readonly<Record<string, unknown>>;

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
 */
export function deepMerge(base: ConfigMap, override: ConfigMap): Record<string, unknown> {
  const merged: Record<string, unknown> = {};
  for (const layer of [base, override]) {
    for (const [key, value] of Object.entries(layer)) {
      if (key === "__proto__" || value === undefined) continue;
      const below = Object.hasOwn(merged, key) && isConfigMap(merged[key]) ? merged[key] : {};
      merged[key] = isConfigMap(value) ? deepMerge(below, value) : value;
    }
  }
  return merged;
}
