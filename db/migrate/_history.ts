import { problem } from "./migration_error.ts";
import { quoteIdentifier, quoteText } from "../table/_identifier.ts";
import type { Session } from "./_session.ts";

/** A row of the history table. */
export interface HistoryRow {
  readonly number: bigint;
  readonly name: string;
  readonly checksum: string;
  readonly state: "applied" | "baseline" | "failed" | "started";
  readonly direction: "up" | "down";
  /** Number of statements of an unfinished file that took effect. */
  readonly statementsDone: number;
  readonly message: string | undefined;
  readonly startedAt: string;
  readonly durationMs: number | undefined;
}

/** The name of the history table. */
export interface HistoryTable {
  readonly schema: string;
  readonly table: string;
  /** Schema and table, quoted for SQL. */
  readonly quoted: string;
}

/** SQLSTATE that a file's transaction raises when another process has reverted the file first. */
export const ROW_GONE = "GLM01";

const LAYOUT = 1;
const COLUMNS = [
  "applied_by",
  "checksum",
  "direction",
  "finished_at",
  "message",
  "name",
  "started_at",
  "state",
  "statements_done",
  "version",
];

/** The history table with this name. */
export function historyTable(schema: string, table: string): HistoryTable {
  return { schema, table, quoted: `${quoteIdentifier(schema)}.${quoteIdentifier(table)}` };
}

/**
 * Reads the history in the order of the versions; `undefined` when the table does not exist yet.
 *
 * @throws {MigrationError} when a table of that name is not a history, or has the layout of a newer version of this
 * package.
 */
export async function readHistory(
  session: Session,
  history: HistoryTable,
): Promise<readonly HistoryRow[] | undefined> {
  if (!await hasTable(session, history)) return undefined;
  const rows = await session.rows<Record<keyof HistoryRow, string | number | null>>(`
    select version::text as number, name, checksum, state, direction,
      statements_done as "statementsDone", message,
      to_char(started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "startedAt",
      (extract(epoch from finished_at - started_at) * 1000)::int as "durationMs"
    from ${history.quoted} order by version`);
  return rows.map((row) => ({
    ...row,
    number: BigInt(row.number!),
    message: row.message ?? undefined,
    durationMs: row.durationMs ?? undefined,
  } as HistoryRow));
}

async function hasTable(session: Session, { schema, table, quoted }: HistoryTable): Promise<boolean> {
  const [found] = await session.rows<{ comment: string | null; columns: string }>(`
    select obj_description(c.oid, 'pg_class') as comment, string_agg(a.attname, ',' order by a.attname) as columns
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where n.nspname = ${quoteText(schema)} and c.relname = ${quoteText(table)}
    group by c.oid`);
  if (found === undefined) return false;
  const layout = /^@glam\/shared migrations, layout (\d+)$/.exec(found.comment ?? "")?.[1];
  if (Number(layout ?? LAYOUT) > LAYOUT) {
    throw problem(
      "history",
      `${quoted} has layout ${layout}, and this version of @glam/shared knows layout ${LAYOUT}: update @glam/shared`,
    );
  }
  if (!COLUMNS.every((column) => found.columns.split(",").includes(column))) {
    throw problem(
      "history",
      `${quoted} exists and is not a history of migrations: choose another name with \`table\``,
    );
  }
  return true;
}

/** Creates the history table and its schema unless they exist. */
export async function createHistory(session: Session, history: HistoryTable): Promise<void> {
  if (await hasTable(session, history)) return;
  const { schema, quoted } = history;
  const [found] = await session.rows(
    `select from pg_catalog.pg_namespace where nspname = ${quoteText(schema)}`,
  );
  try {
    await session.atomic(`${found === undefined ? `create schema ${quoteIdentifier(schema)};` : ""}
      create table ${quoted} (
        version bigint primary key,
        name text not null,
        checksum text not null,
        state text not null check (state in ('applied', 'baseline', 'failed', 'started')),
        direction text not null default 'up' check (direction in ('up', 'down')),
        statements_done integer not null default 0,
        message text,
        applied_by text not null default session_user,
        started_at timestamptz not null default now(),
        finished_at timestamptz
      );
      comment on table ${quoted} is '@glam/shared migrations, layout ${LAYOUT}';`);
  } catch (error) {
    // Another process has created it, which can happen only without the lock.
    if (!await hasTable(session, history)) throw error;
  }
}
