import type { MigrationFile } from "./migration_file.ts";

/** Options of {@link Migrator}. */
export interface MigratorOptions {
  /**
   * The folder of the SQL files, or the files themselves where there is no file system.
   * @default "migrations"
   */
  readonly migrations?: string | URL | readonly MigrationFile[] | undefined;
  /**
   * Name of the table that says what was applied.
   * @default "glam_migrations"
   */
  readonly table?: string | undefined;
  /**
   * Schema of that table.
   * @default the schema that the database was connected with, else the first of its search path
   */
  readonly schema?: string | undefined;
  /**
   * How long to wait for another process that migrates, in milliseconds.
   * @default 300000
   */
  readonly waitMs?: number | undefined;
  /**
   * How long a statement may wait for a lock of a table, in milliseconds. Everybody else who wants that table waits behind
   * it, so it should be short; the file is then rolled back and tried again.
   * @default 3000
   */
  readonly lockTimeoutMs?: number | undefined;
  /**
   * How often a file is tried when it does not get its locks.
   * @default 10
   */
  readonly lockAttempts?: number | undefined;
  /**
   * Whether to migrate on the pool of the database, without a lock, because it can have no second session. Two processes
   * still never apply one file twice, but an index cannot be built concurrently.
   * @default true on PGlite, else false
   */
  readonly singleSession?: boolean | undefined;
  /**
   * Whether `up` accepts a database that has newer migrations than the files: an older replica that starts again while
   * a newer one is deployed.
   * @default false
   */
  readonly allowNewer?: boolean | undefined;
  /** Is told what happens while it happens. Must not throw. */
  readonly onProgress?: ((event: MigrationEvent) => void) | undefined;
}

/** What happens while migrations run. */
export type MigrationEvent =
  /** Another process migrates; said at once and every 5 seconds. */
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
  /** A file did not get a lock, was rolled back, and is tried again after a while. */
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

/** Which way a file is run. */
export type MigrationDirection = "up" | "down";

/** Options of {@link Migrator.up} and {@link Migrator.down}. */
export interface MigrateOptions {
  /**
   * The version to go to, such as `"0003"`; afterwards it is applied and nothing after it. `down` also takes `"0"`, for
   * before the first.
   * @default up: the newest file; down: the version before the newest that is applied
   */
  readonly to?: string | undefined;
  /**
   * Whether to say only what would run. Nothing is written and no lock is taken.
   * @default false
   */
  readonly dryRun?: boolean | undefined;
  /**
   * Stops it. The file that runs is rolled back; one that is marked `transaction:false` comes to its end first.
   */
  readonly signal?: AbortSignal | undefined;
}

/** A file that was run, or would be. */
export interface MigrationRun {
  /** As the file writes it. */
  readonly version: string;
  /** Name of the file without `.sql`. */
  readonly name: string;
  /** Whether it runs in a transaction. */
  readonly transaction: boolean;
  /** What was sent, or would be. */
  readonly sql: string;
  /** How long it took; left out of a dry run. */
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
    const minimum = key === "waitMs" ? 0 : 1;
    if (Number.isSafeInteger(value) && value >= minimum && value < 2 ** 31) continue;
    throw new RangeError(`Expected \`${key}\` to be an integer of at least ${minimum}, got ${value}`);
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
