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
    return await (await operations()).up(this.#db, this.#settings, options);
  }

  /**
   * Reverts the newest applied file, or every one after `to`, the newest first, and gives them in that order. What the
   * files drop is gone: who calls this has asked before.
   *
   * @throws {MigrationError} when a file fails, and before any SQL when one of them cannot be reverted.
   */
  async down(options: MigrateOptions = {}): Promise<MigrationRun[]> {
    return await (await operations()).down(this.#db, this.#settings, options);
  }

  /** Where the database stands, read without a lock. Also of a database that was never migrated. */
  async status(): Promise<MigrationStatus> {
    return await (await operations()).status(this.#db, this.#settings);
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
    return await (await operations()).baseline(this.#db, this.#settings, options);
  }

  /**
   * Puts the history right after something went wrong, in the ways that `options` name; gives what it did.
   *
   * @throws {MigrationError} when `options` names no way.
   */
  async repair(options: RepairOptions): Promise<RepairResult[]> {
    return await (await operations()).repair(this.#db, this.#settings, options);
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
    return await (await operations()).create(this.#db, this.#settings, name, options);
  }
}

/** What the methods do, imported when the first of them is called: few processes of a service migrate. */
function operations(): Promise<typeof import("./_operations.ts")> {
  return import("./_operations.ts");
}
