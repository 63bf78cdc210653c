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
   * Whether the transaction only reads.
   * @default false
   */
  readonly readOnly?: boolean | undefined;
  /**
   * How often the whole callback is run again after a serialization failure or a deadlock.
   * @default 3
   */
  readonly retries?: number | undefined;
  /** Ends the transaction, and rolls it back, when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/** Whether the database answers. */
export interface DatabaseHealth {
  /** Whether it answered in time. */
  readonly status: "healthy" | "unhealthy";
  /** How long the answer took, in milliseconds. */
  readonly latency_ms: number;
}

/** A connection pool. */
export interface Database extends AsyncDisposable {
  /** The postgres.js tag. Within a transaction's callback it joins the transaction. */
  readonly sql: Sql;
  /** Runs `fn` in a transaction; a nested one is a savepoint. */
  transaction<T>(fn: (tx: Sql) => Promise<T> | T, options?: TransactionOptions): Promise<T>;
  /** Resolves when the database answers. */
  ping(): Promise<void>;
  /** Whether the database answers, in bounded time; never rejects. */
  health(): Promise<DatabaseHealth>;
  /** Creates a schema where it does not exist yet. */
  ensureSchema(name: string): Promise<void>;
  /** Waits for the queries that run, for at most some seconds, and closes every connection. */
  close(): Promise<void>;
}
