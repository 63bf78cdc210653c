import { type HistoryRow, type HistoryTable, readHistory } from "./_history.ts";
import { compare, type Entry, findVersion } from "./_plan.ts";
import { quoteText } from "../table/_identifier.ts";
import type { Session } from "./_session.ts";
import type { Migration } from "./migration_file.ts";
import { type MigrationProblem, problem } from "./migration_error.ts";

/** Options of {@link Migrator.repair}: what to do with each kind of problem. Others are left as they are. */
export interface RepairOptions {
  /**
   * What a file that did not reach its end is now, after the database was put right by hand: `"applied"`, or `"pending"`,
   * so that `up` runs it from its beginning.
   */
  readonly unfinished?: "applied" | "pending" | undefined;
  /** `"accept"` takes the text that an edited file has now for the one that was applied. */
  readonly edited?: "accept" | undefined;
  /** `"forget"` takes migrations whose files are gone out of the history. */
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
  /** What was wrong. */
  readonly kind: "edited" | "missing" | "unfinished";
  /** What it is now. */
  readonly now: "accepted" | "applied" | "forgotten" | "pending";
}

/** Puts the history right in the ways that `options` name. */
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
    const wrong = problems.map(({ message }) => `\n- ${message}`).join("") || " nothing";
    throw problem(
      "refused",
      "Say how to repair: --unfinished=applied or --unfinished=pending, --edited=accept, --missing=forget; " +
        `wrong is:${wrong}`,
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
