import { toGlamError } from "../errors/to_glam_error.ts";
import { DEDICATED, type DedicatedConnection, type DedicatedSource } from "./_dedicated.ts";
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
  const connect = (max: number) =>
    postgres(config.url ?? "", {
      max,
      onnotice: () => {},
      ...(config.schema === undefined ? {} : { connection: { search_path: `"${config.schema}"` } }),
    });
  const raw = connect(config.poolSize ?? 10);
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
  const dedicated: DedicatedSource = {
    pooler: false,
    schema: config.schema,
    open(): DedicatedConnection {
      const own = connect(1);
      return { sql: own as unknown as Sql, close: () => own.end({ timeout: 5 }) };
    },
  };
  const database: Database & { readonly [DEDICATED]: DedicatedSource } = {
    [DEDICATED]: dedicated,
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
  return database;
}
