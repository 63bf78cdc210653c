import * as z from "zod";
import type { DatabaseConfig } from "./database_options.ts";
import { markReady } from "./_schema_marks.ts";
import { secret } from "./secret.ts";

/** Keys whose option of `connectDatabase` has another name. */
const RENAMED: Readonly<Record<string, string>> = { pool_recycle: "recycleSeconds" };
/** Keys of SQLAlchemy that are accepted and ignored. */
const WITHOUT_MEANING: ReadonlySet<string> = new Set(["pool_pre_ping", "async_driver"]);

/**
 * The configuration of a database, for `connectDatabase`. It needs a `url`, or `host`, `name` and `user`, unless
 * `enabled` is false.
 *
 * Keys are the options in snake_case (`pool_size`), and `pool_recycle` in seconds, as in the Python package. Its
 * variables set them too: `{SERVICE}_DB_HOST DB_PORT DB_PORT_EXTERNAL DB_NAME DB_USER DB_PASSWORD DB_ENABLED
 * DB_POOL_SIZE DB_MAX_OVERFLOW DB_POOL_RECYCLE DB_ECHO`, and `{SERVICE}_DB_URL`. `DATABASE_URL` sets the URL unless one
 * of those does. A URL in a variable replaces host, port, name and user of files. `url` and `password`
 * are secrets.
 */
export const databaseConfig: z.ZodType<DatabaseConfig, Readonly<Record<string, unknown>>> =
  /* @__PURE__ */ markReady(/* @__PURE__ */ z.lazy(databaseSchema), {
    prefixed: {
      DB_URL: "url",
      DB_HOST: "host",
      DB_PORT: "port",
      DB_PORT_EXTERNAL: "port_external",
      DB_NAME: "name",
      DB_USER: "user",
      DB_PASSWORD: "password",
      DB_ENABLED: "enabled",
      DB_POOL_SIZE: "pool_size",
      DB_MAX_OVERFLOW: "max_overflow",
      DB_POOL_PRE_PING: "pool_pre_ping",
      DB_POOL_RECYCLE: "pool_recycle",
      DB_ASYNC_DRIVER: "async_driver",
      DB_ECHO: "echo",
    },
    shared: { DATABASE_URL: "url" },
    replaces: { url: ["host", "port", "port_external", "name", "user"] },
  });

function databaseSchema(): z.ZodType<DatabaseConfig, Readonly<Record<string, unknown>>> {
  const text = () => z.string().min(1).optional();
  const port = () => z.int().min(1).max(65_535).optional();
  const count = (least: number, most: number) => z.int().min(least).max(most).optional();
  const milliseconds = (least = 0) => z.number().min(least).max(2 ** 31 - 1).optional();
  const flag = () => z.boolean().optional();
  const tls = z.object({ ca: text(), cert: text(), key: secret().optional(), servername: text() });
  const fields = z.object({
    url: secret().optional(),
    host: text(),
    port: port(),
    port_external: port(),
    target_session_attrs: z.enum([
      "any",
      "read-write",
      "read-only",
      "primary",
      "standby",
      "prefer-standby",
    ]).optional(),
    name: text(),
    user: text(),
    password: secret(z.string()).optional(),
    enabled: flag(),
    pool_size: count(1, 10_000),
    max_overflow: count(0, 10_000),
    pool_pre_ping: flag(),
    pool_recycle: z.number().min(1).max((2 ** 31 - 1) / 1000).optional(),
    async_driver: text(),
    echo: flag(),
    ssl: z.union([z.literal(false), z.enum(["prefer", "require", "verify-full"]), tls]).optional(),
    connect_timeout_ms: milliseconds(1),
    query_timeout_ms: milliseconds(),
    lock_timeout_ms: milliseconds(),
    idle_in_transaction_timeout_ms: milliseconds(),
    close_timeout_ms: milliseconds(),
    pooler: flag(),
    schema: text(),
    time_zone: z.enum(["UTC", "server"]).optional(),
    application_name: text(),
    lazy: flag(),
    slow_query_ms: milliseconds(),
  });
  return z.pipe(["host", "name", "user"].reduce(requireUnlessUrl, fields), z.transform(toOptions));
}

/** Also checked when other fields are wrong, so that all issues are reported at once. */
function requireUnlessUrl<Schema extends z.ZodType>(schema: Schema, key: string): Schema {
  return schema.refine((value) => {
    const given = value as Readonly<Record<string, unknown>>;
    return given["enabled"] === false || given["url"] !== undefined || given[key] !== undefined;
  }, {
    path: [key],
    message: "expected string, or the database's url",
    when: ({ value }) => typeof value === "object" && value !== null,
  }) as Schema;
}

function toOptions(fields: Readonly<Record<string, unknown>>): DatabaseConfig {
  const given = Object.entries(fields).filter(([key, value]) =>
    value !== undefined && !WITHOUT_MEANING.has(key)
  );
  return Object.fromEntries(given.map(([key, value]) => [RENAMED[key] ?? toCamelCase(key), value]));
}

function toCamelCase(key: string): string {
  return key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
