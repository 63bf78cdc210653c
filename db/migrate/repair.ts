import { type HistoryRow, type HistoryTable, readHistory } from "./_history.ts";
import { compare, type Entry, findVersion } from "./_plan.ts";
import { quoteText } from "../table/_identifier.ts";
import type { Session } from "./_session.ts";
import type { Migration } from "./migration_file.ts";
import { type MigrationProblem, problem } from "./migration_error.ts";

/** Options of {@link Migrator.repair}: how to resolve each kind of problem. Other problems are left as they are. */
export interface RepairOptions {
  /**
   * How to mark a file that did not reach its end, after the database was repaired by hand: `"applied"`, or `"pending"`,
   * so that `up` runs it again from the beginning.
   */
  readonly unfinished?: "applied" | "pending" | undefined;
  /** `"accept"` records the current text of an edited file as the applied one. */
  readonly edited?: "accept" | undefined;
  /** `"forget"` removes migrations whose files are missing from the history. */
  readonly missing?: "forget" | undefined;
  /**
   * The versions to repair.
   * @default all
   */
  readonly only?: readonly string[] | undefined;
}

/** A migration that was repaired. */
export interface RepairResult {
  /** Name of the file without `.sql`. */
  readonly migration: string;
  /** The kind of the problem. */
  readonly kind: "edited" | "missing" | "unfinished";
  /** What was done. */
  readonly now: "accepted" | "applied" | "forgotten" | "pending";
}

/** Corrects the history in the ways that `options` name. */
export async function repairHistory(
  session: Session,
  history: HistoryTable,
  migrations: readonly Migration[],
  options: RepairOptions,
): Promise<RepairResult[]> {
  const rows: readonly HistoryRow[] = await readHistory(session, history) ?? [];
  const { entries, problems } = compare(migrations, rows);
  const { unfinished, edited, missing } = options;
  if (unfinished === undefined && edited === undefined && missing === undefined) {
    const wrong = problems.map(({ message }) => `\n- ${message}`).join("") || " none";
    throw problem(
      "refused",
      "Expected how to repair: --unfinished=applied or --unfinished=pending, --edited=accept, --missing=forget; " +
        `problems:${wrong}`,
    );
  }
  const only = options.only?.map((version) => findVersion(entries, version));
  const chosen = entries.filter(({ number }) => only?.includes(number) ?? true);
  const repairs = chosen.flatMap((entry) => {
    const kind = problems.find(({ migration }) => migration === entry.name)?.kind;
    const repair = repairOf(entry, kind, options, history);
    return repair === undefined ? [] : [repair];
  });
  if (repairs.length > 0) await session.atomic(repairs.map(({ sql }) => sql).join(";\n"));
  return repairs.map(({ migration, kind, now }) => ({ migration, kind, now }));
}

function repairOf(
  { number, name, migration }: Entry,
  kind: MigrationProblem["kind"] | undefined,
  { unfinished, edited, missing }: RepairOptions,
  { quoted }: HistoryTable,
): RepairResult & { readonly sql: string } | undefined {
  const where = `where version = ${number}`;
  const forget = `delete from ${quoted} ${where}`;
  if (kind === "unfinished" && unfinished === "pending") {
    return { migration: name, kind, now: "pending", sql: forget };
  }
  if (kind === "unfinished" && unfinished === "applied") {
    const sql = `update ${quoted} set state = 'applied', direction = 'up', message = null,
      finished_at = coalesce(finished_at, now()) ${where}`;
    return { migration: name, kind, now: "applied", sql };
  }
  if (kind === "edited" && edited === "accept") {
    const sql = `update ${quoted} set checksum = ${quoteText(migration!.checksum)}, name = ${
      quoteText(name)
    } ${where}`;
    return { migration: name, kind, now: "accepted", sql };
  }
  if (kind === "missing" && missing === "forget") {
    return { migration: name, kind, now: "forgotten", sql: forget };
  }
  return undefined;
}
