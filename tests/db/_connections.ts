import type { Database, Sql } from "@glam/shared/db";
import { waitFor } from "../_support/wait_for.ts";

/**
 * As many transactions at once as the pool has connections, each of which stays open until all are: each connection has
 * to work, and at the first try.
 */
export async function allConnectionsWork(db: Database, poolSize: number): Promise<void> {
  const all = Promise.withResolvers<void>();
  all.promise.catch(() => {});
  let open = 0;
  const transactions = Array.from({ length: poolSize }, () =>
    db.transaction(async (tx) => {
      await tx`select 1`;
      if (++open === poolSize) all.resolve();
      await all.promise;
    }, { retries: 0 }));
  for (const transaction of transactions) transaction.catch(all.reject);
  for (const result of await Promise.allSettled(transactions)) {
    if (result.status === "rejected") throw result.reason;
  }
}

/** Waits until they do, where one may still be about to see that it was cut, or the pool is impatient. */
export async function waitForAllConnections(db: Database, poolSize: number): Promise<void> {
  let last: unknown;
  await waitFor(
    () => allConnectionsWork(db, poolSize).then(() => true, (error) => (last = error, false)),
    () => `all ${poolSize} connections worked, and not: ${last}`,
  );
}

/** A transaction that has begun. */
export interface OpenTransaction {
  /** What it rejects with; `undefined` when it commits. */
  readonly failure: Promise<unknown>;
  goOn(): void;
}

/**
 * Begins a transaction that does `work` when it is let go on. An impatient pool may need several attempts until one has
 * begun.
 */
export async function beginTransaction(
  db: Database,
  work: (tx: Sql) => unknown = () => {},
): Promise<OpenTransaction> {
  const open = await waitFor(async () => {
    const begun = Promise.withResolvers<boolean>();
    const { promise, resolve: goOn } = Promise.withResolvers<void>();
    const failure = db.transaction(async (tx) => {
      await tx`select 1`;
      begun.resolve(true);
      await promise;
      await work(tx);
    }, { retries: 0 }).then(() => undefined, (error: unknown) => error);
    failure.then(() => begun.resolve(false));
    return await begun.promise ? { failure, goOn } : undefined;
  }, "a transaction began");
  return open!;
}

/** Waits until this backend, or so many of this application, wait for something like `PgSleep` or `advisory`. */
export async function waitForBackends(
  watcher: Database,
  { pid, applicationName, event = "PgSleep", count = 1 }: {
    readonly pid?: number;
    readonly applicationName?: string;
    readonly event?: string;
    readonly count?: number;
  },
): Promise<void> {
  await waitFor(async () => {
    const rows = await watcher.sql`
      select from pg_stat_activity where wait_event = ${event}
        and (${pid ?? null}::int is null or pid = ${pid ?? null})
        and (${applicationName ?? null}::text is null or application_name = ${applicationName ?? null})`;
    return rows.length >= count;
  }, `${count} backends wait for ${event}`);
}

/** A lock that a session holds until it is released: what a statement of another one waits for. */
export interface AdvisoryLock extends AsyncDisposable {
  /** For `pg_advisory_xact_lock`. */
  readonly key: number;
  release(): Promise<void>;
}

/** Takes a lock of a random key. */
export async function holdAdvisoryLock(db: Database): Promise<AdvisoryLock> {
  const key = crypto.getRandomValues(new Int32Array(1))[0]!;
  const taken = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const done = db.transaction(async (tx) => {
    await tx`select pg_advisory_xact_lock(${key})`;
    taken.resolve();
    await released.promise;
  });
  done.catch(taken.reject);
  await taken.promise;
  const release = () => (released.resolve(), done);
  return { key, release, [Symbol.asyncDispose]: release };
}
