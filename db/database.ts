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
   * Whether the transaction only reads. Then it is also run again when its connection was lost. A nested transaction
   * cannot set it.
   * @default false
   */
  readonly readOnly?: boolean | undefined;
  /**
   * How often the whole callback is run again, at most, after a serialization failure or a deadlock; of a nested
   * transaction the outermost one decides.
   * @default 3
   */
  readonly retries?: number | undefined;
  /** Cancels the statement that runs, rolls back, and rejects with the signal's reason, when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/** Whether the database answers. */
export interface DatabaseHealth {
  /** Whether it answered in time. */
  readonly status: "healthy" | "unhealthy";
  /** How long the answer took, in milliseconds. */
  readonly latency_ms: number;
}

/**
 * A connection pool. Whatever it rejects with is an error of this package: the original, without what it holds of data,
 * is the cause.
 */
export interface Database extends AsyncDisposable {
  /**
   * The postgres.js tag: every `${}` is a parameter, an identifier or a fragment. In the async context of a
   * transaction's callback its queries join the transaction, those of other functions that are called there included.
   */
  readonly sql: Sql;
  /**
   * Runs `fn` in a transaction, and commits when it resolves. Within another one's callback it is a savepoint, and
   * waits until the nested ones before it are done.
   *
   * The callback may run several times, so it must not do by itself what cannot be undone. What it leaves running is
   * waited for; a failed statement fails the transaction even where its error was caught, unless it was in a nested
   * transaction. When it has ended, every use of its tag or context rejects.
   *
   * @throws {ConflictError} when it conflicted with others in every run.
   * @throws {DatabaseError} when the connection was lost; `retryable` unless that was during the commit, when nobody
   * knows whether it happened.
   */
  transaction<T>(fn: (tx: Sql) => Promise<T> | T, options?: TransactionOptions): Promise<T>;
  /** Resolves when the database answers. */
  ping(): Promise<void>;
  /** Whether the database answers within 2 seconds; never rejects. */
  health(): Promise<DatabaseHealth>;
  /** Creates a schema where it does not exist yet. The name is taken literally. */
  ensureSchema(name: string): Promise<void>;
  /**
   * Takes no new query, waits for those that run for at most `closeTimeoutMs`, cancels what is left and closes every
   * connection.
   */
  close(): Promise<void>;
}
