import type { MessageHeaders } from "./message_headers.ts";
import type { StoredMessage } from "./stream.ts";

/** Configuration of a durable pull consumer. */
export interface ConsumerConfig {
  /** Name of the stream. */
  readonly stream: string;
  /** Durable name: letters, digits, `_` and `-`. */
  readonly name: string;
  /** Subject filter, with `*` and `>`: the consumer gets the messages whose subject matches. */
  readonly filterSubject: string;
  /**
   * Where a new consumer starts: at the first message of the stream, or at a stream sequence. An existing consumer keeps
   * its position.
   * @default "all"
   */
  readonly deliver?: "all" | { readonly startSequence: number } | undefined;
  /**
   * Ack wait in milliseconds: how long a delivered message may stay unacknowledged before its redelivery.
   * @default 30000
   */
  readonly ackWaitMs?: number | undefined;
  /**
   * How many delivered messages may be unacknowledged at a time; at the limit, delivery pauses.
   * @default 20000
   */
  readonly maxAckPending?: number | undefined;
}

/** A {@link ConsumerConfig} with every default filled in. */
export type FullConsumerConfig = {
  readonly [Key in keyof ConsumerConfig]-?: Exclude<ConsumerConfig[Key], undefined>;
};

/** Options of `MessageBus.consumer`. */
export interface ConsumerOptions {
  /**
   * Whether to update an existing consumer that has another configuration. Without it, such a consumer is an error, since
   * another process may rely on its configuration; but one whose ack wait was the wanted one before an update is bound as it
   * is now.
   * @default false
   */
  readonly update?: boolean | undefined;
}

/** A durable pull consumer. */
export interface BusConsumer {
  /** Its configuration; the ack wait is that of the server, which a repair may have changed. */
  readonly config: FullConsumerConfig;
  /** Whether this call created the consumer. */
  readonly created: boolean;
  /** Opens a subscription. Messages come after {@link PullSubscription.pull} has asked for them. */
  subscribe(options: PullOptions): PullSubscription;
  /** Its state, or `undefined` when the consumer was deleted. */
  info(): Promise<ConsumerInfo | undefined>;
  /** The oldest message that is not acknowledged yet, or `undefined` when there is none. */
  oldest(): Promise<StoredMessage | undefined>;
}

/** State of a durable consumer. */
export interface ConsumerInfo {
  /** Stream sequence up to which every message is acknowledged. Messages that the filter excludes may not count yet. */
  readonly ackFloor: number;
  /** Stream sequence of the newest delivered message. */
  readonly delivered: number;
  /** Number of messages that are delivered and not acknowledged. */
  readonly ackPending: number;
  /** Number of messages that were delivered more than once and are not acknowledged. */
  readonly redelivered: number;
  /** Number of messages that are not delivered yet. */
  readonly pending: number;
  /** Number of open pull requests. */
  readonly waiting: number;
  /**
   * Number of deliveries made so far, redeliveries included; absent where the bus does not know it. A listener counts with it
   * what the stream has dropped before it was delivered.
   */
  readonly deliveries?: number | undefined;
  /** How long a delivered message may stay unacknowledged, in milliseconds; absent where the bus does not tell. */
  readonly ackWaitMs?: number | undefined;
}

/** A consumer of a stream, and its state. */
export interface StreamConsumer extends ConsumerInfo {
  /** Its name. */
  readonly name: string;
  /** Its subject filters; `[">"]` where it gets all messages. */
  readonly filterSubjects: readonly string[];
  /** Whether it stays when nobody uses it. */
  readonly durable: boolean;
  /**
   * How many delivered messages may be unacknowledged at a time, 1 for a partition; absent where there is no limit, or the
   * bus does not tell. A consumer at its limit has nobody who asks, until a message is settled.
   */
  readonly maxAckPending?: number | undefined;
}

/** Options of `BusConsumer.subscribe`. The callbacks must not throw. */
export interface PullOptions {
  /**
   * How long one pull request stays open on the server, in milliseconds.
   * @default 30000
   */
  readonly expiresMs?: number | undefined;
  /**
   * Interval of the server's heartbeats while it has no messages, in milliseconds, from 100. A pull request ends as
   * `silent` when neither a message nor a heartbeat comes for twice as long.
   * @default 1000
   */
  readonly heartbeatMs?: number | undefined;
  /** Receives one message; called synchronously, one message after another. */
  onDelivery(delivery: Delivery): void;
  /** Called when messages that were asked for will not come. */
  onEnd(end: PullEnd): void;
}

/** A running subscription to a consumer. */
export interface PullSubscription {
  /** How many messages were asked for and may still come. */
  readonly outstanding: number;
  /** Asks for `batch` more messages; requests add up. */
  pull(batch: number): void;
  /**
   * Asks for no more messages, waits until those in flight are delivered, and closes. Resolves also when the broker cannot
   * be reached.
   */
  drain(): Promise<void>;
  /** Closes at once: no callback is called any more. A message in flight is redelivered after the consumer's ack wait. */
  close(): void;
}

/** Options of `MessageBus.subscribeAll`. The callbacks must not throw; `index` is the place of the consumer in the list. */
export interface SharedPullOptions {
  /**
   * How long one pull request stays open on the server, in milliseconds.
   * @default 30000
   */
  readonly expiresMs?: number | undefined;
  /**
   * Interval of the server's heartbeats while it has no messages, in milliseconds, from 100. A pull request ends as
   * `silent` when neither a message nor a heartbeat comes for twice as long.
   * @default 5000
   */
  readonly heartbeatMs?: number | undefined;
  /** Receives one message; called synchronously, one message after another. */
  onDelivery(delivery: Delivery, index: number): void;
  /** Called when a message that was asked for will not come. */
  onEnd(end: PullEnd, index: number): void;
}

/** Running subscriptions to many consumers, which share what each would cost by itself. */
export interface SharedPulls {
  /** Asks a consumer for one message; does nothing while one that was asked for may still come. */
  pull(index: number): void;
  /** Goes on with a consumer that was made again after it was deleted, and has the same name. */
  replace(index: number, consumer: BusConsumer): void;
  /**
   * Asks for no more messages, waits until those in flight are delivered, and closes. Resolves also when the broker cannot
   * be reached.
   */
  drain(): Promise<void>;
  /** Closes at once: no callback is called any more. A message in flight is redelivered after the consumer's ack wait. */
  close(): void;
}

/** Why messages that were asked for will not come. */
export interface PullEnd {
  /**
   * - `expired`: the pull request expired before enough messages came.
   * - `consumer_gone`: the consumer or its stream was deleted.
   * - `silent`: neither a message nor a heartbeat came; the server hangs, or the consumer was deleted.
   * - `interrupted`: the server ended the request, as at a leader change or a limit; pull again.
   * - `disconnected`: the connection is lost; the client reconnects.
   * - `closed`: the bus is closed for good.
   */
  readonly reason: "closed" | "consumer_gone" | "disconnected" | "expired" | "interrupted" | "silent";
  /** How many messages were asked for and will not come. */
  readonly missing: number;
  /** The server's description, where it sent one. */
  readonly detail?: string | undefined;
}

/**
 * One delivered message. Its properties are parsed on access, so that a message costs only what its handler reads.
 */
export interface Delivery {
  /** Subject it was published to. */
  readonly subject: string;
  /** Payload. */
  readonly data: Uint8Array;
  /** Headers. */
  readonly headers: MessageHeaders;
  /** Name of the stream. */
  readonly stream: string;
  /** Name of the consumer. */
  readonly consumer: string;
  /** Sequence in the stream. */
  readonly sequence: number;
  /** When the stream stored it, in nanoseconds since 1970. */
  readonly timeNanos: bigint;
  /** Delivery count, from 1. */
  readonly deliveryCount: number;
  /** How many messages the consumer has left to deliver. */
  readonly pending: number;
  /**
   * Acknowledges the message. The bus may batch acknowledgements, and sends those of a lost connection after it is
   * restored. When one gets lost, the message is redelivered; use {@link Delivery.ackConfirmed} where that must not be.
   */
  ack(): void;
  /**
   * Acknowledges the message, and resolves when the server has confirmed it. Waits `timeoutMs` milliseconds, by default
   * 5000.
   *
   * @throws {MessageBusError} with kind `timeout` or `unavailable` when the server does not confirm in time; then the
   * message may be redelivered.
   */
  ackConfirmed(timeoutMs?: number): Promise<void>;
  /** Negative acknowledgement: redelivery after `delayMs` milliseconds, at once by default. */
  nak(delayMs?: number): void;
  /** Restarts the ack wait of a message whose handler is still running. */
  inProgress(): void;
  /** Terminates the message: it is never redelivered. */
  term(): void;
}
