import type { Comparison, Entry } from "./_plan.ts";
import type { MigrationProblem } from "./migration_error.ts";

/** Where a database stands. */
export interface MigrationStatus {
  /**
   * `empty`: nothing was applied yet. `pending`: some files are not applied. `current`: all are. `newer`: the database has
   * migrations that the files do not. `broken`: something else is wrong.
   */
  readonly state: "empty" | "pending" | "current" | "newer" | "broken";
  /** Every migration there is, in the order of the versions. */
  readonly migrations: readonly MigrationState[];
  /** How many files are not applied. */
  readonly pending: number;
  /** Everything that is wrong. */
  readonly problems: readonly MigrationProblem[];
}

/** Where one migration stands. */
export interface MigrationState {
  /** As the file writes it. */
  readonly version: string;
  /** Name of the file without `.sql`. */
  readonly name: string;
  /**
   * `baseline`: marked as applied, and not run. `started` and `failed`: runs outside of a transaction, and did not reach
   * its end.
   */
  readonly state: "applied" | "baseline" | "failed" | "pending" | "started";
  /** When it was run, in ISO 8601 UTC. */
  readonly startedAt?: string | undefined;
  /** How long it took. */
  readonly durationMs?: number | undefined;
  /** What is noted of it: why it failed, where Alembic stood. */
  readonly message?: string | undefined;
  /** What is wrong with it. */
  readonly problem?: MigrationProblem["kind"] | undefined;
}

/** Sums a comparison up. */
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
