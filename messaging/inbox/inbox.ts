import type { IsolationLevel } from "../../db/database.ts";
import type { Sql } from "../../db/sql.ts";
import type { Table } from "../../db/table/table.ts";

/** Options of {@link createInbox}. */
export interface InboxOptions {
  /**
   * Name of the table.
   * @default "glam_inbox"
   */
  readonly table?: string | undefined;
  /**
   * Schema of the table.
   * @default the first schema of the connection's `search_path`
   */
  readonly schema?: string | undefined;
  /**
   * How long an event is remembered as handled, in milliseconds, from 1. During that time another copy of the event has no
   * effect.
   *
   * The default exceeds the life of any copy: 24 hours in the stream of events, 168 as a dead letter, 24 after a redrive, and
   * 24 to spare. Set more where the streams keep messages longer.
   * @default 864000000 (ten days)
   */
  readonly retentionMs?: number | undefined;
  /**
   * How often a running listener deletes rows that are older than `retentionMs`, in milliseconds, from 1000.
   * @default 60000
   */
  readonly cleanUpEveryMs?: number | undefined;
  /**
   * Whether to refuse an event that is older than the last one of its key that was handled: a second table has the newest
   * position of each key. For events with partitions; others have no order that a fence could keep. See
   * `docs/partitions.md`.
   * @default false
   */
  readonly fence?: boolean | undefined;
  /**
   * Isolation level of the transactions.
   * @default the default of the server, usually `read committed`
   */
  readonly isolation?: IsolationLevel | undefined;
  /**
   * How often a handler is run again within one attempt, at most, after a serialization failure or a deadlock.
   * @default 3
   */
  readonly retries?: number | undefined;
}

/** Identifies work that is to happen once. */
export interface InboxEntry {
  /** Who does the work; a listener passes the name of its durable consumer. */
  readonly consumer: string;
  /** Key of the work for that consumer; of an event, its idempotency key, else its `event_id`. */
  readonly key: string;
  /** Position of the work among others that are to be done in order; regarded by an inbox with `fence: true`. */
  readonly fence?: InboxFence | undefined;
}

/** Position of an event among those of its key. */
export interface InboxFence {
  /** What is to be done in order, such as the key of an event with partitions. */
  readonly key: string;
  /** Stream of the event. */
  readonly stream: string;
  /** Sequence in that stream. */
  readonly sequence: number;
  /** When the stream stored it, in milliseconds since 1970. */
  readonly storedAt: number;
}

/** Result of {@link Inbox.once}. */
export type InboxResult<T> =
  | { readonly duplicate: false; readonly value: T }
  | { readonly duplicate: true; readonly value?: undefined };

/** Options of {@link Inbox.once}. */
export interface InboxOnceOptions {
  /** When it aborts, the transaction is rolled back, and the call rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@link Inbox.cleanUp}. */
export interface InboxCleanUpOptions {
  /** When it aborts, the clean-up ends after the current batch. */
  readonly signal?: AbortSignal | undefined;
}

/** A record of handled events, in the database that the handlers write to, so that both share a transaction. */
export interface Inbox {
  /** The table, for the list of tables that migrations are generated from. */
  readonly table: Table;
  /** The table of the fences, for the same list; there with `fence: true`. */
  readonly fenceTable?: Table | undefined;
  /** How often a running listener calls {@link Inbox.cleanUp}, in milliseconds. */
  readonly cleanUpEveryMs: number;
  /**
   * Runs `work` in a transaction that also records the entry, unless the entry is recorded already.
   *
   * Of two concurrent calls for one entry, the second waits for the first: it is a duplicate after a commit, and runs after a
   * rollback. After a serialization failure or a deadlock `work` runs again in another transaction, so its effects outside of
   * the database may happen several times. Inside of an open transaction, the call joins it.
   *
   * A listener with this inbox calls it for each event. Call it directly for other sources, such as webhooks.
   *
   * @throws {ConflictError} with the code `STALE_EVENT`, before `work`, when a newer event of the key of its `fence` was handled.
   * @throws what `work` and {@link Database.transaction} throw.
   */
  once<T>(
    entry: InboxEntry,
    work: (tx: Sql) => Promise<T> | T,
    options?: InboxOnceOptions,
  ): Promise<InboxResult<T>>;
  /**
   * Resolves when the database answers and has the table, and that of the fences.
   *
   * @throws {ConfigError} when the table is missing.
   */
  ping(): Promise<void>;
  /**
   * Deletes rows that are older than `retentionMs`, in batches. Resolves to their number; to 0 while another process does
   * the same.
   */
  cleanUp(options?: InboxCleanUpOptions): Promise<number>;
  /**
   * Creates the table, and that of the fences, where it is absent, for a service without migrations. Several processes may call it at once. A table
   * that exists is not changed.
   */
  ensureTable(): Promise<void>;
}
