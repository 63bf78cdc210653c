import type { Database } from "../../db/database.ts";
import type { Sql } from "../../db/sql.ts";
import type { Statements } from "./_statements.ts";

/** A row that is to be published. */
export interface ClaimedRow {
  readonly id: string;
  readonly key: string | null;
  readonly subject: string;
  readonly message_id: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly attempts: number;
}

interface LockedRow extends Omit<ClaimedRow, "body"> {
  readonly body: string | null;
  readonly ahead: string | null;
}

/** What to claim. */
export interface ClaimQuery {
  readonly limit: number;
  /** Keys and subjects to leave out. */
  readonly withoutKeys: Iterable<string>;
  readonly withoutSubjects: Iterable<string>;
  /** Rows in the caller's hands: those behind them need not wait, as the caller keeps the order. */
  readonly held: readonly string[];
}

/** A row whose attempt has failed. */
export interface FailedRow {
  readonly id: string;
  readonly status: "dead" | "pending";
  readonly error: string;
  readonly delay_ms: number;
}

/** What became of the rows of a claim; those that are in neither list are left as they were. */
export interface Outcome {
  readonly sent: readonly string[];
  readonly failed: readonly FailedRow[];
}

/** Rows locked by an open transaction: whoever dies frees them at once. */
export interface Claim {
  /** What can go, in the order of its numbers. */
  readonly rows: readonly ClaimedRow[];
  /** Keys of which other rows were locked, which wait for earlier ones. */
  readonly behind: readonly string[];
  /** Whether there may be more that is due. */
  readonly isFull: boolean;
  /** Writes what became of the rows, and frees them. */
  settle(outcome: Outcome): Promise<void>;
}

/**
 * Locks the rows that are due, until they are settled.
 *
 * The rows are handed out of the transaction's async context: what is done with them is not part of it.
 */
export async function claimRows(db: Database, statements: Statements, query: ClaimQuery): Promise<Claim> {
  const claimed = Promise.withResolvers<readonly LockedRow[]>();
  const settled = Promise.withResolvers<Outcome>();
  const done = db.transaction(async (tx) => {
    const rows = await tx<LockedRow>(
      statements.claim,
      JSON.stringify([...query.withoutKeys]),
      JSON.stringify([...query.withoutSubjects]),
      query.limit,
      `{${query.held.join()}}`,
    );
    claimed.resolve(rows);
    await mark(tx, statements, await settled.promise);
  }, { isolation: "read committed", retries: 0 });
  done.catch(claimed.reject);
  return {
    ...sortOut(await claimed.promise, query.limit),
    settle(outcome) {
      settled.resolve(outcome);
      return done;
    },
  };
}

/** Tells what can go from what is too much, or waits for an earlier row of its key. */
function sortOut(locked: readonly LockedRow[], limit: number): Omit<Claim, "settle"> {
  const ahead = new Map<string, number>();
  for (const row of locked) if (row.ahead !== null) ahead.set(row.key!, Number(row.ahead));
  const rows: ClaimedRow[] = [];
  const behind: string[] = [];
  let cut = 0;
  for (const row of locked) {
    const { body, key, id } = row;
    if (body === null) cut++;
    else if (key !== null && ahead.size > 0 && Number(id) > (ahead.get(key) ?? Infinity)) behind.push(key);
    else rows.push(row as ClaimedRow);
  }
  rows.sort((one, other) => Number(one.id) - Number(other.id));
  return { rows, behind, isFull: locked.length >= limit || cut > 0 };
}

async function mark(tx: Sql, { markSent, markFailed }: Statements, { sent, failed }: Outcome): Promise<void> {
  await Promise.all([
    sent.length > 0 ? tx(markSent, `{${sent.join()}}`) : undefined,
    failed.length > 0 ? tx(markFailed, JSON.stringify(failed)) : undefined,
  ]);
}
