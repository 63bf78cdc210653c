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
   * The schema that it is in.
   * @default the one in which the connection looks up names
   */
  readonly schema?: string | undefined;
  /**
   * How long it is remembered that an event was handled, in milliseconds, from 1. For so long a copy of the event has no
   * effect, wherever it comes from.
   *
   * The default is longer than any copy lives: 24 hours in the stream of events, 168 as a dead letter, 24 more when that
   * is redriven, and a day to spare. Take more where streams keep messages longer.
   * @default 864000000, ten days
   */
  readonly retentionMs?: number | undefined;
  /**
   * How often a running listener looks for rows that are older than that, in milliseconds, from 1000.
   * @default 60000
   */
  readonly cleanUpEveryMs?: number | undefined;
  /**
   * Isolation level of the transactions.
   * @default the server's, `read committed` unless configured otherwise
   */
  readonly isolation?: IsolationLevel | undefined;
  /**
   * How often a handler is run again, at most, in one attempt: after a serialization failure or a deadlock.
   * @default 3
   */
  readonly retries?: number | undefined;
}

/** What is to happen once. */
export interface InboxEntry {
  /** Who handles it: a listener gives the name of its durable consumer. */
  readonly consumer: string;
  /** What identifies it for that consumer: of an event its idempotency key, else its `event_id`. */
  readonly key: string;
}

/** What {@link Inbox.once} gives. */
export type InboxResult<T> =
  | { readonly duplicate: false; readonly value: T }
  | { readonly duplicate: true; readonly value?: undefined };

/** Options of {@link Inbox.once}. */
export interface InboxOnceOptions {
  /** Rolls back, and rejects with its reason, when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@link Inbox.cleanUp}. */
export interface InboxCleanUpOptions {
  /** Ends the work after the batch at hand when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/** What was handled, kept in the database that the handlers write to, so that both are one transaction. */
export interface Inbox {
  /** The table, for a list of tables that migrations are made from. */
  readonly table: Table;
  /** How often a running listener calls {@link Inbox.cleanUp}, in milliseconds. */
  readonly cleanUpEveryMs: number;
  /**
   * Runs `work` in a transaction that also marks the entry as done, unless it was done before.
   *
   * Of two that come at once, the second one waits until the first has ended: then it is a duplicate, or runs where the
   * first was rolled back. After a serialization failure or a deadlock `work` runs again, in another transaction; so
   * what it does beside the database may happen several times. Within another transaction it is a part of that.
   *
   * A listener that was given the inbox calls this for each event. Call it yourself for what comes on other ways, such
   * as webhooks.
   *
   * @throws what `work` throws, and what {@link Database.transaction} does.
   */
  once<T>(
    entry: InboxEntry,
    work: (tx: Sql) => Promise<T> | T,
    options?: InboxOnceOptions,
  ): Promise<InboxResult<T>>;
  /** Resolves when the database answers and has the table. @throws {ConfigError} when it has not. */
  ping(): Promise<void>;
  /**
   * Deletes what is older than the retention, in batches; gives how many rows that were. While another process is at
   * it, nothing is left to do here.
   */
  cleanUp(options?: InboxCleanUpOptions): Promise<number>;
  /**
   * Makes the table where it is absent: for a service without migrations. Several processes may call it at once.
   * Changes nothing of a table that is there.
   */
  ensureTable(): Promise<void>;
}
