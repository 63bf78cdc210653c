import type { Database } from "../../db/database.ts";
import type { Sql } from "../../db/sql.ts";
import type { Statements } from "./_statements.ts";

/** A claimed row, to be published. */
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

/** Parameters of a claim. */
export interface ClaimQuery {
  readonly limit: number;
  /** Keys to leave out. */
  readonly withoutKeys: Iterable<string>;
  /** Subjects to leave out. */
  readonly withoutSubjects: Iterable<string>;
  /** Ids of rows that the caller is publishing. Rows behind them can be claimed: the caller keeps the order. */
  readonly held: readonly string[];
}

/** A row whose attempt to publish has failed. */
export interface FailedRow {
  readonly id: string;
  readonly status: "dead" | "pending";
  readonly error: string;
  readonly delay_ms: number;
}

/** Outcome of a claim; rows that are in neither list keep their state. */
export interface Outcome {
  readonly sent: readonly string[];
  readonly failed: readonly FailedRow[];
}

/** Rows locked by an open transaction. They become free at once when the process dies. */
export interface Claim {
  /** The rows that can be published, in the order of their ids. */
  readonly rows: readonly ClaimedRow[];
  /** Keys of locked rows that have to wait for an earlier row of the key. */
  readonly behind: readonly string[];
  /** Whether more rows may be due. */
  readonly isFull: boolean;
  /** Writes the outcome, and unlocks the rows. */
  settle(outcome: Outcome): Promise<void>;
}

/**
 * Locks due rows until `settle` is called.
 *
 * The caller works with the rows outside of the transaction's async context.
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
    ...splitRows(await claimed.promise, query.limit),
    settle(outcome) {
      settled.resolve(outcome);
      return done;
    },
  };
}

/** Separates the rows that can be published from those over the size limit, and those behind an earlier row of their key. */
function splitRows(locked: readonly LockedRow[], limit: number): Omit<Claim, "settle"> {
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
