import { envPrefix } from "../internal/environment.ts";
import { flag } from "./table/_checks.ts";
import type { DatabaseOptions } from "./options.ts";

/** Variables by name, such as `process.env`. */
export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

type Reader = (name: string, value: string) => Partial<DatabaseOptions>;

const VARIABLES: Readonly<Record<string, Reader>> = {
  DB_URL: (_, value) => ({ url: value }),
  DB_HOST: (_, value) => ({ host: value }),
  DB_PORT: (name, value) => ({ port: integer(name, value) }),
  DB_PORT_EXTERNAL: (name, value) => ({ portExternal: integer(name, value) }),
  DB_NAME: (_, value) => ({ name: value }),
  DB_USER: (_, value) => ({ user: value }),
  DB_PASSWORD: (_, value) => ({ password: value }),
  DB_ENABLED: (name, value) => ({ enabled: boolean(name, value) }),
  DB_POOL_SIZE: (name, value) => ({ poolSize: integer(name, value) }),
  DB_MAX_OVERFLOW: (name, value) => ({ maxOverflow: integer(name, value) }),
  DB_POOL_RECYCLE: (name, value) => ({ recycleSeconds: integer(name, value) }),
  DB_ECHO: (name, value) => ({ echo: boolean(name, value) }),
};

/**
 * Reads the options of {@link connectDatabase} from a service's environment variables: `{SERVICE}_DB_HOST`, `_DB_PORT`,
 * `_DB_PORT_EXTERNAL`, `_DB_NAME`, `_DB_USER`, `_DB_PASSWORD`, `_DB_ENABLED`, `_DB_POOL_SIZE`, `_DB_MAX_OVERFLOW`,
 * `_DB_POOL_RECYCLE` and `_DB_ECHO`, as in the Python package, or `{SERVICE}_DB_URL`. An empty variable counts as unset.
 * `env` is the environment of the process by default.
 *
 * @example
 * ```ts
 * import { databaseOptionsFromEnv } from "@glam/shared/db";
 *
 * const env = { CATALOG_DB_HOST: "localhost", CATALOG_DB_PORT_EXTERNAL: "6432", CATALOG_DB_NAME: "catalog" };
 * console.log(databaseOptionsFromEnv("catalog", env));
 * // { service: "catalog", host: "localhost", portExternal: 6432, name: "catalog" }
 * ```
 *
 * @throws {TypeError} when a variable is not a whole number or a boolean where one is expected.
 */
export function databaseOptionsFromEnv(
  service: string,
  env: EnvironmentVariables = processEnvironment(),
): DatabaseOptions {
  const prefix = envPrefix(service);
  const options: Record<string, unknown> = { service };
  for (const [suffix, read] of Object.entries(VARIABLES)) {
    const name = `${prefix}_${suffix}`;
    const value = env[name];
    if (value !== undefined && value !== "") Object.assign(options, read(name, value));
  }
  return options as DatabaseOptions;
}

function integer(name: string, value: string): number {
  if (!/^\s*\d+\s*$/.test(value)) {
    throw new TypeError(`Expected \`${name}\` to be a whole number, got ${JSON.stringify(value)}`);
  }
  return Number(value);
}

// The spellings that Pydantic accepts.
function boolean(name: string, value: string): boolean {
  const known = { "1": true, true: true, t: true, yes: true, y: true, on: true } as Record<string, boolean>;
  const off = { "0": false, false: false, f: false, no: false, n: false, off: false };
  return flag(name, { ...known, ...off }[value.trim().toLowerCase()] ?? value);
}

function processEnvironment(): EnvironmentVariables {
  return (globalThis as { process?: { env?: EnvironmentVariables } }).process?.env ?? {};
}
