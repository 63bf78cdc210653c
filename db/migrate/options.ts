import { assertWhole } from "../../internal/assert_number.ts";
import type { MigrationFile } from "./migration_file.ts";

/** Options of {@link Migrator}. */
export interface MigratorOptions {
  /**
   * The folder of the SQL files, or a list of files.
   * @default "migrations"
   */
  readonly migrations?: string | URL | readonly MigrationFile[] | undefined;
  /**
   * Name of the history table.
   * @default "glam_migrations"
   */
  readonly table?: string | undefined;
  /**
   * Schema of that table.
   * @default the schema that the database was connected with, else the first of its search path
   */
  readonly schema?: string | undefined;
  /**
   * How long to wait for another process that is migrating, in milliseconds from 0.
   * @default 300000
   */
  readonly waitMs?: number | undefined;
  /**
   * Limit for waiting for the lock of a table, in milliseconds from 1. Keep it short, because other statements on the
   * table queue behind the waiting one. When it passes, the file is rolled back and tried again.
   * @default 3000
   */
  readonly lockTimeoutMs?: number | undefined;
  /**
   * How many times a file is tried when it does not get its locks, from 1.
   * @default 10
   */
  readonly lockAttempts?: number | undefined;
  /**
   * Whether to migrate on the pool and without the lock, for a database that can have no second session. Two processes
   * still never apply a file twice, but an index cannot be built concurrently.
   * @default true on PGlite, else false
   */
  readonly singleSession?: boolean | undefined;
  /**
   * Whether `up` accepts a database that has newer migrations than the files, as an older replica finds it that restarts
   * during a deployment.
   * @default false
   */
  readonly allowNewer?: boolean | undefined;
  /** Called with progress events. Must not throw. */
  readonly onProgress?: ((event: MigrationEvent) => void) | undefined;
}

/** A progress event of {@link Migrator}. */
export type MigrationEvent =
  /** Another process is migrating; sent at once and every 5 seconds. */
  | { readonly type: "waiting"; readonly waitedMs: number; readonly holder: string | undefined }
  /** A file begins. */
  | {
    readonly type: "started";
    readonly direction: MigrationDirection;
    readonly migration: string;
    /** From 1. */
    readonly index: number;
    readonly total: number;
    /** Whether it can be rolled back. */
    readonly transaction: boolean;
  }
  /** A file did not get a lock, was rolled back, and is tried again after a pause. */
  | {
    readonly type: "retrying";
    readonly migration: string;
    readonly attempt: number;
    readonly attempts: number;
    readonly reason: string;
  }
  /** A file is done. */
  | {
    readonly type: "finished";
    readonly direction: MigrationDirection;
    readonly migration: string;
    readonly durationMs: number;
  };

/** The direction in which a file is run. */
export type MigrationDirection = "up" | "down";

/** Options of {@link Migrator.up} and {@link Migrator.down}. */
export interface MigrateOptions {
  /**
   * The version to go to, such as `"0003"`: afterwards it is the newest that is applied. For `down` also `"0"`, which
   * reverts every file.
   * @default up: the newest file; down: the version before the newest that is applied
   */
  readonly to?: string | undefined;
  /**
   * Whether to return what would run without running it. No lock is taken.
   * @default false
   */
  readonly dryRun?: boolean | undefined;
  /**
   * Stops the migration. The file that runs is rolled back; one that is marked `transaction:false` is finished first.
   */
  readonly signal?: AbortSignal | undefined;
}

/** A file that was run, or would be in a dry run. */
export interface MigrationRun {
  /** The version as it is written in the file's name. */
  readonly version: string;
  /** Name of the file without `.sql`. */
  readonly name: string;
  /** Whether it runs in a transaction. */
  readonly transaction: boolean;
  /** The SQL of this direction. */
  readonly sql: string;
  /** Duration in milliseconds; left out in a dry run. */
  readonly durationMs?: number | undefined;
}

/** The options with their defaults. */
export type Settings =
  & {
    readonly [K in Exclude<keyof MigratorOptions, "schema" | "singleSession">]-?: NonNullable<
      MigratorOptions[K]
    >;
  }
  & Pick<MigratorOptions, "schema" | "singleSession">;

/** Checks the options and fills in the defaults. */
export function settingsOf(options: MigratorOptions): Settings {
  const {
    migrations = "migrations",
    table = "glam_migrations",
    schema,
    waitMs = 300_000,
    lockTimeoutMs = 3000,
    lockAttempts = 10,
    singleSession,
    allowNewer = false,
    onProgress = () => {},
  } = options;
  if (typeof migrations !== "string" && !(migrations instanceof URL) && !Array.isArray(migrations)) {
    throw new TypeError(
      `Expected \`migrations\` to be a folder or a list of files, got ${typeof migrations}`,
    );
  }
  for (const [key, name] of Object.entries({ table, schema })) {
    if (name === undefined || (typeof name === "string" && name !== "" && !name.includes("\0"))) continue;
    throw new TypeError(`Expected \`${key}\` to be a name, got ${JSON.stringify(name)}`);
  }
  for (const [key, value] of Object.entries({ waitMs, lockTimeoutMs, lockAttempts })) {
    assertWhole(key, value, key === "waitMs" ? 0 : 1, 2 ** 31 - 1);
  }
  return {
    migrations,
    table,
    schema,
    waitMs,
    lockTimeoutMs,
    lockAttempts,
    singleSession,
    allowNewer,
    onProgress,
  };
}
