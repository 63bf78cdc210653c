import type { Database } from "../database.ts";
import { type BaselineOptions, type BaselineResult, markBaseline } from "./baseline.ts";
import { type CreatedMigration, createMigration, type CreateOptions } from "./create.ts";
import { readFolder } from "./_folder.ts";
import { type HistoryTable, readHistory } from "./_history.ts";
import { migrate } from "./_migrate.ts";
import { placeOf, withLock } from "./_place.ts";
import { compare, planDown, planUp } from "./_plan.ts";
import { repairHistory, type RepairOptions, type RepairResult } from "./repair.ts";
import { pooledSession, type Session } from "./_session.ts";
import { migrationError } from "./migration_error.ts";
import { type Migration, type MigrationFile, parseMigrations } from "./migration_file.ts";
import {
  type MigrateOptions,
  type MigrationRun,
  type MigratorOptions,
  type Settings,
  settingsOf,
} from "./options.ts";
import { type MigrationStatus, statusOf } from "./status.ts";

/**
 * Applies SQL files to a database, each once, in the order of their versions, and remembers them in a table.
 *
 * A file has a part for each direction:
 *
 * ```sql
 * -- migrate:up
 * create table items (id uuid primary key, name text not null);
 *
 * -- migrate:down
 * drop table items;
 * ```
 *
 * It runs in one transaction with its row of the history, so it takes effect whole or not at all, unless it says
 * `-- migrate:up transaction:false`. Any number of processes may call {@link Migrator.up} at once: one works, the others
 * wait.
 *
 * @example
 * ```ts
 * import { connectDatabase, Migrator } from "@glam/shared/db";
 *
 * async function main() {
 *   await using db = await connectDatabase("postgres://app:s3cret@localhost:5432/catalog");
 *   const migrator = new Migrator(db, { migrations: new URL("./migrations", import.meta.url) });
 *   const applied = await migrator.up();
 *   console.log(applied.map(({ name }) => name)); // ["0001_create_items"]
 * }
 * ```
 */
export class Migrator {
  readonly #db: Database;
  readonly #settings: Settings;

  /**
   * A migrator for this database. Nothing is read or connected yet.
   *
   * @throws {TypeError} when an option is of the wrong kind.
   * @throws {RangeError} when a number is out of range.
   */
  constructor(db: Database, options: MigratorOptions = {}) {
    this.#db = db;
    this.#settings = settingsOf(options);
  }

  /**
   * Applies the files that are not applied yet, and gives them in order.
   *
   * @throws {MigrationError} when a file fails, and before any SQL when something is wrong with the files or the history.
   */
  async up(options: MigrateOptions = {}): Promise<MigrationRun[]> {
    const migrations = await this.#migrations();
    const { allowNewer } = this.#settings;
    return await migrate(
      this.#db,
      this.#settings,
      migrations,
      "up",
      (found) => planUp(found, options.to, allowNewer),
      options,
    );
  }

  /**
   * Reverts the newest applied file, or every one after `to`, the newest first, and gives them in that order. What the
   * files drop is gone: who calls this has asked before.
   *
   * @throws {MigrationError} when a file fails, and before any SQL when one of them cannot be reverted.
   */
  async down(options: MigrateOptions = {}): Promise<MigrationRun[]> {
    const migrations = await this.#migrations();
    return await migrate(
      this.#db,
      this.#settings,
      migrations,
      "down",
      (found) => planDown(found, options.to),
      options,
    );
  }

  /** Where the database stands, read without a lock. Also of a database that was never migrated. */
  async status(): Promise<MigrationStatus> {
    const { migrations, problems } = await parseMigrations(await this.#files());
    const { history } = await placeOf(this.#db, this.#settings);
    const rows = await readHistory(pooledSession(this.#db), history) ?? [];
    return statusOf(compare(migrations, rows), problems);
  }

  /**
   * Checks the files and the history against each other. Files that wait to be applied are no problem.
   *
   * @throws {MigrationError} with everything that is wrong.
   */
  async verify(): Promise<void> {
    const { problems } = await this.status();
    if (problems.length > 0) throw migrationError(problems);
  }

  /**
   * Marks every file up to `to` as applied, without running it: for a database that has what they make already.
   *
   * @throws {MigrationError} when something is wrong with the files or the history, or Alembic does not stand where it
   * should.
   */
  async baseline(options: BaselineOptions): Promise<BaselineResult> {
    const migrations = await this.#migrations();
    return await this.#repairing((session, history) => markBaseline(session, history, migrations, options));
  }

  /**
   * Puts the history right after something went wrong, in the ways that `options` name; gives what it did.
   *
   * @throws {MigrationError} when `options` names no way.
   */
  async repair(options: RepairOptions): Promise<RepairResult[]> {
    const migrations = await this.#migrations();
    return await this.#repairing((session, history) => repairHistory(session, history, migrations, options));
  }

  /**
   * Writes the next file: an empty one, or with `autogenerate` the difference between these tables and the database, with
   * its way back. What the tables do not define is dropped in comments only: somebody has to mean it. `undefined` where
   * there is no difference.
   *
   * @throws {RangeError} when `name` does not say what it does.
   * @throws {MigrationError} when files are not applied, whose effect would be written again.
   */
  async create(name: string, options: CreateOptions = {}): Promise<CreatedMigration | undefined> {
    const files = await this.#files(true);
    return await createMigration(this.#db, this.#settings, files, name, options);
  }

  /** The files, where nothing is wrong with them. */
  async #migrations(): Promise<readonly Migration[]> {
    const { migrations, problems } = await parseMigrations(await this.#files());
    if (problems.length > 0) throw migrationError(problems);
    return migrations;
  }

  async #files(mayBeMissing = false): Promise<readonly MigrationFile[]> {
    const { migrations } = this.#settings;
    if (typeof migrations !== "string" && !(migrations instanceof URL)) return migrations;
    return await readFolder(migrations, mayBeMissing);
  }

  /** Changes the history, under the lock. */
  async #repairing<T>(work: (session: Session, history: HistoryTable) => Promise<T>): Promise<T> {
    const place = await placeOf(this.#db, this.#settings);
    return await withLock(
      this.#db,
      place,
      this.#settings,
      undefined,
      (session) => work(session, place.history),
    );
  }
}
