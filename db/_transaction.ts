import { DatabaseError } from "../errors/infrastructure.ts";
import type { DriverQuery, DriverTag } from "./_driver.ts";
import type { AsyncStorage } from "./_node.ts";
import type { Pool, QueryOwner } from "./_pool.ts";
import { codeOf, connectionLost, isConnectionLoss, toQueryError } from "./_query_error.ts";
import { backendKey } from "./_startup.ts";
import type { Sql } from "./sql.ts";

/** What the transactions of one database share. */
export interface TransactionScope {
  readonly pool: Pool;
  /** The transaction of the current async context. */
  readonly storage: AsyncStorage<Transaction>;
  /** The outermost transactions, by the backend that they run on. */
  readonly byKey: Map<string, Transaction>;
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
export class Transaction implements QueryOwner {
  readonly parent: Transaction | undefined;
  readonly root: Transaction;
  /** The driver's tag, from the first statement on. */
  tag: DriverTag | undefined;
  /** Why no further query may come. */
  ended: Error | undefined;

  readonly #scope: TransactionScope;
  readonly #pending = new Set<DriverQuery>();
  #key: string | undefined;
  #handler: DriverQuery["handler"] | undefined;
  #child: Transaction | undefined;
  /** Nested transactions that run or wait, and the end of the last of them. */
  #nested = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #savepoints = 0;
  /** The first failure of a statement; those that follow only say that the transaction has failed. */
  #failure: Error | undefined;
  #thrown: { readonly error: unknown } | undefined;
  #committing = false;
  #lost = false;
  #reject: ((error: unknown) => void) | undefined;
  #abort: ((reason: unknown) => void) | undefined;

  constructor(scope: TransactionScope, parent?: Transaction) {
    this.#scope = scope;
    this.parent = parent;
    this.root = parent?.root ?? this;
  }

  /** Runs the outermost transaction. */
  async run<T>(fn: TransactionCallback<T>, { mode, prelude, signal }: RunOptions): Promise<T> {
    const { pool, byKey } = this.#scope;
    try {
      return await this.#unlessLost(pool.begin(mode, this, (tag, begin) => {
        if (begin?.state) byKey.set(this.#key = backendKey(begin.state.pid, begin.state.secret), this);
        if (prelude !== undefined) this.#run(tag, prelude);
        return this.#call(tag, fn, signal);
      }));
    } finally {
      if (this.#key !== undefined) byKey.delete(this.#key);
    }
  }

  /** Runs a nested transaction, after those that were asked for before. */
  nest<T>(fn: TransactionCallback<T>, signal: AbortSignal | undefined): Promise<T> {
    this.#nested++;
    const result = this.#turn.then(async () => {
      if (this.ended !== undefined) throw this.ended;
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
    this.#abort?.(reason);
  }

  /** The connection is gone: nothing that was asked for will be answered, and nothing may be sent. */
  lose(): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#child?.lose();
    const error = connectionLost();
    this.ended ??= error;
    for (const query of [...this.#pending]) query.reject(error);
    this.#reject?.(this.#committing ? unknownOutcome(error) : error);
  }

  onSent(query: DriverQuery): void {
    this.#pending.add(query);
  }

  onSettled(query: DriverQuery, error: Error | undefined): void {
    this.#pending.delete(query);
    if (error === undefined) return;
    this.#failure ??= error;
    // Where sockets are not ours, this is the first that is heard of it.
    if (this.tag !== undefined && isConnectionLoss(error)) this.root.lose();
  }

  readonly #dispatch = (query: DriverQuery): void => {
    if (this.ended !== undefined) query.reject(this.ended);
    // Between the statements of a nested transaction it would be rolled back with them.
    else if (this.#nested > 0) this.#turn.then(() => this.#dispatch(query));
    else this.#scope.pool.send(query, this.#handler!, this);
  };

  async #runNested<T>(fn: TransactionCallback<T>, signal: AbortSignal | undefined): Promise<T> {
    const { pool } = this.#scope;
    const { tag } = this.parent!;
    const savepoint = `s${this.root.#savepoints++}`; // what the driver calls it
    pool.expect(this, this.root.#key);
    return await this.#unlessLost(tag!.savepoint((inner) => this.#call(inner, fn, signal, savepoint)));
  }

  /** Calls the callback. The driver commits when the promise resolves, and rolls back when it rejects. */
  #call<T>(tag: DriverTag, fn: TransactionCallback<T>, signal?: AbortSignal, savepoint?: string): Promise<T> {
    const { pool, storage, createTag } = this.#scope;
    pool.got(this);
    this.tag = tag;
    return new Promise((resolve, reject) => {
      let left = false;
      const leave = async (succeeded: boolean, settle: () => void) => {
        if (left) return;
        left = true;
        signal?.removeEventListener("abort", onAbort);
        if (this.#pending.size > 0 || this.#nested > 0) await this.#drain();
        if (succeeded && savepoint !== undefined && this.#failure === undefined && !this.#lost) {
          await this.#run(tag, `release savepoint ${savepoint}`);
        }
        // Then the promise stays pending: the driver must not say `rollback` on the connection that comes next.
        if (this.#lost) return;
        this.ended ??= finished();
        this.#committing = succeeded && this.parent === undefined;
        pool.expect(this, this.root.#key);
        settle();
      };
      const fail = (error: unknown) => {
        this.#thrown ??= { error };
        void leave(false, () => reject(error));
      };
      this.#abort = (reason) => {
        this.ended ??= reason instanceof Error ? reason : new DatabaseError("The transaction was aborted");
        this.#child?.abort(reason);
        // Only the one that runs: of those behind it the driver would lose count.
        for (const query of this.#pending) if (query.active) query.cancel()?.catch(() => {});
        fail(reason);
      };
      const onAbort = () => this.abort(signal!.reason);
      if (signal?.aborted) return onAbort();
      signal?.addEventListener("abort", onAbort, { once: true });
      storage.run(this, () => callAsync(fn, createTag(this)))
        .then((value) => leave(true, () => resolve(value)), fail);
    });
  }

  /** Waits for what the callback left running: its failure has to be known before the commit. */
  async #drain(): Promise<void> {
    while (this.#pending.size > 0 || this.#nested > 0) {
      await Promise.allSettled([...this.#pending, this.#turn]);
    }
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
      work.then(resolve, (error) => reject(this.#explain(error)));
    }).finally(() => {
      this.#scope.pool.got(this);
      this.ended ??= finished();
    });
  }

  #explain(error: unknown): unknown {
    // "The current transaction is aborted": what aborted it says more.
    if (this.#failure !== undefined && codeOf(error) === "25P02") return this.#failure;
    if (this.#thrown?.error === error) return error;
    const known = toQueryError(error);
    return this.#committing && isConnectionLoss(known) ? unknownOutcome(known) : known;
  }
}

/** Whether `transaction` is `outer`, or nested in it. */
export function isWithin(transaction: Transaction | undefined, outer: Transaction): boolean {
  let at = transaction;
  while (at !== undefined && at !== outer) at = at.parent;
  return at === outer;
}

async function callAsync<T>(fn: TransactionCallback<T>, tx: Sql): Promise<T> {
  const result = await fn(tx);
  return Array.isArray(result) ? await Promise.all(result) as T : result; // of queries, as the driver's `begin` takes it
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
