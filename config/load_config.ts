import type * as z from "zod";
import type { LoadConfigOptions } from "./options.ts";

/**
 * The configuration of a service, from its files and its environment, as `schema` wants it.
 *
 * From the lowest to the highest: `config/shared.yml`, `config/services/<service>.yml`,
 * `config/services/<service>.<APP_ENV>.yml`, `.env`, the environment. Maps are merged, everything else is replaced.
 * `APP_ENV` may stand in `.env`; without it, it is `dev`. None of the files has to be there.
 *
 * `CATALOG_DATABASE__HOST` sets `database.host`, and `CATALOG_DATABASE__PASSWORD_FILE` names the file that has
 * `database.password`. An empty variable is none. On workerd no file is read.
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
 * @throws {ConfigError} with every problem at once.
 * @throws {TypeError} when an option is not what it should be.
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
