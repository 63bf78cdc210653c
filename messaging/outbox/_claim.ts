import type { Database } from "../../db/database.ts";
import type { Sql } from "../../db/sql.ts";
import type { Statements } from "./_statements.ts";

/** A row that a claim has locked. */
export interface ClaimedRow {
  readonly id: string;
  readonly key: string | null;
  readonly subject: string;
  readonly message_id: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** There where it can go. */
  readonly body: string;
  readonly attempts: number;
  /** Whether it can go, or waits for an earlier one of its key, or is more than this claim can hold. */
  readonly place: "behind" | "cut" | "go";
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
  readonly rows: readonly ClaimedRow[];
  /** Writes what became of the rows, and frees them. */
  settle(outcome: Outcome): Promise<void>;
}

/**
 * Locks the rows that are due, until they are settled.
 *
 * The rows are handed out of the transaction's async context: what is done with them is not part of it.
 */
export async function claimRows(db: Database, statements: Statements, query: ClaimQuery): Promise<Claim> {
  const claimed = Promise.withResolvers<readonly ClaimedRow[]>();
  const settled = Promise.withResolvers<Outcome>();
  const done = db.transaction(async (tx) => {
    const rows = await tx<ClaimedRow>(
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
  const rows = await claimed.promise;
  return {
    rows,
    settle(outcome) {
      settled.resolve(outcome);
      return done;
    },
  };
}

async function mark(tx: Sql, { markSent, markFailed }: Statements, { sent, failed }: Outcome): Promise<void> {
  await Promise.all([
    sent.length > 0 ? tx(markSent, `{${sent.join()}}`) : undefined,
    failed.length > 0 ? tx(markFailed, JSON.stringify(failed)) : undefined,
  ]);
}
