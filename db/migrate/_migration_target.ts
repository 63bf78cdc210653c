import { type DedicatedSource, dedicatedSource } from "../connection/dedicated.ts";
import type { Database } from "../database.ts";
import { type HistoryTable, historyTable } from "./_history.ts";
import { acquireLock, type Lock } from "./_lock.ts";
import { openSession, pooledSession, type Session } from "./_session.ts";
import { problem } from "./migration_error.ts";
import type { Settings } from "./options.ts";

/** Where migrations run. */
export interface MigrationTarget {
  readonly history: HistoryTable;
  /** Opens the two sessions; `undefined` when the database can have no second session. */
  readonly source: DedicatedSource | undefined;
}

/** @throws {MigrationError} when the database has no schema to work in. */
export async function migrationTargetOf(
  db: Database,
  { schema, table, singleSession }: Settings,
): Promise<MigrationTarget> {
  const source = dedicatedSource(db);
  const [found] = await pooledSession(db).rows<{ schema: string | null; embedded: boolean }>(
    "select current_schema() as schema, version() ~ 'PGlite' as embedded",
  );
  const name = schema ?? source?.schema ?? found?.schema;
  if (name === undefined || name === null) {
    throw problem(
      "refused",
      "No schema of the search path exists: connect with `schema`, which is then created",
    );
  }
  return {
    history: historyTable(name, table),
    source: singleSession ?? found?.embedded === true ? undefined : source,
  };
}

/**
 * Runs `work` with one session, while another one holds the lock; both are closed afterwards. When the database can have
 * no second session, it runs on the pool and without a lock.
 */
export async function withLock<T>(
  db: Database,
  { history, source }: MigrationTarget,
  { waitMs, onProgress }: Settings,
  signal: AbortSignal | undefined,
  work: (session: Session, lock: Lock | undefined) => Promise<T>,
): Promise<T> {
  if (source === undefined) return await work(pooledSession(db), undefined);
  const holder = openSession(source);
  const worker = openSession(source);
  try {
    const lock = await acquireLock(holder, history, {
      waitMs,
      signal,
      onWait: (waitedMs, by) => onProgress({ type: "waiting", waitedMs, holder: by }),
    });
    try {
      const result = work(worker, lock);
      return await Promise.race([result, lock.lost]);
    } finally {
      await lock.release();
    }
  } finally {
    await Promise.all([holder.close(), worker.close()]);
  }
}
