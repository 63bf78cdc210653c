import { DatabaseError } from "../../errors/infrastructure.ts";
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
import type { Sql } from "../sql.ts";

/** What the transactions of one database share. */
export interface TransactionScope {
  readonly pool: Pool;
  /** The transaction of the current async context. */
  readonly storage: AsyncStorage<Transaction>;
  /** The outermost transactions that have begun. */
  readonly open: LinkedList<Transaction>;
  /** A tag whose queries go to `transaction`, or to the one nested in it that the caller is in. */
  createTag(transaction: Transaction): Sql;
}

/** The callback of a transaction. */
export type TransactionCallback<T> = (tx: Sql) => Promise<T> | T;

/** What the outermost transaction is run with. */
export interface RunOptions {
  /** How it begins, such as `isolation level serializable`. */
  readonly mode: string;
  /** Statements to begin with. */
  readonly prelude: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * One run of a transaction's callback, or of a nested one's, which is a savepoint.
 *
 * It stands between the callback and the driver: the driver would send what a callback still says after its connection
 * was lost on another connection, outside of any transaction; and it would report a commit that was none, where what
 * the callback left running fails.
 */
export class Transaction implements Linked<Transaction>, QueryOwner {
  previous: Transaction | undefined;
  next: Transaction | undefined;
  readonly parent: Transaction | undefined;
  readonly root: Transaction;
  /** The driver's tag, from the first statement on. */
  tag: DriverTag | undefined;
  /** The backend that it runs on. */
  key: string | undefined;
  /** Makes the error for who comes too late; `undefined` for as long as nobody does. */
  ended: (() => unknown) | undefined;

  readonly #scope: TransactionScope;
  /** Queries that were sent and are not settled. */
  readonly #pending: SentQuery[] = [];
  /** The pool's tick at which the driver was left to send a statement of its own, such as `commit`. */
  #expectedAt = NEVER;
  #handler: DriverQuery["handler"] | undefined;
  #child: Transaction | undefined;
  /** Nested transactions that run or wait, and the end of the last of them. */
  #nested = 0;
  #turn: Promise<unknown> = DONE;
  #savepoints = 0;
  /** The first failure of a statement; those that follow only say that the transaction has failed. */
  #failure: Error | undefined;
  #thrown: { readonly error: unknown } | undefined;
  #committing = false;
  #lost = false;
  #reject: ((error: unknown) => void) | undefined;
  #fail: ((error: unknown) => void) | undefined;
  #unheed: (() => void) | undefined;
  #left = false;

  constructor(scope: TransactionScope, parent?: Transaction) {
    this.#scope = scope;
    this.parent = parent;
    this.root = parent?.root ?? this;
    this.key = parent?.key;
  }

  /** Runs the outermost transaction. */
  run<T>(fn: TransactionCallback<T>, { mode, prelude, signal }: RunOptions): Promise<T> {
    const { pool, open } = this.#scope;
    return this.#unlessLost(pool.begin(mode, this, (tag, begin) => {
      if (begin?.state) {
        this.key = backendKey(begin.state.pid, begin.state.secret);
        open.add(this);
      }
      if (prelude !== undefined) this.#run(tag, prelude);
      return this.#call(tag, fn, signal, undefined);
    }));
  }

  /** Runs a nested transaction, after those that were asked for before. */
  nest<T>(fn: TransactionCallback<T>, signal: AbortSignal | undefined): Promise<T> {
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

  /** Takes over a query that the driver made with {@link Transaction.tag}. */
  adopt(query: DriverQuery): DriverQuery {
    this.#handler ??= query.handler;
    query.handler = this.#dispatch;
    return query;
  }

  /** Takes no further query, and rolls back. */
  abort(reason: unknown): void {
    if (this.#left) return;
    this.ended ??= () => reason;
    this.#child?.abort(reason);
    // Only the one that runs: of those behind it the driver would lose count.
    for (const { query } of this.#pending) if (query.active) query.cancel()?.catch(() => {});
    this.#fail?.(reason);
  }

  /** The connection is gone: nothing that was asked for will be answered, and nothing may be sent. */
  lose(): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#child?.lose();
    const error = connectionLost();
    this.ended ??= () => error;
    for (const sent of [...this.#pending]) sent.fail(error);
    this.#end();
    this.#reject?.(this.#committing ? unknownOutcome(error) : error);
  }

  /** Whether the driver has had its own statement to send since this tick or before. */
  isOverdue(tick: number): boolean {
    return this.#expectedAt <= tick || this.#child?.isOverdue(tick) === true;
  }

  onSent(sent: SentQuery): void {
    this.#pending.push(sent);
  }

  onSettled(sent: SentQuery, error: Error | undefined): void {
    this.#pending.splice(this.#pending.indexOf(sent), 1);
    if (error === undefined) return;
    this.#failure ??= error;
    // Where sockets are not ours, this is the first that is heard of it.
    if (this.tag !== undefined && isDriverLoss(error)) this.root.lose();
  }

  readonly #dispatch = (query: DriverQuery): void => {
    if (this.ended !== undefined) query.reject(this.ended());
    // Between the statements of a nested transaction it would be rolled back with them.
    else if (this.#nested > 0) this.#turn.then(() => this.#dispatch(query));
    else this.#scope.pool.send(query, this.#handler!, this);
  };

  #runNested<T>(fn: TransactionCallback<T>, signal: AbortSignal | undefined): Promise<T> {
    const { tag } = this.parent!;
    const savepoint = `s${this.root.#savepoints++}`; // what the driver calls it
    this.#expect();
    return this.#unlessLost(tag!.savepoint((inner) => this.#call(inner, fn, signal, savepoint)));
  }

  /** LazyOperations the callback. The driver commits when the promise resolves, and rolls back when it rejects. */
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
        // Of queries, as the driver's `begin` takes it.
        if (Array.isArray(value)) {
          return void Promise.all(value).then(
            (all) => this.#leave(tag, savepoint, () => resolve(all as T)),
            fail,
          );
        }
        this.#leave(tag, savepoint, () => resolve(value));
      };
      const fail = (error: unknown) => {
        this.#thrown ??= { error };
        this.#leave(undefined, undefined, () => reject(error));
      };
      this.#fail = fail;
      if (signal !== undefined && this.#heed(signal)) return;
      try {
        const result = storage.run(this, fn, createTag(this));
        if (isThenable(result)) result.then(succeed, fail);
        else succeed(result);
      } catch (error) {
        fail(error);
      }
    });
  }

  /** Aborts with the signal; gives whether it is aborted already. */
  #heed(signal: AbortSignal): boolean {
    const onAbort = () => this.abort(signal.reason);
    this.#unheed = () => signal.removeEventListener("abort", onAbort);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    return signal.aborted;
  }

  /** The callback is through; with `tag` it has succeeded. What it left running comes first. */
  #leave(tag: DriverTag | undefined, savepoint: string | undefined, settle: () => void): void {
    if (this.#left) return;
    this.#left = true;
    const idle = this.#pending.length === 0 && this.#nested === 0;
    if (idle && savepoint === undefined) this.#settle(tag, settle);
    else void this.#finish(tag, savepoint).then(() => this.#settle(tag, settle));
  }

  async #finish(tag: DriverTag | undefined, savepoint: string | undefined): Promise<void> {
    // A failure has to be known before the commit.
    while (this.#pending.length > 0 || this.#nested > 0) {
      await Promise.allSettled([...this.#pending.map(({ query }) => query), this.#turn]);
    }
    if (tag === undefined || savepoint === undefined || this.#failure !== undefined || this.#lost) return;
    await this.#run(tag, `release savepoint ${savepoint}`);
  }

  #settle(tag: DriverTag | undefined, settle: () => void): void {
    // Then the promise stays pending: the driver must not say `rollback` on the connection that comes next.
    if (this.#lost) return;
    this.ended ??= finished;
    this.#committing = tag !== undefined && this.parent === undefined;
    this.#expect();
    settle();
  }

  #expect(): void {
    const { pool } = this.#scope;
    this.#expectedAt = pool.now;
    pool.watch();
  }

  /** Runs a statement of our own; its failure fails the transaction. */
  #run(tag: DriverTag, text: string): Promise<unknown> {
    const query = tag.unsafe(text);
    const { handler } = query;
    query.handler = () => this.#scope.pool.send(query, handler, this);
    return query.catch(() => {});
  }

  /** What the driver makes of the callback, unless the connection is lost first: then the driver may never say so. */
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
    this.#unheed?.();
    this.ended ??= finished;
    if (this.parent === undefined) this.#scope.open.delete(this);
  }

  #explain(error: unknown): unknown {
    // "The current transaction is aborted": what aborted it says more.
    if (this.#failure !== undefined && codeOf(error) === "25P02") return this.#failure;
    if (this.#thrown?.error === error) return error;
    const known = toQueryError(error);
    return this.#committing && isConnectionLoss(known) ? unknownOutcome(known) : known;
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

function finished(): DatabaseError {
  return new DatabaseError("Cannot use a transaction that is finished", { status: 500, retryable: false });
}

function unknownOutcome(cause: Error): DatabaseError {
  return new DatabaseError(
    "Database connection failed during the commit: the transaction may be committed or not",
    {
      cause,
      retryable: false,
      errorCode: "08007", // transaction_resolution_unknown
    },
  );
}
