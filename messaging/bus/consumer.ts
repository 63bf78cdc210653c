import type { MessageHeaders } from "./message_headers.ts";
import type { StoredMessage } from "./stream.ts";

/** How a durable consumer reads a stream. */
export interface ConsumerConfig {
  /** Name of the stream. */
  readonly stream: string;
  /** Durable name: letters, digits, `_` and `-`. */
  readonly name: string;
  /** Only messages whose subject matches. */
  readonly filterSubject: string;
  /**
   * Where a new consumer starts: at the first message of the stream, or at a sequence. A consumer that is there
   * already stays where it is.
   * @default "all"
   */
  readonly deliver?: "all" | { readonly startSequence: number } | undefined;
  /**
   * How long a delivered message may stay unsettled before it is delivered again.
   * @default 30000
   */
  readonly ackWaitMs?: number | undefined;
  /**
   * How many messages may be unsettled before delivery pauses.
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
   * Whether a consumer that is there with another configuration is changed. Without it that is an error, since another
   * process may rely on it.
   * @default false
   */
  readonly update?: boolean | undefined;
}

/** A durable pull consumer. */
export interface BusConsumer {
  /** Its configuration. */
  readonly config: FullConsumerConfig;
  /** Whether this process made it, rather than found it. */
  readonly created: boolean;
  /** Starts to receive; nothing comes before {@link PullSubscription.pull} asks for it. */
  subscribe(options: PullOptions): PullSubscription;
  /** Its state, or `undefined` where the consumer is gone. */
  info(): Promise<ConsumerInfo | undefined>;
  /** The oldest message that it has not settled, or `undefined` where there is none. */
  oldest(): Promise<StoredMessage | undefined>;
}

/** State of a durable consumer. */
export interface ConsumerInfo {
  /** Every message up to this sequence of the stream is settled. A consumer that has nothing to do may be behind. */
  readonly ackFloor: number;
  /** Sequence of the newest message that was delivered. */
  readonly delivered: number;
  /** Number of messages delivered and not settled. */
  readonly ackPending: number;
  /** Number of messages delivered more than once and not settled. */
  readonly redelivered: number;
  /** Number of messages not delivered yet. */
  readonly pending: number;
  /** Number of pull requests that wait. */
  readonly waiting: number;
}

/** What a subscription to a consumer does with what comes. The callbacks must not throw. */
export interface PullOptions {
  /**
   * How long one request for messages stays with the server.
   * @default 30000
   */
  readonly expiresMs?: number | undefined;
  /**
   * How often the server says that it is still there while it has no messages; a request that hears nothing for twice
   * as long ends as `silent`.
   * @default 1000
   */
  readonly heartbeatMs?: number | undefined;
  /** Takes one message; called synchronously, message after message. */
  onDelivery(delivery: Delivery): void;
  /** Hears that messages which were asked for will not come. */
  onEnd(end: PullEnd): void;
}

/** A running subscription to a consumer. */
export interface PullSubscription {
  /** Messages that were asked for and have neither come nor been given up. */
  readonly outstanding: number;
  /** Asks for `batch` more messages; requests add up. */
  pull(batch: number): void;
  /**
   * Asks for nothing more, and resolves when what was on its way has been delivered; then it is closed. Resolves also when
   * the broker cannot be reached.
   */
  drain(): Promise<void>;
  /** Ends it: no callback is called any more. A message on its way comes back after the consumer's ack wait. */
  close(): void;
}

/** Why messages that were asked for will not come. */
export interface PullEnd {
  /**
   * - `expired`: there were too few for as long as the request stood.
   * - `consumer_gone`: the consumer or its stream was deleted.
   * - `silent`: neither message nor heartbeat came; the server hangs, or the consumer is gone.
   * - `interrupted`: the server gave the request up, as at a change of leader or a limit; ask again.
   * - `disconnected`: the connection is lost, and being made again.
   * - `closed`: the bus is closed for good.
   */
  readonly reason: "closed" | "consumer_gone" | "disconnected" | "expired" | "interrupted" | "silent";
  /** How many messages were asked for and will not come. */
  readonly missing: number;
  /** What the server said, where it said something. */
  readonly detail?: string | undefined;
}

/**
 * One message, delivered. What describes it is read when it is asked for, so that a message costs only what its handler
 * looks at.
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
  /** How often it has been delivered, this time included. */
  readonly deliveryCount: number;
  /** How many messages this consumer has still to deliver after it. */
  readonly pending: number;
  /**
   * Says that it is done. The bus may send acknowledgements together, a moment later, and after a lost connection: what
   * is lost on the way is delivered again. Use {@link Delivery.ackConfirmed} where that must not be.
   */
  ack(): void;
  /**
   * Says that it is done, and resolves when the server has heard it.
   *
   * @throws {MessageBusError} with kind `timeout` or `unavailable` when the server does not say so in time; then the
   * message may be delivered again.
   */
  ackConfirmed(timeoutMs?: number): Promise<void>;
  /** Gives it back, to be delivered again after `delayMs`, at once by default. */
  nak(delayMs?: number): void;
  /** Says that it is still being worked on: its ack wait starts anew. */
  inProgress(): void;
  /** Says that it is never to be delivered again. */
  term(): void;
}
