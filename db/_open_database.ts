import { DatabaseError } from "../errors/infrastructure.ts";
import { isGlamError } from "../errors/glam_error.ts";
import { withDeadline } from "../internal/clock.ts";
import { LinkedList } from "../internal/linked_list.ts";
import { rememberOutsideContext } from "../internal/outside_context.ts";
import { assertIdentifier, quoteIdentifier } from "./table/_identifier.ts";
import { DEDICATED, type DedicatedSource } from "./connection/dedicated.ts";
import type { Driver, DriverQuery } from "./connection/_driver.ts";
import { IN_TRANSACTION, type TransactionAware } from "./transaction/in_transaction.ts";
import { nodeModule } from "./connection/_node.ts";
import { observeQueries } from "./pool/_observe_queries.ts";
import { type DriverFactory, loadDriver, type OpenDriver, openDriver } from "./connection/_open_driver.ts";
import { GOODBYE_MS, Pool } from "./pool/_pool.ts";
import { codeOf } from "./pool/_query_error.ts";
import { runTransaction, type TransactionRunner } from "./transaction/_run_transaction.ts";
import { describe, resolveSettings, type Settings } from "./connection/_settings.ts";
import { tagFactory } from "./_tag.ts";
import { isWithin, type Transaction } from "./transaction/_transaction.ts";
import type { Database, DatabaseHealth, TransactionOptions } from "./database.ts";
import type { DatabaseOptions } from "./options.ts";
import type { Sql } from "./sql.ts";

const HEALTH_TIMEOUT_MS = 2000;

/** See `connectDatabase`. */
export async function openDatabase(database: string | DatabaseOptions): Promise<Database> {
  const settings = resolveSettings(database);
  const { db, ready } = await createDatabase(settings);
  if (settings.lazy) return db;
  try {
    await ready();
    return db;
  } catch (error) {
    await db.close();
    const start = "Cannot connect to the database ";
    if (!isGlamError(error) || error.message.startsWith(start)) throw error;
    // The connection was opened, but not used in time.
    throw new DatabaseError(`${start}${describe(settings.address)}: ${reasonOf(error)}`, {
      cause: error.cause,
      retryable: error.details["retryable"] === true,
      errorCode: codeOf(error),
    });
  }
}

function reasonOf({ cause, message }: Error): string {
  return cause instanceof Error && cause.message !== "" ? cause.message : message;
}

/** A database, and the driver's pool that it uses. */
export interface CreatedDatabase {
  readonly db: Database;
  readonly driver: Driver;
  /** Resolves when the pool is connected and ready for queries. */
  ready(): Promise<void>;
}

/** Creates a database from these settings. It does not connect yet. */
export async function createDatabase(settings: Settings): Promise<CreatedDatabase> {
  const open = new LinkedList<Transaction>();
  const postgres = await loadDriver();
  const opened = openDriver(postgres, settings, (key) => {
    for (const transaction of open.toArray()) if (transaction.key === key) transaction.lose();
  });
  const { driver, sockets } = opened;
  const observation = await observeQueries(settings);
  const pool = new Pool(driver, settings, open, sockets, observation?.observer);
  observation?.show(pool.slots);
  const { AsyncLocalStorage } = nodeModule("node:async_hooks");
  rememberOutsideContext();
  const storage = new AsyncLocalStorage<Transaction>();
  const createTag = tagFactory(driver, pool);
  const current = () => storage.getStore();
  const sql = createTag(current);
  const runner: TransactionRunner = {
    settings,
    pool,
    storage,
    open,
    onRetry: observation?.onRetry,
    createTag: (transaction) =>
      createTag(() => {
        const inner = current();
        return inner !== undefined && isWithin(inner, transaction) ? inner : transaction;
      }),
  };
  const ping = async () => void await sql`select 1`;
  let closing: Promise<void> | undefined;
  const close = () =>
    closing ??= closePool(settings, pool, opened)
      .finally(() => observation?.close())
      .finally(settings.onClose);
  const db: Database & TransactionAware & { readonly [DEDICATED]: DedicatedSource } = {
    sql,
    transaction: <T>(fn: (tx: Sql) => Promise<T> | T, options?: TransactionOptions) =>
      runTransaction(runner, fn, options),
    ping,
    health: healthOf(() => pool.check((text) => sql.unsafe(text) as unknown as DriverQuery)),
    ensureSchema: (name) => ensureSchema(sql, name),
    close,
    [Symbol.asyncDispose]: close,
    [IN_TRANSACTION]: () => current() !== undefined,
    [DEDICATED]: dedicatedSourceOf(postgres, settings),
  };
  return { db, driver, ready: () => pool.prepare() };
}

/** Concurrent checks share one query, so that checks do not pile up on a server that does not answer. */
function healthOf(check: () => Promise<void>): () => Promise<DatabaseHealth> {
  let asked: Promise<void> | undefined;
  return async () => {
    const started = performance.now();
    asked ??= check().finally(() => asked = undefined);
    const found = await withDeadline(asked, HEALTH_TIMEOUT_MS, "The database did not answer in time").then(
      () => ({ status: "healthy" as const }),
      (error: Error) => ({ status: "unhealthy" as const, reasons: [error.message] }),
    );
    return { ...found, latency_ms: performance.now() - started };
  };
}

async function ensureSchema(sql: Sql, name: string): Promise<void> {
  assertIdentifier("schema", name);
  try {
    // The driver's own quoting takes a dot for the end of a name.
    await sql.unsafe(`create schema if not exists ${quoteIdentifier(name)}`);
  } catch (error) {
    // Another session created it between the server's check and the insert.
    if (codeOf(error) !== "23505" && codeOf(error) !== "42P06") throw error;
  }
}

async function closePool({ closeTimeoutMs }: Settings, pool: Pool, { sockets }: OpenDriver) {
  await pool.close(closeTimeoutMs);
  await sockets?.close(Math.min(closeTimeoutMs, GOODBYE_MS));
}

/** Dedicated connections have no time limits and are not recycled: migrations may take long. */
function dedicatedSourceOf(postgres: DriverFactory, settings: Settings): DedicatedSource {
  const { pooler, schema } = settings;
  return {
    pooler,
    schema,
    open(events) {
      const unlimited = {
        queryTimeoutMs: 0,
        lockTimeoutMs: 0,
        idleInTransactionTimeoutMs: 0,
        recycleSeconds: 0,
      };
      const own = { ...settings, ...unlimited, max: 1 };
      const { driver, sockets } = openDriver(postgres, own, undefined, events);
      const close = async () => {
        await driver.end({ timeout: 0 });
        await sockets?.close(GOODBYE_MS);
      };
      return { sql: driver as unknown as Sql, close };
    },
  };
}
