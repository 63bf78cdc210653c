import type { Clock } from "./clock.ts";
import type {
  BusConsumer,
  ConsumerConfig,
  ConsumerOptions,
  SharedPullOptions,
  SharedPulls,
  StreamConsumer,
} from "./consumer.ts";
import type { RequestContract, RequestOptions } from "../contract/define_request.ts";
import type { HeaderEntries, MessageHeaders } from "./message_headers.ts";
import type { StreamLayout } from "./domain_streams.ts";
import type { FleetStreamLimits } from "./stream_limits.ts";
import type {
  EnsureStreamOptions,
  MessageQuery,
  MessageRange,
  PurgeOptions,
  ReadMessagesOptions,
  StoredMessage,
  StreamConfig,
  StreamInfo,
  StreamReport,
} from "./stream.ts";

/**
 * A message broker with streams: the interface that publishers, listeners and dead letters use. `connectNats()` and
 * `createMemoryBus()` return one; an adapter for another broker has to pass `busConformance()` of `@glam/shared/testing`.
 *
 * Every method that asks the broker rejects with a `MessageBusError`, whose `kind` is one of `unavailable`, `timeout` (the
 * outcome is unknown), `no_stream`, `stream_full`, `too_large`, `unsupported` (by this version of the broker),
 * `no_responder`, `consumer_mismatch` and `refused`.
 */
export interface MessageBus extends AsyncDisposable {
  /** Whether the connection to the broker is up. */
  readonly connected: boolean;
  /** The clock that this bus, its publishers and its listeners use. */
  readonly clock: Clock;
  /** Limits or layout of the fleet's streams, for `ensureStreams`. Adapters that have no such option leave it out. */
  readonly streams?: FleetStreamLimits | StreamLayout | undefined;
  /** Size limit of a message in bytes, headers included. */
  readonly maxPayloadBytes: number;

  /** Publishes one message, without a retry; resolves when its stream has stored it. */
  publish(message: OutgoingMessage, options?: PublishOptions): Promise<PublishAck>;

  /** Creates a stream where it is missing, adds missing subjects, and reports other differences. */
  ensureStream(config: StreamConfig, options?: EnsureStreamOptions): Promise<StreamReport>;
  /** Deletes a stream with its messages; `false` when there was none. */
  deleteStream(name: string): Promise<boolean>;
  /** Configuration and state of a stream, or `undefined` when there is none. */
  streamInfo(name: string): Promise<StreamInfo | undefined>;
  /** All streams that these credentials may see, copies of others included. Optional. */
  listStreams?(): Promise<readonly StreamInfo[]>;
  /** Name of the stream that covers a subject, or, of a filter, of a stream that has some of its subjects; or `undefined`. */
  findStream(subject: string): Promise<string | undefined>;
  /** One message of a stream, or `undefined` when there is none. */
  readMessage(stream: string, query: MessageQuery): Promise<StoredMessage | undefined>;
  /**
   * How many messages of a subject a stream holds from a sequence on. Optional: without it a listener knows less exactly
   * what the stream has dropped.
   */
  countMessages?(stream: string, query: MessageRange): Promise<number>;
  /** How many messages a stream holds of each subject. Optional. */
  countSubjects?(stream: string): Promise<ReadonlyMap<string, number>>;
  /**
   * The messages of a stream in their order, fast also where there are very many. Optional: without it they are read one by
   * one with `readMessage`.
   */
  readMessages?(stream: string, options: ReadMessagesOptions): AsyncIterableIterator<StoredMessage>;
  /** Deletes one message of a stream; `false` when there was none. */
  deleteMessage(stream: string, sequence: number): Promise<boolean>;
  /** Deletes messages of a stream, and resolves with their number. */
  purgeStream(stream: string, options?: PurgeOptions): Promise<number>;

  /**
   * Binds to a durable consumer; creates it where it is missing.
   *
   * @throws {MessageBusError} with kind `consumer_mismatch` when it exists with another configuration.
   */
  consumer(config: ConsumerConfig, options?: ConsumerOptions): Promise<BusConsumer>;
  /**
   * Subscribes to many consumers at once, with one timer and one subscription to the broker for all of them. Optional:
   * without it each gets its own.
   */
  subscribeAll?(consumers: readonly BusConsumer[], options: SharedPullOptions): SharedPulls;
  /** The consumers of a stream. Optional. */
  listConsumers?(stream: string): Promise<readonly StreamConsumer[]>;
  /** Deletes a durable consumer; `false` when there was none. */
  deleteConsumer(stream: string, name: string): Promise<boolean>;

  /** Sends a request by its contract, and resolves with the validated response. */
  request<In, Input, Out>(
    contract: RequestContract<In, Input, Out>,
    data: Input,
    options?: RequestOptions,
  ): Promise<Out>;
  /** Sends a request, and resolves with the first reply. No stream stores it. */
  call(subject: string, message: RawMessage, options?: CallOptions): Promise<IncomingMessage>;
  /**
   * Sends a request to everybody who answers the subject, and resolves with the replies in the order of their arrival; with
   * none where nobody answers. Optional: without it a program sees one reply, that of `call`.
   */
  gather?(subject: string, data: string | Uint8Array, options?: GatherOptions): Promise<IncomingMessage[]>;
  /** Answers requests. Of all servers of a subject with the same `queue`, one gets each request. */
  serve(subject: string, options: ServeOptions): Promise<Serving>;

  /** Calls `listener` at each change of the connection; returns the function that removes it. */
  onStateChange(listener: (state: BusState) => void): () => void;
  /** Resolves when the broker has received everything sent so far, acknowledgements included. */
  flush(): Promise<void>;
  /** Sends what is queued, then closes. Resolves also when the broker cannot be reached; a second call does nothing. */
  close(): Promise<void>;
}

/** Headers and payload. */
export interface RawMessage {
  /** Payload; text is sent as UTF-8. */
  readonly data: string | Uint8Array;
  /** Headers. Values have no line breaks, names do not start with `Nats-`. */
  readonly headers?: HeaderEntries | undefined;
}

/** A message to publish. */
export interface OutgoingMessage extends RawMessage {
  /** Subject, without wildcards. */
  readonly subject: string;
  /** Message id (`Nats-Msg-Id`): within its duplicate window a stream stores one message with this id, whatever the subject. */
  readonly id?: string | undefined;
  /**
   * The stream that is expected to store it. Where another one has stored it, the call rejects with the kind `no_stream`, and
   * the message stays there.
   */
  readonly stream?: string | undefined;
  /** Age limit of this message in milliseconds, from 1000; needs nats-server 2.11 and a stream with `allowMessageTtl`. */
  readonly ttlMs?: number | undefined;
}

/** Options of `MessageBus.publish`. */
export interface PublishOptions {
  /**
   * How long to wait for the stream's acknowledgement, in milliseconds.
   * @default 5000
   */
  readonly timeoutMs?: number | undefined;
}

/** A stream's acknowledgement. */
export interface PublishAck {
  /** The stream that stored the message. */
  readonly stream: string;
  /** Its sequence there; of a duplicate, that of the first. */
  readonly seq: number;
  /** Whether the stream had a message with this id, so that it stored nothing. */
  readonly duplicate: boolean;
}

/** Options of `MessageBus.call`. */
export interface CallOptions {
  /**
   * How long to wait for a reply, in milliseconds.
   * @default 5000
   */
  readonly timeoutMs?: number | undefined;
  /** Aborts waiting: the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `MessageBus.gather`. */
export interface GatherOptions {
  /**
   * How long to wait for replies at most, in milliseconds.
   * @default 1000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * How long to wait for another reply after one, in milliseconds.
   * @default 300
   */
  readonly idleMs?: number | undefined;
  /** Aborts waiting: the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A received message. */
export interface IncomingMessage {
  /** Subject it was sent to. */
  readonly subject: string;
  /** Payload. */
  readonly data: Uint8Array;
  /** Headers. */
  readonly headers: MessageHeaders;
}

/** Options of `MessageBus.serve`. */
export interface ServeOptions {
  /** Name of the queue group whose members share the requests. */
  readonly queue?: string | undefined;
  /** Returns the reply; must not reject. */
  onRequest(request: IncomingMessage): Promise<RawMessage>;
  /**
   * Called when the broker refuses the subscription later on, or a reply, for want of a permission.
   * @default an ERROR of the bus
   */
  readonly onRefused?: ((error: Error) => void) | undefined;
}

/** A running subscription to requests. */
export interface Serving {
  /** Takes no new requests, and resolves when those in progress are answered. */
  close(): Promise<void>;
}

/** A change of the connection. */
export type BusState =
  /** It is established, for the first time or again. */
  | { readonly type: "connected" }
  /** It is lost; the client reconnects. */
  | { readonly type: "disconnected" }
  /** It is closed for good; `error` is the reason, unless `close()` was called. */
  | { readonly type: "closed"; readonly error?: Error };
