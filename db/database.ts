import type { Sql } from "./sql.ts";

/** The isolation levels of PostgreSQL. */
export type IsolationLevel = "read committed" | "repeatable read" | "serializable";

/** Options of {@link Database.transaction}. */
export interface TransactionOptions {
  /**
   * Isolation level; a nested transaction cannot set one.
   * @default the server's, `read committed` unless configured otherwise
   */
  readonly isolation?: IsolationLevel | undefined;
  /**
   * Whether the transaction is read-only. A read-only transaction is also run again when its connection was lost. A
   * nested transaction cannot set this.
   * @default false
   */
  readonly readOnly?: boolean | undefined;
  /**
   * How many times the whole callback is run again, at most, after a serialization failure or a deadlock. In a nested
   * transaction the value of the outermost one applies.
   * @default 3
   */
  readonly retries?: number | undefined;
  /** When it aborts, the running statement is cancelled and the transaction rolls back and rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The result of a health check. */
export interface DatabaseHealth {
  /** Whether it answered in time, and accepts writes if it has refused one. */
  readonly status: "healthy" | "unhealthy";
  /** How long the answer took, in milliseconds. */
  readonly latency_ms: number;
  /** Why it is unhealthy; left out when it is healthy. For logs and operators: holds host names, and no secrets. */
  readonly reasons?: readonly string[] | undefined;
}

/**
 * A connection pool. It rejects with errors of this package only; the driver's error is the `cause`, and its fields that
 * can hold data of a row are not enumerable.
 */
export interface Database extends AsyncDisposable {
  /**
   * The postgres.js tag: every `${}` is a parameter, an identifier or a fragment. In the async context of a
   * transaction's callback its queries join the transaction, also in functions that the callback calls.
   */
  readonly sql: Sql;
  /**
   * Runs `fn` in a transaction, and commits when it resolves. Inside the callback of another transaction it is a
   * savepoint; nested transactions that start at the same time run one after the other.
   *
   * The callback may run several times, so it must not have effects outside of the database. The commit waits for
   * queries that the callback did not await. A failed statement fails the transaction even when its error was caught,
   * unless it ran in a nested transaction. After the end every use of the tag or of its async context rejects.
   *
   * @throws {ConflictError} when every run ended in a serialization failure or a deadlock.
   * @throws {DatabaseError} when the connection was lost. It is `retryable`, except during the commit: then the
   * transaction may have been committed or not, and `errorCode` is `08007`.
   */
  transaction<T>(fn: (tx: Sql) => Promise<T> | T, options?: TransactionOptions): Promise<T>;
  /** Resolves when the database answers. */
  ping(): Promise<void>;
  /**
   * Checks whether the database answers within 2 seconds. After a write was refused because the server is read-only, it
   * is unhealthy until a server accepts writes. Never rejects.
   */
  health(): Promise<DatabaseHealth>;
  /** Creates a schema unless it exists. The name is quoted, so it is case-sensitive. */
  ensureSchema(name: string): Promise<void>;
  /**
   * Refuses new queries, waits up to `closeTimeoutMs` for running ones, cancels the rest and closes every connection.
   */
  close(): Promise<void>;
}
