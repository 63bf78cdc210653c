import type { LoggerLike } from "../../logging/logger.ts";
import type { Metrics } from "../../metrics/create_metrics.ts";
import type { HeaderEntries } from "../bus/message_headers.ts";

/** Options of {@link createOutbox}. */
export interface OutboxOptions {
  /** Name of the service: the `source_service` of its events. */
  readonly service: string;
  /**
   * Name of the table.
   * @default "glam_outbox"
   */
  readonly table?: string | undefined;
  /**
   * Schema of the table.
   * @default the first of the search path that has it
   */
  readonly schema?: string | undefined;
  /**
   * After how many attempts, from 1, an event that its stream refuses is dead. Attempts that fail because the bus is away
   * do not count. An event that can never be stored, such as one that is too large, is dead after the first.
   * @default 10
   */
  readonly maxAttempts?: number | undefined;
  /**
   * Delays before the second attempt of such an event, the third, and so on, in milliseconds; the last one repeats. A
   * random jitter of up to a fifth is added.
   * @default [1000, 5000, 15000, 60000]
   */
  readonly backoffMs?: readonly number[] | undefined;
  /**
   * How many events the relay claims at a time, from 1 to 10,000.
   * @default 500
   */
  readonly batchSize?: number | undefined;
  /**
   * Longest pause between two polls of the relay in milliseconds, from 10. It bounds the delay of events whose notification
   * got lost.
   * @default 1000
   */
  readonly pollMs?: number | undefined;
  /**
   * How long sent events stay in the table, in milliseconds; 0 deletes them at once.
   * @default 3600000
   */
  readonly retentionMs?: number | undefined;
  /**
   * Size limit of an event with its headers, in bytes, from 1 to 64 MiB: `add` refuses a larger one. Set it where the
   * `max_payload` of the server is another and no relay runs in the process that adds.
   * @default the limit of the bus of a relay of this process, else 1048576
   */
  readonly maxMessageBytes?: number | undefined;
  /** Metrics, from `createMetrics`, that show the relay's numbers. */
  readonly metrics?: Metrics | undefined;
  /**
   * Logger for dead events and outages.
   * @default createLogger(service)
   */
  readonly logger?: LoggerLike | undefined;
}

/** Options of `Outbox.add`. */
export interface AddOptions {
  /**
   * Ordering key. Events of the same key are published one after another, in the order of their commits. Transactions that
   * add for the same key wait for each other until they commit.
   * @default the key of the event where its contract has partitions, else none
   */
  readonly key?: string | undefined;
  /**
   * Earliest time to publish it. Until then it delays no other event of its key; after that it takes its place among them.
   * @default at once
   */
  readonly availableAt?: Date | undefined;
  /**
   * Correlation id: 1 to 128 characters of `A-Z a-z 0-9 . _ : = + / -`.
   * @default that of the current request, else a new one
   */
  readonly correlationId?: string | undefined;
  /**
   * Identifies the event for deduplication: of all events of a subject with the same key, a stream stores the first one
   * within its duplicate window of two minutes.
   * @default the id of the event
   */
  readonly idempotencyKey?: string | undefined;
  /** The `metadata` of the event; has to be JSON. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** More headers. `Glam-Key`, names that start with `Nats-` or `Glam-Dlq-`, and line breaks are an error. */
  readonly headers?: HeaderEntries | Readonly<Record<string, string>> | undefined;
}

/** Options of `Outbox.relay`. */
export interface RelayOptions {
  /**
   * How long `stop()` continues to send due events, in milliseconds.
   * @default 3000
   */
  readonly graceMs?: number | undefined;
  /**
   * How long one attempt waits for the stream's acknowledgement, in milliseconds.
   * @default 5000
   */
  readonly ackTimeoutMs?: number | undefined;
  /**
   * Whether to create the fleet's streams, where they are missing, before the first event, and to add the domain of an event
   * that no stream covers to `GLAM_EVENTS`.
   * @default true
   */
  readonly ensureStreams?: boolean | undefined;
  /**
   * Whether to keep a connection that listens for notifications. Behind a pooler and on an embedded database there is none,
   * and the relay only polls.
   * @default true
   */
  readonly listen?: boolean | undefined;
  /**
   * From which age of the oldest pending event, in milliseconds, `health()` is degraded. A stream recognises a duplicate for
   * two minutes; an event that is sent again later is stored twice.
   * @default 60000
   */
  readonly degradedAfterMs?: number | undefined;
}
