/**
 * The configuration of a service: files and variables, merged in a fixed order and validated by one Zod schema. All
 * problems are reported at once, and secrets are never printed.
 *
 * Use {@link loadConfig} when the service starts, with {@link databaseConfig}, {@link natsConfig},
 * {@link loggingConfig} and {@link serviceConfig} for the common parts, and {@link secret} for secrets. Files and
 * variables are those of the Python services.
 *
 * ```ts
 * import { databaseConfig, loadConfig, secret } from "@glam/shared/config";
 * import * as z from "zod";
 *
 * const config = await loadConfig({
 *   service: "catalog",
 *   envPrefix: "CATALOG",
 *   schema: z.object({
 *     database: databaseConfig,
 *     apiKey: secret(),
 *     pageSize: z.int().max(1000).default(50),
 *   }),
 *   env: { // for the example: else it is that of the process
 *     CATALOG_DB_HOST: "localhost",
 *     CATALOG_DB_NAME: "catalog",
 *     CATALOG_DB_USER: "app",
 *     CATALOG_API_KEY: "k3y",
 *   },
 * });
 * console.log(config.database.host, config.pageSize, `${config.apiKey}`); // localhost 50 [redacted]
 * // const db = await connectDatabase(config.database);
 * ```
 *
 * @module
 */

export { databaseConfig } from "./database_config.ts";
export type { DatabaseConfig, DatabaseTlsConfig } from "./database_options.ts";
export { type ConfigMap, deepMerge } from "./deep_merge.ts";
export { flattenConfig, type FlattenConfigOptions } from "./flatten_config.ts";
export { loadConfig } from "./load_config.ts";
export { type LogFileConfig, type LoggingConfig, loggingConfig } from "./logging_config.ts";
export {
  type NatsConfig,
  natsConfig,
  type NatsDomainStream,
  type NatsStreamLimits,
  type NatsStreamsConfig,
  type NatsTlsConfig,
} from "./nats_config.ts";
export type { LoadConfigOptions } from "./options.ts";
export { type Secret, secret } from "./secret.ts";
export { type ServiceConfig, serviceConfig } from "./service_config.ts";
