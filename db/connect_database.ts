import { toGlamError } from "../errors/to_glam_error.ts";
import type { Database, TransactionOptions } from "./database.ts";
import type { DatabaseOptions } from "./options.ts";
import type { Sql } from "./sql.ts";

/**
 * Connects to Postgres.
 *
 * @throws {DatabaseError} when the database cannot be reached.
 */
export async function connectDatabase(options: string | DatabaseOptions): Promise<Database> {
  const config = typeof options === "string" ? { url: options } : options;
  const { default: postgres } = await import("postgres");
  const raw = postgres(config.url ?? "", {
    max: config.poolSize ?? 10,
    onnotice: () => {},
    ...(config.schema === undefined ? {} : { connection: { search_path: `"${config.schema}"` } }),
  });
  const sql = raw as unknown as Sql;
  const ping = async () => {
    try {
      await sql`select 1`;
    } catch (error) {
      throw toGlamError(error);
    }
  };
  const close = () => raw.end({ timeout: 5 });
  await ping();
  return {
    sql,
    transaction<T>(fn: (tx: Sql) => Promise<T> | T, _options?: TransactionOptions): Promise<T> {
      return raw.begin((tx) => fn(tx as unknown as Sql)) as Promise<T>;
    },
    ping,
    async health() {
      const started = performance.now();
      const status = await ping().then(() => "healthy" as const, () => "unhealthy" as const);
      return { status, latency_ms: performance.now() - started };
    },
    async ensureSchema(name) {
      await sql`create schema if not exists ${sql(name)}`;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
