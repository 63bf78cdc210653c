import { checkDepth, type ConfigMap, isConfigMap } from "./deep_merge.ts";

/** Options of {@link flattenConfig}. */
export interface FlattenConfigOptions {
  /**
   * Text between the keys of a path.
   * @default "."
   */
  readonly separator?: string | undefined;
  /**
   * First part of each path.
   * @default ""
   */
  readonly prefix?: string | undefined;
}

/**
 * Flattens nested maps into one map from paths to values. Lists are values. Empty maps are left out.
 *
 * @example
 * ```ts
 * import { flattenConfig } from "@glam/shared/config";
 *
 * console.log(flattenConfig({ database: { host: "localhost", port: 5432 }, tags: ["a"] }));
 * // { "database.host": "localhost", "database.port": 5432, tags: [ "a" ] }
 * ```
 *
 * @throws {RangeError} when maps are nested more than 1000 deep, as they are when one contains itself.
 */
export function flattenConfig(
  config: ConfigMap,
  options: FlattenConfigOptions = {},
): Record<string, unknown> {
  const { separator = ".", prefix = "" } = options;
  const flat: [key: string, value: unknown][] = [];
  const visit = (map: ConfigMap, parent: string, depth: number): void => {
    checkDepth(depth);
    for (const [key, value] of Object.entries(map)) {
      const name = parent === "" ? key : `${parent}${separator}${key}`;
      if (isConfigMap(value)) visit(value, name, depth + 1);
      else flat.push([name, value]);
    }
  };
  visit(config, prefix, 0);
  return Object.fromEntries(flat);
}
