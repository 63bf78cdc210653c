import type { Database } from "../database.ts";
import type { BaselineOptions, BaselineResult } from "./baseline.ts";
import type { CreatedMigration, CreateOptions } from "./create.ts";
import { migrationError } from "./migration_error.ts";
import {
  type MigrateOptions,
  type MigrationRun,
  type MigratorOptions,
  type Settings,
  settingsOf,
} from "./options.ts";
import type { RepairOptions, RepairResult } from "./repair.ts";
import type { MigrationStatus } from "./status.ts";

/**
 * Applies SQL files to a database, each once, in the order of their versions, and records them in a history table.
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
 * A file and its row of the history are written in one transaction, so the file takes effect as a whole or not at all,
 * unless it is marked `-- migrate:up transaction:false`. Several processes may call {@link Migrator.up} at once: one
 * applies the files, the others wait.
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
   * Creates a migrator for this database. It does not connect or read files yet.
   *
   * @throws {TypeError} when an option is of the wrong kind.
   * @throws {RangeError} when a number is out of range.
   */
  constructor(db: Database, options: MigratorOptions = {}) {
    this.#db = db;
    this.#settings = settingsOf(options);
  }

  /**
   * Applies the files that are not applied yet, and returns them in order.
   *
   * @throws {MigrationError} when a file fails; before any SQL runs when the files or the history have problems.
   */
  async up(options: MigrateOptions = {}): Promise<MigrationRun[]> {
    return await (await operations()).up(this.#db, this.#settings, options);
  }

  /**
   * Reverts the newest applied file, or every file after `to`, the newest first, and returns them in that order. Data in
   * tables and columns that the files drop is lost.
   *
   * @throws {MigrationError} when a file fails; before any SQL runs when one of them cannot be reverted.
   */
  async down(options: MigrateOptions = {}): Promise<MigrationRun[]> {
    return await (await operations()).down(this.#db, this.#settings, options);
  }

  /** Reads which files are applied, without the lock. Also for a database that was never migrated. */
  async status(): Promise<MigrationStatus> {
    return await (await operations()).status(this.#db, this.#settings);
  }

  /**
   * Checks the files against the history. Files that are not applied yet are no problem.
   *
   * @throws {MigrationError} with every problem.
   */
  async verify(): Promise<void> {
    const { problems } = await this.status();
    if (problems.length > 0) throw migrationError(problems);
  }

  /**
   * Marks every file up to `to` as applied without running it, for a database that already has what they create.
   *
   * @throws {MigrationError} when the files or the history have problems, or the Alembic revision is another one.
   */
  async baseline(options: BaselineOptions): Promise<BaselineResult> {
    return await (await operations()).baseline(this.#db, this.#settings, options);
  }

  /**
   * Corrects the history after a failure, in the ways that `options` name, and returns what it changed.
   *
   * @throws {MigrationError} when `options` name none.
   */
  async repair(options: RepairOptions): Promise<RepairResult[]> {
    return await (await operations()).repair(this.#db, this.#settings, options);
  }

  /**
   * Writes the next file: an empty one, or with `autogenerate` the difference between these tables and the database, and
   * how to revert it. Drops of what the tables do not define are commented out. `undefined` when there is no difference.
   *
   * @throws {RangeError} when `name` has no letters or digits, or over 100 characters.
   * @throws {MigrationError} when files are not applied, because their changes would be generated again.
   */
  async create(name: string, options: CreateOptions = {}): Promise<CreatedMigration | undefined> {
    return await (await operations()).create(this.#db, this.#settings, name, options);
  }
}

/** The implementation, imported at the first call, because few processes of a service migrate. */
function operations(): Promise<typeof import("./_operations.ts")> {
  return import("./_operations.ts");
}
