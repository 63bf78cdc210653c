import type { Database } from "../../db/database.ts";
import { ensureTable, hasTable } from "../../db/table/ensure_table.ts";
import type { Table } from "../../db/table/table.ts";
import { tableName } from "../../db/table/table_ddl.ts";
import { ConfigError } from "../../errors/config_error.ts";
import { leftOfQuota, stateOfQuota } from "./_gcra.ts";
import { rateLimitStatements, type TakenRow } from "./_postgres_statements.ts";
import type { RateLimitQuota, RateLimitResult, RateLimitStore } from "./rate_limit_store.ts";
import { rateLimitTableNamed } from "./rate_limit_table.ts";

/** The part of a `Database` that the store uses. */
export type RateLimitDatabase = Pick<Database, "ensureSchema" | "sql" | "transaction">;

/** Options of {@link createPostgresRateLimitStore}. */
export interface PostgresRateLimitStoreOptions {
  /**
   * Name of the table.
   * @default "glam_rate_limits"
   */
  readonly table?: string | undefined;
  /**
   * Schema of the table.
   * @default the connection's
   */
  readonly schema?: string | undefined;
}

/** A store in Postgres. */
export interface PostgresRateLimitStore extends RateLimitStore {
  /** Its table, for migrations. */
  readonly table: Table;
  /** Creates the table unless it exists. Several processes may call it at once. */
  ensureTable(): Promise<void>;
  /** Forgets the keys whose quotas are whole again, and gives their number. */
  cleanUp(options?: { readonly signal?: AbortSignal | undefined }): Promise<number>;
  /**
   * Resolves when the table is there.
   *
   * @throws {ConfigError} when it is not.
   */
  ping(): Promise<void>;
}

/** How many rows one statement deletes. */
const BATCH = 10_000;

/**
 * A store in Postgres: all replicas of a service share the quotas, and the clock is the database's. A request is one
 * statement. The table is {@link rateLimitTable}, for migrations, or created by `ensureTable()`.
 *
 * A take does not wait until its row is on the disk: a crash of the server may give a few requests back.
 *
 * @example
 * ```ts
 * import { createPostgresRateLimitStore, rateLimit } from "@glam/shared/api";
 * import type { Database } from "@glam/shared/db";
 *
 * async function limits(db: Database) {
 *   const store = createPostgresRateLimitStore(db);
 *   await store.ensureTable();
 *   return rateLimit({ policies: [{ name: "hourly", limit: 1000, windowSeconds: 3600 }], store });
 * }
 * ```
 *
 * @throws {RangeError} when `table` is not a valid name.
 */
export function createPostgresRateLimitStore(
  db: RateLimitDatabase,
  options: PostgresRateLimitStoreOptions = {},
): PostgresRateLimitStore {
  const { table: name = "glam_rate_limits", schema } = options;
  const table = rateLimitTableNamed(schema === undefined ? name : `${schema}.${name}`);
  const statements = rateLimitStatements(table);

  return {
    table,
    async take(key, quotas, { signal }) {
      const asked = JSON.stringify(quotas);
      // A row that another process has just made may be locked by this statement, and yet be invisible to it.
      let [row] = await statements.take(db.sql, key, asked);
      if (row === undefined && !signal.aborted) [row] = await statements.take(db.sql, key, asked);
      if (row === undefined) throw new Error("The row of the quotas came and went");
      return toResult(row, quotas);
    },
    async cleanUp({ signal } = {}) {
      let total = 0;
      while (signal?.aborted !== true) {
        const { count } = await statements.deleteWhole(db.sql, BATCH);
        total += count;
        if (count < BATCH) break;
      }
      return total;
    },
    async ping() {
      if (await hasTable(db.sql, tableName(table))) return;
      throw new ConfigError(
        `Cannot find the table of rate limits, "${name}", in the database: ` +
          "migrate it, with `store.table` in the list of tables, or call `store.ensureTable()`",
      );
    },
    ensureTable: () => ensureTable(db, table),
  };
}

function toResult({ passed, ahead }: TakenRow, quotas: readonly RateLimitQuota[]): RateLimitResult {
  const seconds = JSON.parse(ahead) as Readonly<Record<string, number>>;
  const states = quotas.map((quota) => {
    const ahead = seconds[quota.policy] ?? 0;
    return passed ? leftOfQuota(quota, ahead) : stateOfQuota(quota, ahead);
  });
  if (passed || states.some(({ waitSeconds }) => waitSeconds > 0)) return { passed, quotas: states };
  // What was read is older than what refused it: another process was quicker. The next unit is an interval away at most.
  return {
    passed,
    quotas: states.map((state, i) => ({
      ...state,
      waitSeconds: quotas[i]!.windowSeconds / quotas[i]!.limit,
    })),
  };
}
