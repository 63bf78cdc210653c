import type { Database } from "../database.ts";
import { readFolder } from "./_folder.ts";
import { type HistoryTable, readHistory } from "./_history.ts";
import { migrate } from "./_migrate.ts";
import { migrationTargetOf, withLock } from "./_migration_target.ts";
import { compare, planDown, planUp } from "./_plan.ts";
import { pooledSession, type Session } from "./_session.ts";
import { type BaselineOptions, type BaselineResult, markBaseline } from "./baseline.ts";
import { type CreatedMigration, createMigration, type CreateOptions } from "./create.ts";
import { migrationError } from "./migration_error.ts";
import { type Migration, type MigrationFile, parseMigrations } from "./migration_file.ts";
import type { MigrateOptions, MigrationRun, Settings } from "./options.ts";
import { repairHistory, type RepairOptions, type RepairResult } from "./repair.ts";
import { type MigrationStatus, statusOf } from "./status.ts";

/** See `Migrator.up`. */
export async function up(db: Database, settings: Settings, options: MigrateOptions): Promise<MigrationRun[]> {
  const migrations = await soundMigrations(settings);
  const { allowNewer } = settings;
  return await migrate(
    db,
    settings,
    migrations,
    "up",
    (found) => planUp(found, options.to, allowNewer),
    options,
  );
}

/** See `Migrator.down`. */
export async function down(
  db: Database,
  settings: Settings,
  options: MigrateOptions,
): Promise<MigrationRun[]> {
  const migrations = await soundMigrations(settings);
  return await migrate(db, settings, migrations, "down", (found) => planDown(found, options.to), options);
}

/** See `Migrator.status`. */
export async function status(db: Database, settings: Settings): Promise<MigrationStatus> {
  const { migrations, problems } = await parseMigrations(await filesOf(settings));
  const { history } = await migrationTargetOf(db, settings);
  const rows = await readHistory(pooledSession(db), history) ?? [];
  return statusOf(compare(migrations, rows), problems);
}

/** See `Migrator.baseline`. */
export async function baseline(
  db: Database,
  settings: Settings,
  options: BaselineOptions,
): Promise<BaselineResult> {
  const migrations = await soundMigrations(settings);
  return await underLock(
    db,
    settings,
    (session, history) => markBaseline(session, history, migrations, options),
  );
}

/** See `Migrator.repair`. */
export async function repair(
  db: Database,
  settings: Settings,
  options: RepairOptions,
): Promise<RepairResult[]> {
  const migrations = await soundMigrations(settings);
  return await underLock(
    db,
    settings,
    (session, history) => repairHistory(session, history, migrations, options),
  );
}

/** See `Migrator.create`. */
export async function create(
  db: Database,
  settings: Settings,
  name: string,
  options: CreateOptions,
): Promise<CreatedMigration | undefined> {
  return await createMigration(db, settings, await filesOf(settings, true), name, options);
}

/** Reads and checks the files. */
async function soundMigrations(settings: Settings): Promise<readonly Migration[]> {
  const { migrations, problems } = await parseMigrations(await filesOf(settings));
  if (problems.length > 0) throw migrationError(problems);
  return migrations;
}

async function filesOf({ migrations }: Settings, mayBeMissing = false): Promise<readonly MigrationFile[]> {
  if (typeof migrations !== "string" && !(migrations instanceof URL)) return migrations;
  return await readFolder(migrations, mayBeMissing);
}

/** Runs `work` under the lock. */
async function underLock<T>(
  db: Database,
  settings: Settings,
  work: (session: Session, history: HistoryTable) => Promise<T>,
): Promise<T> {
  const target = await migrationTargetOf(db, settings);
  return await withLock(db, target, settings, undefined, (session) => work(session, target.history));
}
