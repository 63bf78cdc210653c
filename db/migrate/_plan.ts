import type { HistoryRow } from "./_history.ts";
import type { Migration } from "./migration_file.ts";
import { migrationError, type MigrationProblem, problem } from "./migration_error.ts";

/** The files compared with the history. */
export interface Comparison {
  /** Every version in order, with its file and its row. */
  readonly entries: readonly Entry[];
  readonly problems: readonly MigrationProblem[];
}

/** A version. It has a file, a row, or both. */
export interface Entry {
  readonly number: bigint;
  readonly name: string;
  readonly migration: Migration | undefined;
  readonly row: HistoryRow | undefined;
}

/** Compares the files with the history and finds every problem. */
export function compare(migrations: readonly Migration[], history: readonly HistoryRow[]): Comparison {
  const rows = new Map(history.map((row) => [row.number, row]));
  const files = new Map(migrations.map((migration) => [migration.number, migration]));
  const numbers = [...new Set([...files.keys(), ...rows.keys()])].sort((a, b) => a < b ? -1 : 1);
  const entries = numbers.map((number): Entry => {
    const migration = files.get(number);
    const row = rows.get(number);
    return { number, name: (migration ?? row)!.name, migration, row };
  });
  const newestFile = migrations.at(-1);
  const newestRow = history.at(-1);
  const problems = entries.flatMap((entry): MigrationProblem[] => {
    const found = problemOf(entry, newestFile, newestRow);
    return found === undefined ? [] : [{ kind: found[0], migration: entry.name, message: found[1] }];
  });
  return { entries, problems };
}

function problemOf(
  { number, name, migration, row }: Entry,
  newestFile: Migration | undefined,
  newestRow: HistoryRow | undefined,
): [MigrationProblem["kind"], string] | undefined {
  if (row !== undefined && (row.state === "failed" || row.state === "started")) {
    return ["unfinished", describeUnfinished(name, row, migration)];
  }
  if (row !== undefined && migration === undefined) {
    return newestFile === undefined || number > newestFile.number
      ? [
        "newer",
        `The database is newer than these files: it has ${name}, and the newest file is ` +
        `${newestFile?.name ?? "none"}; run the version of the service that has it`,
      ]
      : [
        "missing",
        `${name} is applied, and its file is missing: restore it, or forget it with: ` +
        "migrate repair --missing=forget",
      ];
  }
  if (row !== undefined && row.checksum !== migration!.checksum) {
    return [
      "edited",
      `${name} was edited after it was applied: restore the old text and put the change into a ` +
      "new file, or accept it with: migrate repair --edited=accept",
    ];
  }
  if (row === undefined && newestRow !== undefined && number < newestRow.number) {
    return [
      "out_of_order",
      `${name} is not applied, and ${newestRow.name} after it is: give it a version after ` +
      `${newestRow.name.split("_")[0]}`,
    ];
  }
  return undefined;
}

function describeUnfinished(name: string, row: HistoryRow, migration: Migration | undefined): string {
  const total = migration?.[row.direction]?.statements.length;
  const done = `${row.statementsDone} of ${total ?? "its"} statements took effect`;
  const how = row.state === "failed"
    ? `failed (${row.message})`
    : "did not finish: its process ended, or still runs it";
  const verb = row.direction === "up" ? "Applying" : "Reverting";
  return `${verb} ${name}, begun at ${row.startedAt}, ${how}; ${done}. Repair the database by hand, then say which ` +
    "state it is in with: migrate repair --unfinished=applied, or --unfinished=pending";
}

/** The files to apply, up to `to`. */
export function planUp(
  { entries, problems }: Comparison,
  to: string | undefined,
  allowNewer: boolean,
): Migration[] {
  throwIfAny(problems.filter(({ kind }) => kind !== "newer" || !allowNewer));
  const last = to === undefined ? undefined : findVersion(entries, to);
  return entries.flatMap(({ number, migration, row }) =>
    row === undefined && migration !== undefined && (last === undefined || number <= last) ? [migration] : []
  );
}

/** The files to revert, the newest first: those after `to`, or the newest one. */
export function planDown({ entries, problems }: Comparison, to: string | undefined): Migration[] {
  throwIfAny(problems.filter(({ kind }) => kind !== "out_of_order"));
  const last = to === undefined ? undefined : /^0+$/.test(to) ? 0n : findVersion(entries, to);
  const applied = entries.filter(({ row }) => row !== undefined).reverse();
  const chosen = last === undefined ? applied.slice(0, 1) : applied.filter(({ number }) => number > last);
  throwIfAny(chosen.flatMap(({ name, migration, row }): MigrationProblem[] => {
    if (row?.state === "baseline") {
      const message =
        `${name} was not run here but marked by \`baseline\`: reverting it would drop what it never made`;
      return [{ kind: "irreversible", migration: name, message }];
    }
    if (migration?.down !== undefined) return [];
    const message =
      `${name} has nothing after \`-- migrate:down\`, so it cannot be reverted: write a new file that ` +
      "undoes it";
    return [{ kind: "irreversible", migration: name, message }];
  }));
  return chosen.map(({ migration }) => migration!);
}

/** Finds a version by `3`, `0003` or `0003_add_price`. */
export function findVersion(entries: readonly Entry[], version: string): bigint {
  const found = entries.find(({ number, name }) =>
    name === version.replace(/\.sql$/, "") || (/^\d{1,18}$/.test(version) && number === BigInt(version))
  );
  if (found !== undefined) return found.number;
  const names = entries.map(({ name }) => name.split("_")[0]).join(", ") || "none";
  throw problem("refused", `There is no migration ${version}; the versions are: ${names}`);
}

function throwIfAny(problems: readonly MigrationProblem[]): void {
  if (problems.length > 0) throw migrationError(problems);
}
