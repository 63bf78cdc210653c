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
   * How often to try an event that its stream refuses, from 1, before it is dead. Attempts that fail because the bus is
   * away do not count.
   * @default 10
   */
  readonly maxAttempts?: number | undefined;
  /**
   * Milliseconds before the second attempt of such an event, before the third, and so on; the last one repeats. A jitter
   * makes each up to a fifth longer, never shorter.
   * @default [1000, 5000, 15000, 60000]
   */
  readonly backoffMs?: readonly number[] | undefined;
  /**
   * How many events the relay takes at a time, from 1 to 10,000.
   * @default 500
   */
  readonly batchSize?: number | undefined;
  /**
   * How long the relay waits, at most, before it looks again, from 10: what nothing has woken it for goes out after that.
   * @default 1000
   */
  readonly pollMs?: number | undefined;
  /**
   * How long events that were sent stay in the table; with 0 they are deleted as they are sent.
   * @default 3600000
   */
  readonly retentionMs?: number | undefined;
  /** Where the relay's numbers are shown: the metrics that `createMetrics` made. */
  readonly metrics?: Metrics | undefined;
  /**
   * Where lines about dead events and outages go.
   * @default createLogger(service)
   */
  readonly logger?: LoggerLike | undefined;
}

/** Options of `Outbox.add`. */
export interface AddOptions {
  /**
   * Gives the event a key: events with one key are published one after another, in the order in which their
   * transactions were committed. Transactions that add for one key take turns until they commit.
   */
  readonly key?: string | undefined;
  /**
   * Not before then. A delayed event takes its place among the events of its key when it is due; until then it holds up none of them.
   * @default at once
   */
  readonly availableAt?: Date | undefined;
  /**
   * The business operation that it belongs to.
   * @default that of the current request, else a new one
   */
  readonly correlationId?: string | undefined;
  /**
   * Names the fact: of all events of this subject with one key the stream stores the first, for as long as it remembers
   * (two minutes).
   * @default the id of the event
   */
  readonly idempotencyKey?: string | undefined;
  /** Whatever else there is to say, as JSON. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** More headers. Names that start with `Nats-`, and line breaks, are refused. */
  readonly headers?: HeaderEntries | Readonly<Record<string, string>> | undefined;
}

/** Options of `Outbox.relay`. */
export interface RelayOptions {
  /**
   * How long `stop()` goes on to send what is due.
   * @default 3000
   */
  readonly graceMs?: number | undefined;
  /**
   * How long one attempt waits for the stream's acknowledgement.
   * @default 5000
   */
  readonly ackTimeoutMs?: number | undefined;
  /**
   * Whether the streams of the fleet are ensured before the first event.
   * @default true
   */
  readonly ensureStreams?: boolean | undefined;
  /**
   * Whether to hold a connection on which the database wakes the relay. Where that is not possible, behind a pooler and
   * on an embedded database, it only polls.
   * @default true
   */
  readonly listen?: boolean | undefined;
  /**
   * From which age of the oldest event on `health()` is degraded. A stream remembers an event for two minutes: what is
   * sent again after that is stored twice.
   * @default 60000
   */
  readonly degradedAfterMs?: number | undefined;
}
