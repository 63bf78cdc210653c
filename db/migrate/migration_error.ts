import { registerBuiltIn } from "../../errors/define_error.ts";
import { GlamError, type GlamErrorOptions, hide, isGlamError } from "../../errors/glam_error.ts";

/** What is wrong with a migration, or with the database that it is for. */
export type MigrationProblemKind =
  /** Two files of one version. */
  | "duplicate"
  /** An applied file whose text has changed since. */
  | "edited"
  /** A file that Postgres refused. */
  | "failed"
  /** The history table is not one, or is of a newer version of this package. */
  | "history"
  /** A file that cannot be a migration: its name, a marker, or SQL that has no end. */
  | "invalid"
  /** A file that cannot be reverted. */
  | "irreversible"
  /** Another process held the lock for too long. */
  | "locked"
  /** An applied file that is not there any more. */
  | "missing"
  /** The database has a migration that is newer than every file. */
  | "newer"
  /** A file that is not applied, though a newer one is. */
  | "out_of_order"
  /** What was asked for does not fit this database or these files. */
  | "refused"
  /** Stopped by its signal. */
  | "stopped"
  /** A file that runs outside of a transaction and did not reach its end. */
  | "unfinished";

/** One thing that is wrong. */
export interface MigrationProblem {
  /** What kind of thing. */
  readonly kind: MigrationProblemKind;
  /** The migration it is about, such as `0002_add_price`. */
  readonly migration?: string | undefined;
  /** What is wrong, and what to do. */
  readonly message: string;
}

/** Options of {@link MigrationError}. */
export interface MigrationErrorOptions extends GlamErrorOptions {
  /** Everything that is wrong, in the order of the versions. */
  readonly problems?: readonly MigrationProblem[] | undefined;
}

/** Migrations that cannot be applied or reverted (500 `MIGRATION_ERROR`); the database is as the message says. */
export class MigrationError extends GlamError {
  /** Code of instances that are not given another. */
  static override readonly code: string = "MIGRATION_ERROR";

  static {
    hide(this.prototype, "name", "MigrationError");
    registerBuiltIn(this);
  }

  /** An error with this message. */
  constructor(message: string, options?: MigrationErrorOptions) {
    super(message, options);
  }

  /** Everything that is wrong, in the order of the versions. */
  get problems(): readonly MigrationProblem[] {
    return (this.details["problems"] ?? []) as readonly MigrationProblem[];
  }

  /** What kind of problem the first one is. */
  get kind(): MigrationProblemKind | undefined {
    return this.problems[0]?.kind;
  }
}

/** The error for these problems: its message is theirs. */
export function migrationError(problems: readonly MigrationProblem[], cause?: unknown): MigrationError {
  const message = problems.length === 1
    ? problems[0]!.message
    : `${problems.length} problems:\n${problems.map((problem) => `- ${problem.message}`).join("\n")}`;
  return new MigrationError(message, { problems, cause });
}

/** The error for one problem. */
export function problem(
  kind: MigrationProblemKind,
  message: string,
  migration?: string,
  cause?: unknown,
): MigrationError {
  return migrationError([{ kind, ...(migration === undefined ? {} : { migration }), message }], cause);
}

/** Whether `error` is one of these, also of another copy of the package. */
export function isMigrationError(error: unknown): error is MigrationError {
  return isGlamError(error) && error.code === MigrationError.code;
}
