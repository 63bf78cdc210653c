import type { Database } from "../database.ts";
import { createHistory, readHistory } from "./_history.ts";
import type { Lock } from "./_lock.ts";
import { migrationTargetOf, withLock } from "./_migration_target.ts";
import { compare, type Comparison } from "./_plan.ts";
import { type RunContext, runMigration } from "./_run.ts";
import { pooledSession, type Session } from "./_session.ts";
import type { Migration } from "./migration_file.ts";
import { isMigrationError, problem } from "./migration_error.ts";
import type { MigrateOptions, MigrationDirection, MigrationRun, Settings } from "./options.ts";

/** Chooses the files to run. */
export type Planner = (comparison: Comparison) => Migration[];

/** Runs the files that `plan` chooses, and returns what was run. */
export async function migrate(
  db: Database,
  settings: Settings,
  migrations: readonly Migration[],
  direction: MigrationDirection,
  plan: Planner,
  { dryRun = false, signal }: MigrateOptions,
): Promise<MigrationRun[]> {
  signal?.throwIfAborted();
  const target = await migrationTargetOf(db, settings);
  const { history } = target;
  const planNow = async (session: Session) =>
    plan(compare(migrations, await readHistory(session, history) ?? []));
  const reader = pooledSession(db);
  if (dryRun) return (await planNow(reader)).map((migration) => toRun(migration, direction));
  // Most starts of a service find nothing to do. A problem may be caused by a process that is migrating: look again
  // under the lock.
  const nothing = await planNow(reader).then((files) => files.length === 0, (error) => {
    if (isMigrationError(error)) return false;
    throw error;
  });
  if (nothing) return [];
  const runs: MigrationRun[] = [];
  try {
    await withLock(db, target, settings, signal, async (session, lock) => {
      const context = { ...settings, session, history, signal, emit: settings.onProgress };
      let files = await planNow(session);
      if (files.length > 0) await createHistory(session, history);
      const total = files.length;
      while (files.length > 0) {
        const run = await runNext(context, lock, files[0]!, direction, runs.length + 1, total);
        if (run !== undefined) runs.push(run);
        // Without a lock another process may have applied some meanwhile.
        files = direction === "up" ? await planNow(session) : files.slice(1);
      }
    });
  } catch (error) {
    if (signal?.aborted !== true || isMigrationError(error)) throw error;
    const done = runs.map(({ name }) => name).join(", ") || "none";
    const verb = direction === "up" ? "applied" : "reverted";
    throw problem(
      "stopped",
      `Stopped: ${verb} before that: ${done}; the file that was running was rolled back`,
      undefined,
      error,
    );
  }
  return runs;
}

/** Runs one file; `undefined` when another process has run it. */
async function runNext(
  context: RunContext,
  lock: Lock | undefined,
  migration: Migration,
  direction: MigrationDirection,
  index: number,
  total: number,
): Promise<MigrationRun | undefined> {
  context.signal?.throwIfAborted();
  await lock?.check();
  const run = toRun(migration, direction);
  const { name, transaction } = run;
  context.emit({ type: "started", direction, migration: name, index, total, transaction });
  const started = performance.now();
  if (await runMigration(context, migration, direction) === "raced") return undefined;
  const durationMs = Math.round(performance.now() - started);
  context.emit({ type: "finished", direction, migration: name, durationMs });
  return { ...run, durationMs };
}

function toRun({ version, name, up, down }: Migration, direction: MigrationDirection): MigrationRun {
  const { sql, transaction } = direction === "up" ? up : down!;
  return { version, name, transaction, sql: sql.trim() };
}
