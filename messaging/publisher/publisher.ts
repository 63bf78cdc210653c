import type { EventContract } from "../contract/define_event.ts";
import type { HeaderEntries } from "../bus/message_headers.ts";
import type { LoggerLike } from "../../logging/logger.ts";
import type { Metrics } from "../../metrics/create_metrics.ts";

/** Options of `createPublisher`. */
export interface PublisherOptions {
  /** Name of the service: the `source_service` of its events. */
  readonly service: string;
  /**
   * How long one event may take, attempts and pauses included.
   * @default 15000
   */
  readonly timeoutMs?: number | undefined;
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
  /** Where the publisher's numbers are shown: the metrics that `createMetrics` made. */
  readonly metrics?: Metrics | undefined;
  /**
   * Where attempts that failed are written.
   * @default nowhere
   */
  readonly logger?: LoggerLike | undefined;
}

/** Options of one event. */
export interface PublishEventOptions {
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
  /**
   * Id of the event; give it the same to publish an event again whose outcome is not known.
   * @default a new UUID
   */
  readonly eventId?: string | undefined;
  /** Whatever else there is to say, as JSON. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** More headers. Names that start with `Nats-`, and line breaks, are refused. */
  readonly headers?: HeaderEntries | Readonly<Record<string, string>> | undefined;
  /**
   * How long it may take, attempts and pauses included.
   * @default `timeoutMs` of the publisher
   */
  readonly timeoutMs?: number | undefined;
}

/** Options of `Publisher.publishMany`. */
export interface PublishManyOptions<Input> extends Omit<PublishEventOptions, "eventId" | "idempotencyKey"> {
  /**
   * How many events wait for their acknowledgement at a time.
   * @default 256
   */
  readonly inFlight?: number | undefined;
  /** The idempotency key of each event; with it, a batch that failed half way can be published again. */
  readonly idempotencyKeyOf?: ((data: Input, index: number) => string) | undefined;
}

/** An event that a stream has stored. */
export interface PublishedEvent {
  /** Id of the event. */
  readonly eventId: string;
  /** The stream that stored it. */
  readonly stream: string;
  /** Its sequence there; of a duplicate, that of the first. */
  readonly seq: number;
  /** Whether an event with its idempotency key was there already, so that nothing was stored. */
  readonly duplicate: boolean;
}

/** Publishes events and commands of one service. */
export interface Publisher {
  /**
   * Publishes one event: resolves when its stream has stored it. An attempt that fails is made again with the same
   * message id, so that it is stored once, until there is no time left.
   *
   * @throws {ValidationError} when the data break the contract; nothing is sent.
   * @throws {TypeError} when a header is not allowed.
   * @throws {MessageBusError} with kind `timeout` or `unavailable` when it is not known to be stored: it may be;
   * `no_stream`, `stream_full`, `too_large` or `refused` when it is not.
   */
  publish<Data, Input>(
    event: EventContract<Data, Input>,
    data: Input,
    options?: PublishEventOptions,
  ): Promise<PublishedEvent>;
  /**
   * Publishes many events, some at a time, and resolves with one result for each, in order. After a failure it takes no
   * more of them, waits for those that are under way, and rejects.
   */
  publishMany<Data, Input>(
    event: EventContract<Data, Input>,
    data: AsyncIterable<Input> | Iterable<Input>,
    options?: PublishManyOptions<Input>,
  ): Promise<PublishedEvent[]>;
}
