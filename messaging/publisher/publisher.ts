import type { EventContract } from "../contract/define_event.ts";
import type { HeaderEntries } from "../bus/message_headers.ts";
import type { LoggerLike } from "../../logging/logger.ts";
import type { Metrics } from "../../metrics/create_metrics.ts";

/** Options of `createPublisher`. */
export interface PublisherOptions {
  /** Name of the service, without white space, dots and wildcards: the `source_service` of its events. */
  readonly service: string;
  /**
   * Time limit of one event in milliseconds, over all attempts and the pauses between them.
   * @default 15000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * How long one attempt waits for the acknowledgement of the stream, in milliseconds.
   * @default 5000
   */
  readonly ackTimeoutMs?: number | undefined;
  /**
   * Whether to create the streams of the fleet, where they are absent, before the first event, and to add the domain of an
   * event that no stream covers to `GLAM_EVENTS`.
   * @default true
   */
  readonly ensureStreams?: boolean | undefined;
  /** The result of `createMetrics`, which exposes the numbers of the publisher. */
  readonly metrics?: Metrics | undefined;
  /**
   * Logs failed attempts as warnings.
   * @default no log
   */
  readonly logger?: LoggerLike | undefined;
}

/** Options of one event. */
export interface PublishEventOptions {
  /**
   * Correlation id of the event.
   * @default the one of the current request, else a new one
   */
  readonly correlationId?: string | undefined;
  /**
   * Identifies the fact that the event reports. Within the duplicate window of the stream (two minutes), it stores the first of
   * all events of a subject with the same key.
   * @default the id of the event
   */
  readonly idempotencyKey?: string | undefined;
  /**
   * Id of the event. Pass the id of an earlier call to repeat it after an unknown outcome.
   * @default a new UUID
   */
  readonly eventId?: string | undefined;
  /** The `metadata` of the event; must be serializable as JSON. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** More headers. Line breaks, `Glam-Key`, and names that start with `Nats-` or `Glam-Dlq-`, are refused. */
  readonly headers?: HeaderEntries | Readonly<Record<string, string>> | undefined;
  /**
   * Time limit in milliseconds, over all attempts and the pauses between them.
   * @default `timeoutMs` of the publisher
   */
  readonly timeoutMs?: number | undefined;
}

/** Options of `Publisher.publishMany`. */
export interface PublishManyOptions<Input> extends Omit<PublishEventOptions, "eventId" | "idempotencyKey"> {
  /**
   * How many events wait for their acknowledgement at a time, from 1.
   * @default 256
   */
  readonly inFlight?: number | undefined;
  /** Returns the idempotency key of each event, so that a batch which failed half way can be published again. */
  readonly idempotencyKeyOf?: ((data: Input, index: number) => string) | undefined;
}

/** An event that a stream has stored. */
export interface PublishedEvent {
  /** Id of the event. */
  readonly eventId: string;
  /** The stream that stored it. */
  readonly stream: string;
  /** Sequence in that stream; for a duplicate, the sequence of the first. */
  readonly seq: number;
  /** Whether the stream had an event with this idempotency key already, and stored nothing. */
  readonly duplicate: boolean;
}

/** Publishes events and commands of one service. */
export interface Publisher {
  /**
   * Publishes one event, and resolves when a stream has stored it. A failed attempt is repeated with the same message id, so
   * that the event is stored once, until `timeoutMs` has passed; for at most 5 seconds where the stream is gone that the
   * subject had.
   *
   * @throws {ContractError} when the data break the contract, or have no key where the event has partitions; nothing is sent.
   * @throws {TypeError} when a header is not allowed, or the data cannot be written as JSON.
   * @throws {MessageBusError} with kind `timeout` or `unavailable` when it is unknown whether the event was stored; with
   * `no_stream`, `stream_full`, `too_large` or `refused` when it was not stored.
   */
  publish<Data, Input>(
    event: EventContract<Data, Input>,
    data: Input,
    options?: PublishEventOptions,
  ): Promise<PublishedEvent>;
  /**
   * Publishes many events, at most `inFlight` at a time. Resolves to one result for each, in the order of `data`. After a
   * failure it takes no more items, waits for those under way, and rejects with the failure.
   */
  publishMany<Data, Input>(
    event: EventContract<Data, Input>,
    data: AsyncIterable<Input> | Iterable<Input>,
    options?: PublishManyOptions<Input>,
  ): Promise<PublishedEvent[]>;
}
