import { registerBuiltIn } from "../../errors/define_error.ts";
import { GlamError, type GlamErrorOptions, hide, isGlamError } from "../../errors/glam_error.ts";

/** The kinds of problems of migrations. */
export type MigrationProblemKind =
  /** Two files have the same version. */
  | "duplicate"
  /** The text of an applied file has changed. */
  | "edited"
  /** A file failed. */
  | "failed"
  /** The history table is another table, or has the layout of a newer version of this package. */
  | "history"
  /** The name, a marker or the SQL of a file is wrong. */
  | "invalid"
  /** A file has no way back. */
  | "irreversible"
  /** Another process held the lock for too long. */
  | "locked"
  /** An applied file is missing. */
  | "missing"
  /** The database has a migration that is newer than every file. */
  | "newer"
  /** A file is not applied, but a newer one is. */
  | "out_of_order"
  /** The request does not fit this database or these files. */
  | "refused"
  /** The signal aborted it. */
  | "stopped"
  /** A file outside of a transaction did not reach its end. */
  | "unfinished";

/** A problem of a migration, or of the database. */
export interface MigrationProblem {
  /** The kind of the problem. */
  readonly kind: MigrationProblemKind;
  /** The name of the migration, such as `0002_add_price`. */
  readonly migration?: string | undefined;
  /** What is wrong, and what to do. */
  readonly message: string;
}

/** Options of {@link MigrationError}. */
export interface MigrationErrorOptions extends GlamErrorOptions {
  /** The problems, in the order of the versions. */
  readonly problems?: readonly MigrationProblem[] | undefined;
}

/** Migrations cannot be applied or reverted (500 `MIGRATION_ERROR`). The message says what state the database is in. */
export class MigrationError extends GlamError {
  /** The default code. */
  static override readonly code: string = "MIGRATION_ERROR";

  static {
    hide(this.prototype, "name", "MigrationError");
    registerBuiltIn(this);
  }

  /** Creates an error with this message. */
  constructor(message: string, options?: MigrationErrorOptions) {
    super(message, options);
  }

  /** The problems, in the order of the versions. */
  get problems(): readonly MigrationProblem[] {
    return (this.details["problems"] ?? []) as readonly MigrationProblem[];
  }

  /** The kind of the first problem. */
  get kind(): MigrationProblemKind | undefined {
    return this.problems[0]?.kind;
  }
}

/** The error for these problems; its message lists theirs. */
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

/** Whether `error` is a {@link MigrationError}, also of another copy of the package. */
export function isMigrationError(error: unknown): error is MigrationError {
  return isGlamError(error) && error.code === MigrationError.code;
}
