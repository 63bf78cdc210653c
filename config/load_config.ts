import type * as z from "zod";
import type { LoadConfigOptions } from "./options.ts";

/**
 * Reads the configuration of a service from its files and variables, and validates it by `schema`.
 *
 * The sources, from the lowest precedence to the highest: `config/shared.yml`, `config/services/<service>.yml`,
 * `config/services/<service>.<APP_ENV>.yml`, `.env`, the environment. Maps are merged, all other values are replaced.
 * `APP_ENV` may be set in `.env`, and is `dev` by default. All files are optional.
 *
 * `CATALOG_DATABASE__HOST` sets `database.host`. `CATALOG_DATABASE__PASSWORD_FILE` is the path of a file that holds
 * `database.password`. Empty variables are ignored. On workerd no files are read.
 *
 * @example
 * ```ts
 * import { loadConfig, serviceConfig } from "@glam/shared/config";
 * import * as z from "zod";
 *
 * const config = await loadConfig({
 *   service: "catalog",
 *   schema: z.object({ service: serviceConfig, limits: z.array(z.int()), beta: z.boolean().default(false) }),
 *   env: { CATALOG_PORT: "8081", CATALOG_LIMITS: "10,20", CATALOG_BETA: "on" }, // for the example
 * });
 * console.log(config);
 * // { service: { name: "catalog", host: "0.0.0.0", port: 8081 }, limits: [ 10, 20 ], beta: true }
 * ```
 *
 * @throws {ConfigError} with all problems, when the configuration is not valid.
 * @throws {TypeError} when an option has the wrong type or form.
 */
export async function loadConfig<Schema extends z.core.$ZodType>(
  options: LoadConfigOptions<Schema>,
): Promise<z.output<Schema>> {
  const { readConfig } = await import("./read_config.ts");
  const reading = await readConfig(options);
  if (reading.warnings.length > 0) {
    const { reportWarnings } = await import("./_config_report.ts");
    await reportWarnings(reading.warnings, options);
  }
  if ("config" in reading) return reading.config;
  const { toConfigError } = await import("./_config_report.ts");
  throw toConfigError(options.service, reading);
}
