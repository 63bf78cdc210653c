import type { Linked, LinkedList } from "../../internal/linked_list.ts";
import type { DriverQuery, DriverTag } from "../connection/_driver.ts";
import type { AsyncStorage } from "../connection/_node.ts";
import type { Pool } from "../pool/_pool.ts";
import {
  codeOf,
  connectionLost,
  isConnectionLoss,
  isDriverLoss,
  toQueryError,
} from "../pool/_query_error.ts";
import type { QueryOwner, SentQuery } from "../pool/_sent_query.ts";
import { backendKey } from "../connection/_startup.ts";
import { endsTransaction } from "./_ends_transaction.ts";
import type { Sql } from "../sql.ts";
import { copyRuns, endedByStatement, finished, unknownOutcome } from "./_transaction_errors.ts";

/** The parts that the transactions of one database share. */
export interface TransactionScope {
  readonly pool: Pool;
  /** The transaction of the current async context. */
  readonly storage: AsyncStorage<Transaction>;
  /** The outermost transactions that have begun and not ended. */
  readonly open: LinkedList<Transaction>;
  /** Creates a tag whose queries go to `transaction`, or to the nested one in whose async context they are made. */
  createTag(transaction: Transaction): Sql;
}

/** The callback of a transaction. */
export type TransactionCallback<T> = (tx: Sql) => Promise<T> | T;

/** Options of the outermost transaction. */
export interface RunOptions {
  /** What follows `begin`, such as `isolation level serializable`. */
  readonly mode: string;
  readonly isReadOnly: boolean;
  /** Statements to run first. */
  readonly prelude: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * One run of a transaction's callback. A nested transaction is a savepoint.
 *
 * It works around two faults of the driver. After its connection was lost, the driver would send later statements of
 * the callback on another connection, outside of any transaction. And it would report a commit when a query fails that
 * the callback did not await.
 */
export class Transaction implements Linked<Transaction>, QueryOwner {
  previous: Transaction | undefined;
  next: Transaction | undefined;
  readonly parent: Transaction | undefined;
  readonly root: Transaction;
  /** The driver's tag, once the transaction has begun. */
  tag: DriverTag | undefined;
  /** The key of the backend that it runs on. */
  key: string | undefined;
  readonly reportsErrors = true;
  isReadOnly = false;
  /** Makes the error for a use after the end; `undefined` before. */
  ended: (() => unknown) | undefined;

  readonly #scope: TransactionScope;
  /** Queries that were sent and are not settled. */
  readonly #pending: SentQuery[] = [];
  /** The pool's tick since which the driver's own statement runs, such as `commit`. */
  #expectedAt = NEVER;
  #handler: DriverQuery["handler"] | undefined;
  #child: Transaction | undefined;
  /** Number of nested transactions that run or wait, and the end of the last one. */
  #nested = 0;
  #turn: Promise<unknown> = DONE;
  #savepoints = 0;
  /** The first error of a statement. Later ones only say that the transaction is aborted. */
  #failure: Error | undefined;
  #thrown: { readonly error: unknown } | undefined;
  #committing = false;
  #lost = false;
  #reject: ((error: unknown) => void) | undefined;
  #fail: ((error: unknown) => void) | undefined;
  #stopListening: (() => void) | undefined;
  #left = false;

  constructor(scope: TransactionScope, parent?: Transaction) {
    this.#scope = scope;
    this.parent = parent;
    this.root = parent?.root ?? this;
    this.key = parent?.key;
    this.isReadOnly = parent?.isReadOnly ?? false;
  }

  /** Runs the outermost transaction. */
  run<T>(fn: TransactionCallback<T>, { mode, isReadOnly, prelude, signal }: RunOptions): Promise<T> {
    const { pool, open } = this.#scope;
    this.isReadOnly = isReadOnly;
    return this.#unlessLost(pool.begin(mode, this, (tag, begin) => {
      if (begin?.state) {
        this.key = backendKey(begin.state.pid, begin.state.secret);
        open.add(this);
      }
      if (prelude !== undefined) this.#run(tag, prelude);
      return this.#call(tag, fn, signal, undefined);
    }));
  }

  /** Runs a nested transaction, after those that were started before. */
  nest<T>(fn: TransactionCallback<T>, signal: AbortSignal | undefined): Promise<T> {
    if (this.#copies()) return Promise.reject(copyRuns());
    this.#nested++;
    const result = this.#turn.then(async () => {
      if (this.ended !== undefined) throw this.ended();
      const child = this.#child = new Transaction(this.#scope, this);
      try {
        return await child.#runNested(fn, signal);
      } finally {
        this.#child = undefined;
      }
    }).finally(() => this.#nested--);
    this.#turn = result.catch(() => {});
    return result;
  }

  /** Takes over a query of {@link Transaction.tag}. */
  adopt(query: DriverQuery): DriverQuery {
    this.#handler ??= query.handler;
    query.handler = this.#dispatch;
    return query;
  }

  /** Refuses further queries, and rolls back. */
  abort(reason: unknown): void {
    if (this.#left) return;
    this.ended ??= () => reason;
    this.#child?.abort(reason);
    // Only the running one: the driver miscounts when a pipelined query is cancelled.
    for (const sent of [...this.#pending]) sent.cancel(reason);
    this.#fail?.(reason);
  }

  /** Called when the connection is lost: fails every query, and lets nothing more be sent. */
  lose(): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#child?.lose();
    const error = connectionLost();
    this.ended ??= () => error;
    for (const sent of [...this.#pending]) sent.fail(error);
    this.#end();
    this.#reject?.(this.#explain(error));
  }

  /** Whether the driver's own statement runs since this tick or before. */
  isOverdue(tick: number): boolean {
    return this.#expectedAt <= tick || this.#child?.isOverdue(tick) === true;
  }

  onSent(sent: SentQuery): void {
    this.#pending.push(sent);
  }

  onSettled(sent: SentQuery, error: Error | undefined, result?: unknown): void {
    this.#pending.splice(this.#pending.indexOf(sent), 1);
    if (error === undefined) {
      if (endsTransaction(result, sent.query.string)) this.root.#endEarly();
      return;
    }
    this.#failure ??= error;
    // On workerd, where the driver owns the sockets, this is the first sign of a lost connection.
    if (this.tag !== undefined && isDriverLoss(error)) this.root.lose();
  }

  readonly #dispatch = (query: DriverQuery): void => {
    if (this.ended !== undefined) query.reject(this.ended());
    else if (this.#copies()) query.reject(copyRuns());
    // A query between the statements of a nested transaction would be rolled back with them.
    else if (this.#nested > 0) this.#turn.then(() => this.#dispatch(query));
    else this.#scope.pool.send(query, this.#handler!, this);
  };

  #runNested<T>(fn: TransactionCallback<T>, signal: AbortSignal | undefined): Promise<T> {
    const { tag } = this.parent!;
    const savepoint = `s${this.root.#savepoints++}`; // what the driver calls it
    this.#expect();
    return this.#unlessLost(tag!.savepoint((inner) => this.#call(inner, fn, signal, savepoint)));
  }

  /** Runs the callback. The driver commits when the promise resolves, and rolls back when it rejects. */
  #call<T>(
    tag: DriverTag,
    fn: TransactionCallback<T>,
    signal: AbortSignal | undefined,
    savepoint: string | undefined,
  ): Promise<T> {
    const { storage, createTag } = this.#scope;
    this.#expectedAt = NEVER;
    this.tag = tag;
    return new Promise((resolve, reject) => {
      const succeed = (value: T) => {
        // A list of queries, as the driver's `begin` accepts it.
        if (Array.isArray(value)) {
          return void Promise.all(value).then(
            (all) => this.#leave(tag, savepoint, () => resolve(all as T), reject),
            fail,
          );
        }
        this.#leave(tag, savepoint, () => resolve(value), reject);
      };
      const fail = (error: unknown) => {
        this.#thrown ??= { error };
        // A COPY that the callback will not end any more would be waited for until its deadline.
        for (const sent of [...this.#pending]) if (sent.isCopy) sent.cancel(error);
        this.#leave(undefined, undefined, () => reject(error), reject);
      };
      this.#fail = fail;
      if (signal !== undefined && this.#listenTo(signal)) return;
      try {
        const result = storage.run(this, fn, createTag(this));
        if (isThenable(result)) result.then(succeed, fail);
        else succeed(result);
      } catch (error) {
        fail(error);
      }
    });
  }

  /** Aborts when the signal does; returns whether it is aborted already. */
  #listenTo(signal: AbortSignal): boolean {
    const onAbort = () => this.abort(signal.reason);
    this.#stopListening = () => signal.removeEventListener("abort", onAbort);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    return signal.aborted;
  }

  /** Called when the callback has settled, with `tag` if it succeeded. Waits for the queries that it did not await. */
  #leave(
    tag: DriverTag | undefined,
    savepoint: string | undefined,
    settle: () => void,
    reject: (error: unknown) => void,
  ): void {
    if (this.#left) return;
    this.#left = true;
    const idle = this.#pending.length === 0 && this.#nested === 0;
    if (idle && savepoint === undefined) this.#settle(tag, settle, reject);
    else void this.#finish(tag, savepoint).then(() => this.#settle(tag, settle, reject));
  }

  async #finish(tag: DriverTag | undefined, savepoint: string | undefined): Promise<void> {
    // Their errors must be known before the commit.
    while (this.#pending.length > 0 || this.#nested > 0) {
      await Promise.all([...this.#pending.map((sent) => sent.ended()), this.#turn]);
    }
    if (tag === undefined || savepoint === undefined || this.#failure !== undefined || this.#lost) return;
    await this.#run(tag, `release savepoint ${savepoint}`);
  }

  #settle(tag: DriverTag | undefined, settle: () => void, reject: (error: unknown) => void): void {
    // The promise stays pending: the driver must not send `rollback` on its next connection.
    if (this.#lost) return;
    this.ended ??= finished;
    // The driver would commit, and the server roll back, after a failure that did not reject the query: of a COPY, whose
    // query has resolved with the stream, or of a cursor, whose iterator has rejected.
    const failure = tag === undefined ? undefined : this.#failure;
    this.#committing = tag !== undefined && failure === undefined && this.parent === undefined;
    this.#expect();
    if (failure === undefined) settle();
    else reject(failure);
  }

  /** Whether a COPY runs. Its connection takes no other query. */
  #copies(): boolean {
    return this.#pending.length > 0 && this.#pending.some((sent) => sent.isCopy);
  }

  /** Called when a statement of the callback has ended the transaction. */
  #endEarly(): void {
    const error = endedByStatement();
    this.#failure ??= error;
    this.abort(error);
  }

  #expect(): void {
    const { pool } = this.#scope;
    this.#expectedAt = pool.now;
    pool.watch();
  }

  /** Runs a statement of this class; its failure fails the transaction. */
  #run(tag: DriverTag, text: string): Promise<unknown> {
    const query = tag.unsafe(text);
    const { handler } = query;
    query.handler = () => this.#scope.pool.send(query, handler, this);
    return query.catch(() => {});
  }

  /** Settles as the driver's promise does, or when the connection is lost: then the driver's may stay pending. */
  #unlessLost<T>(work: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#reject = reject;
      work.then((value) => {
        this.#end();
        resolve(value);
      }, (error) => {
        this.#end();
        reject(this.#explain(error));
      });
    });
  }

  #end(): void {
    this.#expectedAt = NEVER;
    this.#stopListening?.();
    this.ended ??= finished;
    if (this.parent !== undefined) return;
    this.#scope.open.delete(this);
    this.#scope.pool.retireIdle();
  }

  #explain(error: unknown): unknown {
    // "current transaction is aborted": the error that aborted it says more.
    if (this.#failure !== undefined && codeOf(error) === "25P02") return this.#failure;
    if (this.#thrown?.error === error) return error;
    const known = toQueryError(error);
    if (!isConnectionLoss(known)) return known;
    if (this.#committing) return unknownOutcome(known);
    // Without its connection the transaction is rolled back all the same, for the reason that the callback gave.
    return this.#left && this.#thrown !== undefined ? this.#explain(this.#thrown.error) : known;
  }
}

const NEVER = Infinity;
const DONE: Promise<unknown> = Promise.resolve();

/** Whether `transaction` is `outer`, or nested in it. */
export function isWithin(transaction: Transaction | undefined, outer: Transaction): boolean {
  let at = transaction;
  while (at !== undefined && at !== outer) at = at.parent;
  return at === outer;
}

function isThenable<T>(value: Promise<T> | T): value is Promise<T> {
  return typeof (value as { then?: unknown } | undefined | null)?.then === "function";
}
