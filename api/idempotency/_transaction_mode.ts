import type { Database, IsolationLevel } from "../../db/database.ts";
import { isWorthAnotherRun } from "../../db/pool/_query_error.ts";
import { isInTransaction } from "../../db/transaction/in_transaction.ts";
import { answerKnown, type KeyedOperation, respondKeepingFailures } from "./_keyed_operation.ts";
import { inProgress, notThisTime } from "./_refusals.ts";
import { answerOf, findRow, insertAnswer, type KeyRow, lockAndFind } from "./_statements.ts";

/** What the transactions of keyed requests need. */
export interface TransactionModeOptions {
  readonly database: Database;
  readonly ttlMs: number;
  readonly isolation: IsolationLevel | undefined;
}

/**
 * Runs the handler in a transaction that also records its answer: both are there, or neither. It commits when the answer is
 * a success and the request has time left.
 */
export async function runInTransaction(
  operation: KeyedOperation,
  { database, ttlMs, isolation }: TransactionModeOptions,
): Promise<Response> {
  const { state: { context, deadline }, entry, keeper, count } = operation;
  if (isInTransaction(database)) {
    throw new TypeError("A keyed endpoint takes a transaction of its own: call it outside of any");
  }
  let superseded = false;
  try {
    return await database.transaction(async (tx) => {
      const row = await lockAndFind(tx, entry);
      const known = row.fingerprint === null ? undefined : knownOf(row, entry.fingerprint);
      if (known !== undefined) return answerKnown(operation, known);
      if (!row.locked) {
        count("in_progress");
        throw inProgress();
      }
      count("first");
      const keep = {
        keep: (answer: Parameters<typeof insertAnswer>[2]) =>
          insertAnswer(database.sql, entry, answer, ttlMs),
        forget: () => Promise.resolve(),
      };
      const { answer, response } = await keeper.take(await respondKeepingFailures(operation, keep));
      if (!await insertAnswer(tx, entry, answer, ttlMs)) {
        superseded = true;
        throw inProgress();
      }
      // From here on it is not for the time limit to say how this ends: a 504 must have had no effect.
      if (deadline?.lift() === false) throw context.signal!.reason;
      return response;
    }, { retries: 0, isolation, signal: context.signal });
  } catch (error) {
    if (superseded) return await answerSuperseded(operation, database);
    // The handler must not run twice for one request, and a conflict of the moment must not be kept.
    throw isWorthAnotherRun(error) ? notThisTime(error) : error;
  }
}

/** What a row says of an operation; `undefined` where its handler may run. */
function knownOf(row: KeyRow, fingerprint: string): Parameters<typeof answerKnown>[1] | undefined {
  if (row.status !== null) return { state: "done", fingerprint: row.fingerprint, answer: answerOf(row) };
  // The endpoint had the mode `lock`, and some replicas may still.
  if (row.leased !== true && row.fingerprint === fingerprint) return undefined;
  return { state: "running", fingerprint: row.fingerprint };
}

/** Answers a request whose effect was rolled back, because the answer to another one was kept while it ran. */
async function answerSuperseded(operation: KeyedOperation, { sql }: Database): Promise<Response> {
  const row = await findRow(sql, operation.entry);
  const known = row && knownOf(row, operation.entry.fingerprint);
  if (known !== undefined) return answerKnown(operation, known);
  throw inProgress();
}
