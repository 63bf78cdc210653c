import type { Comparison, Entry } from "./_plan.ts";
import type { MigrationProblem } from "./migration_error.ts";

/** Which migrations a database has. */
export interface MigrationStatus {
  /**
   * `empty`: no file is applied. `pending`: some files are not applied. `current`: all are applied. `newer`: the database
   * has migrations that are newer than the files. `broken`: there are other problems.
   */
  readonly state: "empty" | "pending" | "current" | "newer" | "broken";
  /** Every migration, in the order of the versions. */
  readonly migrations: readonly MigrationState[];
  /** Number of files that are not applied. */
  readonly pending: number;
  /** Every problem. */
  readonly problems: readonly MigrationProblem[];
}

/** The state of one migration. */
export interface MigrationState {
  /** The version as it is written in the file's name. */
  readonly version: string;
  /** Name of the file without `.sql`. */
  readonly name: string;
  /**
   * `baseline`: marked as applied without running. `started` and `failed`: a file outside of a transaction that did not
   * reach its end.
   */
  readonly state: "applied" | "baseline" | "failed" | "pending" | "started";
  /** When it began, in ISO 8601 UTC. */
  readonly startedAt?: string | undefined;
  /** Duration in milliseconds. */
  readonly durationMs?: number | undefined;
  /** A note: why it failed, or the Alembic revision. */
  readonly message?: string | undefined;
  /** The kind of its problem. */
  readonly problem?: MigrationProblem["kind"] | undefined;
}

/** The status of a comparison. */
export function statusOf(
  { entries, problems }: Comparison,
  invalid: readonly MigrationProblem[],
): MigrationStatus {
  const all = [...invalid, ...problems];
  const pending = entries.filter(({ row }) => row === undefined).length;
  const migrations = entries.map((entry) =>
    stateOf(entry, all.find(({ migration }) => migration === entry.name)?.kind)
  );
  return { state: stateOfAll(), migrations, pending, problems: all };

  function stateOfAll(): MigrationStatus["state"] {
    if (all.some(({ kind }) => kind !== "newer")) return "broken";
    if (all.length > 0) return "newer";
    if (pending === 0) return "current";
    return pending === entries.length ? "empty" : "pending";
  }
}

function stateOf({ name, row }: Entry, problem: MigrationProblem["kind"] | undefined): MigrationState {
  return {
    version: name.split("_")[0]!,
    name,
    state: row?.state ?? "pending",
    ...(row === undefined ? {} : { startedAt: row.startedAt }),
    ...(row?.durationMs === undefined ? {} : { durationMs: row.durationMs }),
    ...(row?.message === undefined ? {} : { message: row.message }),
    ...(problem === undefined ? {} : { problem }),
  };
}
