import type * as z from "zod";
import { type ConfigReading, readConfig } from "../../config/read_config.ts";
import type { LoadConfigOptions } from "../../config/mod.ts";
import { requireModule } from "../_modules.ts";
import { UsageError } from "../_session.ts";

/** The options that say which configuration to read. */
export interface ConfigFlags {
  readonly config?: string;
  readonly root?: string;
}

/** The options of a service's `loadConfig`, and what its sources contain. */
export interface ServiceConfigReading {
  readonly options: LoadConfigOptions<z.core.$ZodType>;
  readonly reading: ConfigReading<unknown>;
}

/** Reads the configuration of the service in the current folder. */
export async function readServiceConfig({ config, root }: ConfigFlags): Promise<ServiceConfigReading> {
  const { path, exports } = await requireModule("config", "--config", config);
  const given = exports["options"];
  if (!isOptions(given)) {
    throw new UsageError(
      `Expected ${path} to export \`options\` with \`service\` and \`schema\`, as loadConfig takes them`,
    );
  }
  const options = root === undefined ? given : { ...given, root };
  return { options, reading: await readConfig(options) };
}

function isOptions(value: unknown): value is LoadConfigOptions<z.core.$ZodType> {
  if (typeof value !== "object" || value === null) return false;
  const { service, schema } = value as Record<string, unknown>;
  return typeof service === "string" && typeof schema === "object" && schema !== null;
}
