import type { Clock } from "./clock.ts";
import type { BusConsumer, ConsumerConfig, ConsumerOptions } from "./consumer.ts";
import type { RequestContract, RequestOptions } from "../contract/define_request.ts";
import type { HeaderEntries, MessageHeaders } from "./message_headers.ts";
import type {
  EnsureStreamOptions,
  MessageQuery,
  PurgeOptions,
  StoredMessage,
  StreamConfig,
  StreamInfo,
  StreamReport,
} from "./stream.ts";

/**
 * A broker with streams: the port that publishers, listeners and dead letters stand on. `connectNats()` and
 * `createMemoryBus()` are adapters; another one is right when it passes `busConformance()` of `@glam/shared/testing`.
 *
 * Every method that asks the broker rejects with a `MessageBusError`, whose `kind` says what went wrong:
 * `unavailable`, `timeout` (the outcome is unknown), `no_stream`, `stream_full`, `too_large`, `unsupported` (the broker's
 * version lacks it), `no_responder`, `consumer_mismatch` or `refused`.
 */
export interface MessageBus extends AsyncDisposable {
  /** Whether the broker can be reached at this moment. */
  readonly connected: boolean;
  /** The time that it, and everything built on it, lives by. */
  readonly clock: Clock;
  /** Bytes of the largest message, headers included. */
  readonly maxPayloadBytes: number;

  /** Publishes one message, once: resolves when its stream has stored it. */
  publish(message: OutgoingMessage, options?: PublishOptions): Promise<PublishAck>;

  /** Makes a stream where it is absent, widens its subjects, and reports what differs. */
  ensureStream(config: StreamConfig, options?: EnsureStreamOptions): Promise<StreamReport>;
  /** Deletes a stream with all it holds; `false` where there was none. */
  deleteStream(name: string): Promise<boolean>;
  /** What a stream is and holds, or `undefined` where there is none. */
  streamInfo(name: string): Promise<StreamInfo | undefined>;
  /** The stream that stores messages of a subject, or `undefined`. */
  findStream(subject: string): Promise<string | undefined>;
  /** One message of a stream, or `undefined` where there is none. */
  readMessage(stream: string, query: MessageQuery): Promise<StoredMessage | undefined>;
  /** Removes one message of a stream; `false` where it is not there. */
  deleteMessage(stream: string, sequence: number): Promise<boolean>;
  /** Removes messages of a stream, and resolves with their number. */
  purgeStream(stream: string, options?: PurgeOptions): Promise<number>;

  /**
   * Binds to a durable consumer, which is made where it is absent.
   *
   * @throws {MessageBusError} with kind `consumer_mismatch` when it is there with another configuration.
   */
  consumer(config: ConsumerConfig, options?: ConsumerOptions): Promise<BusConsumer>;
  /** Deletes a durable consumer; `false` where there was none. */
  deleteConsumer(stream: string, name: string): Promise<boolean>;

  /** Sends a request by its contract, and resolves with the validated response. */
  request<In, Input, Out>(
    contract: RequestContract<In, Input, Out>,
    data: Input,
    options?: RequestOptions,
  ): Promise<Out>;
  /** Sends a request, and resolves with the first reply. Nothing stores it. */
  call(subject: string, message: RawMessage, options?: CallOptions): Promise<IncomingMessage>;
  /** Answers requests. Of all that serve a subject with one `queue`, one gets each request. */
  serve(subject: string, options: ServeOptions): Promise<Serving>;

  /** Calls `listener` at each change of the connection, until the function it returns is called. */
  onStateChange(listener: (state: BusState) => void): () => void;
  /** Resolves when the broker has received everything that was sent, acknowledgements included. */
  flush(): Promise<void>;
  /** Sends what is waiting, then closes. Resolves also when the broker cannot be reached; a second call does nothing. */
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
  /** Message id: within its window the stream stores one message with this id, whatever the subject. */
  readonly id?: string | undefined;
  /** The stream that must store it. */
  readonly stream?: string | undefined;
  /** Age at which it is dropped, whatever the stream says; needs nats-server 2.11 and `allowMessageTtl`. */
  readonly ttlMs?: number | undefined;
}

/** Options of `MessageBus.publish`. */
export interface PublishOptions {
  /**
   * How long to wait for the stream's acknowledgement.
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
  /** Whether a message of this id was there already, so that nothing was stored. */
  readonly duplicate: boolean;
}

/** Options of `MessageBus.call`. */
export interface CallOptions {
  /**
   * How long to wait for a reply.
   * @default 5000
   */
  readonly timeoutMs?: number | undefined;
  /** Gives up waiting. */
  readonly signal?: AbortSignal | undefined;
}

/** A message that came in. */
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
  /** Name of the group that shares the requests. */
  readonly queue?: string | undefined;
  /** Makes the reply; must not reject. */
  onRequest(request: IncomingMessage): Promise<RawMessage>;
}

/** Requests being answered. */
export interface Serving {
  /** Takes no new requests, and resolves when those at hand are answered. */
  close(): Promise<void>;
}

/** What became of the connection. */
export type BusState =
  /** It is there, for the first time or again. */
  | { readonly type: "connected" }
  /** It is lost, and being made again. */
  | { readonly type: "disconnected" }
  /** It is closed for good; `error` says why, where nobody asked for it. */
  | { readonly type: "closed"; readonly error?: Error };
