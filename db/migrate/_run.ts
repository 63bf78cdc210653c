import { fullJitter } from "../../internal/backoff.ts";
import { sleep } from "../../internal/clock.ts";
import { type HistoryTable, readHistory, ROW_GONE } from "./_history.ts";
import { sessionSettings } from "./_lock.ts";
import { quoteText } from "../table/_identifier.ts";
import { isConnectionLoss, isLockFailure, type ServerError, serverError } from "./_server_error.ts";
import { failure, halfDone } from "./_run_failure.ts";
import type { Session } from "./_session.ts";
import type { Statement } from "./_statements.ts";
import type { Migration, Section } from "./migration_file.ts";
import { problem } from "./migration_error.ts";
import type { MigrationDirection, MigrationEvent } from "./options.ts";

/** What running a file needs. */
export interface RunContext {
  readonly session: Session;
  readonly history: HistoryTable;
  readonly lockTimeoutMs: number;
  readonly lockAttempts: number;
  readonly signal: AbortSignal | undefined;
  readonly emit: (event: MigrationEvent) => void;
}

/** How a file ended that did not fail: `raced` when another process has run it meanwhile. */
export type Outcome = "done" | "raced";

// Settings that the file makes end with it, also on a connection that a pooler hands to another client.
const RESET = "reset session authorization; reset role; reset all;";

/**
 * Runs one direction of a file and records it in the history.
 *
 * @throws {MigrationError} when it fails; a file in a transaction has then changed nothing.
 */
export function runMigration(
  context: RunContext,
  migration: Migration,
  direction: MigrationDirection,
): Promise<Outcome> {
  const section = direction === "up" ? migration.up : migration.down!;
  return section.transaction
    ? runAtomic(context, migration, direction, section)
    : runStatements(context, migration, direction, section);
}

/** Runs the file and writes its row in one transaction; tries again when it does not get its locks. */
async function runAtomic(
  context: RunContext,
  migration: Migration,
  direction: MigrationDirection,
  section: Section,
): Promise<Outcome> {
  const { session, history, lockTimeoutMs, lockAttempts, signal, emit } = context;
  const before = `${sessionSettings("transaction")}
    set local lock_timeout = ${lockTimeoutMs};
    ${direction === "up" ? insertRow(history, migration, "applied") : deleteRow(history, migration)}`;
  const after = direction === "down"
    ? RESET
    : `${RESET} update ${history.quoted} set finished_at = clock_timestamp() where version = ${migration.number};`;
  for (let attempt = 1;; attempt++) {
    try {
      await session.atomic(`${before}${section.sql}\n;${after}`, signal);
      return "done";
    } catch (error) {
      signal?.throwIfAborted();
      const cause = serverError(error);
      if (cause === undefined) throw error;
      if (hasRaced(cause, history)) return "raced";
      if (isConnectionLoss(cause)) return await resolveOutcome(context, migration, direction, cause);
      if (!isLockFailure(cause) || attempt === lockAttempts) {
        throw failure(migration, section, direction, cause, session.lead.length + before.length, attempt);
      }
      emit({
        type: "retrying",
        migration: migration.name,
        attempt: attempt + 1,
        attempts: lockAttempts,
        reason: cause.message,
      });
      await sleep(fullJitter(attempt, { minDelayMs: 500, maxDelayMs: 5000, factor: 2 }), signal);
    }
  }
}

/** Runs the file statement by statement, and records each in the history, because none is rolled back. */
async function runStatements(
  { session, history, lockTimeoutMs }: RunContext,
  migration: Migration,
  direction: MigrationDirection,
  section: Section,
): Promise<Outcome> {
  const where = `where version = ${migration.number}`;
  try {
    await session.run(
      direction === "up"
        ? insertRow(history, migration, "started")
        : `update ${history.quoted} set state = 'started', direction = 'down', statements_done = 0,
          started_at = now(), finished_at = null ${where}`,
    );
  } catch (error) {
    const cause = serverError(error);
    if (cause !== undefined && hasRaced(cause, history)) return "raced";
    throw error;
  }
  let done = 0;
  try {
    if (session.keepsSettings) await session.run(sessionSettings("session"));
    for (const statement of section.statements) {
      if (session.keepsSettings) {
        await session.run(`set lock_timeout = ${lockTimeoutOf(statement, lockTimeoutMs)}`);
      }
      await session.run(statement.text);
      done++;
      await session.run(`update ${history.quoted} set statements_done = ${done} ${where}`);
    }
    if (session.keepsSettings) await session.run(RESET);
    await session.run(
      direction === "up"
        ? `update ${history.quoted} set state = 'applied', finished_at = clock_timestamp() ${where}`
        : `delete from ${history.quoted} ${where}`,
    );
    return "done";
  } catch (error) {
    const cause = serverError(error);
    if (cause === undefined) throw error;
    if (session.keepsSettings) await session.run(RESET).catch(() => {});
    // If this fails too, the row still says `started`, which blocks further runs as well.
    await session.run(
      `update ${history.quoted} set state = 'failed', finished_at = clock_timestamp(),
        message = ${quoteText(cause.message)} ${where}`,
    ).catch(() => {});
    throw await halfDone(session, migration, section, direction, cause, done);
  }
}

/** None for CREATE INDEX CONCURRENTLY, which waits for older transactions without blocking others. */
function lockTimeoutOf({ words }: Statement, lockTimeoutMs: number): number {
  return words.includes("CONCURRENTLY") ? 0 : lockTimeoutMs;
}

/** The row is inserted first: another process that runs the same file waits for it, and then finds it. */
function insertRow({ quoted }: HistoryTable, { number, name, checksum }: Migration, state: string): string {
  return `insert into ${quoted} (version, name, checksum, state)
    values (${number}, ${quoteText(name)}, ${quoteText(checksum)}, ${quoteText(state)});`;
}

function deleteRow({ quoted }: HistoryTable, { number }: Migration): string {
  return `do $glam$ begin
      delete from ${quoted} where version = ${number};
      if not found then raise exception 'reverted by another process' using errcode = '${ROW_GONE}'; end if;
    end $glam$;`;
}

function hasRaced({ code, schema_name, table_name }: ServerError, { schema, table }: HistoryTable): boolean {
  return code === ROW_GONE || (code === "23505" && schema_name === schema && table_name === table);
}

/** Finds out from the history whether a file was committed whose connection was lost. */
async function resolveOutcome(
  { session, history }: RunContext,
  migration: Migration,
  direction: MigrationDirection,
  cause: ServerError,
): Promise<Outcome> {
  const rows = await readHistory(session, history).catch(() => undefined);
  const isThere = rows?.some(({ number }) => number === migration.number);
  if (isThere === (direction === "up")) return "done";
  throw problem(
    "failed",
    `The connection was lost while ${migration.name} ran (${cause.message}): it took effect as a whole or not at all; ` +
      "`status` says which; run it again",
    migration.name,
    cause,
  );
}
