import { toStructured } from "../../logging/structured_logger.ts";
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import type { LoggerLike } from "../../logging/logger.ts";
import { detectRuntime } from "../../internal/runtime.ts";
import { settleWithin } from "../bus/_settle_within.ts";
import { credentialsExpiry } from "./_credentials_expiry.ts";
import { busError, type BusErrorPlace, toBusError } from "../bus/_bus_error.ts";
import { NatsAcks } from "./_acks.ts";
import { ConsumerBinder } from "./_consumer_binder.ts";
import { isNoResponders, NatsInbox } from "./_reply_inbox.ts";
import { NatsConnectionState } from "./_connection_state.ts";
import { NatsManager } from "./_manager.ts";
import { encodeHeaders, NatsMessage } from "./_message.ts";
import { publishHeaders, readAck } from "./_publish.ts";
import { type ReadPort, readServerMessages } from "./_read_messages.ts";
import { serveRequests } from "./_serve.ts";
import { Replies } from "../bus/_replies.ts";
import { NatsStorage } from "./_storage.ts";
import { assertSubject } from "../contract/_subject.ts";
import { type Clock, systemClock } from "../bus/clock.ts";
import type {
  BusConsumer,
  ConsumerConfig,
  ConsumerOptions,
  SharedPullOptions,
  SharedPulls,
  StreamConsumer,
} from "../bus/consumer.ts";
import type { RequestContract, RequestOptions } from "../contract/define_request.ts";
import type {
  BusState,
  CallOptions,
  GatherOptions,
  IncomingMessage,
  MessageBus,
  OutgoingMessage,
  PublishAck,
  PublishOptions,
  RawMessage,
  ServeOptions,
  Serving,
} from "../bus/message_bus.ts";
import type { StreamLayout } from "../bus/domain_streams.ts";
import type { FleetStreamLimits } from "../bus/stream_limits.ts";
import type { NatsOptions } from "./nats_options.ts";
import { sendRequest } from "../request/send_request.ts";
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
} from "../bus/stream.ts";

const UTF8 = new TextEncoder();
const OPEN_TIMEOUT_MS = 2000;

/** The message bus on a NATS connection. */
export class NatsBus implements MessageBus {
  readonly clock: Clock = systemClock;
  readonly streams: FleetStreamLimits | StreamLayout | undefined;
  readonly #connection: NatsConnection;
  readonly #inbox: NatsInbox;
  readonly #acks: NatsAcks;
  readonly #servings = new Set<Serving>();
  readonly #state: NatsConnectionState;
  readonly #manager: NatsManager;
  readonly #storage: NatsStorage;
  readonly #consumers: ConsumerBinder;
  readonly #reading: ReadPort;
  readonly #logger: LoggerLike | undefined;
  #maxPayloadBytes = 1_048_576;

  /** The bus on a connection, once the server has permitted or refused the inbox for replies. */
  static async open(
    connection: NatsConnection,
    inboxPrefix: string,
    options: NatsOptions,
  ): Promise<NatsBus> {
    const { createInbox } = await import("@nats-io/nats-core");
    const bus = new NatsBus(connection, createInbox(inboxPrefix), options);
    // Otherwise a first message could be stored although its acknowledgement cannot arrive.
    await settleWithin(OPEN_TIMEOUT_MS, () => connection.flush());
    return bus;
  }

  private constructor(
    connection: NatsConnection,
    inbox: string,
    { creds, logger, domain, apiTimeoutMs, streams }: NatsOptions,
  ) {
    this.#connection = connection;
    this.streams = streams;
    this.#logger = logger;
    this.#inbox = new NatsInbox(connection, `${inbox}.ack`);
    this.#acks = new NatsAcks(connection, () => this.#state.isUp);
    this.#state = new NatsConnectionState(
      connection,
      {
        onLost: () => this.#lost(),
        onReconnected: () => {
          this.#inbox.reconnected();
          this.#acks.flush();
        },
        onEnd: () => this.#end(),
        onPublishRefused: (subject) => this.#inbox.refuse(subject),
        drain: () => this.#drain(),
      },
      toStructured(logger),
      () => credentialsExpiry(creds),
    );
    this.#manager = new NatsManager(connection, this.#state, { domain, timeoutMs: apiTimeoutMs });
    this.#storage = new NatsStorage(this.#manager, this.#state, logger);
    this.#reading = {
      connection,
      manager: this.#manager,
      newInbox: () => `${inbox}.${crypto.randomUUID()}`,
    };
    this.#consumers = new ConsumerBinder({
      connection,
      inboxPrefix: inbox,
      state: this.#state,
      manager: this.#manager,
      storage: this.#storage,
      acks: this.#acks,
      send: (...args) => this.#send(...args),
      forget: (token) => this.#inbox.forget(token),
    });
  }

  get connected(): boolean {
    return this.#state.connected;
  }

  get maxPayloadBytes(): number {
    // While the client reconnects it has no info.
    return this.#maxPayloadBytes = this.#connection.info?.max_payload ?? this.#maxPayloadBytes;
  }

  publish(message: OutgoingMessage, { timeoutMs = 5000 }: PublishOptions = {}): Promise<PublishAck> {
    return new Promise((resolve, reject) => {
      const { subject } = message;
      assertSubject(subject);
      const place = { operation: "publish", subject, stream: message.stream };
      const doing = `Cannot publish "${subject}"`;
      this.#state.assertOpen(doing, place);
      const own = publishHeaders(message, () => this.#state.version);
      const headers = encodeHeaders(message.headers ?? [], own);
      const data = typeof message.data === "string" ? UTF8.encode(message.data) : message.data;
      const bytes = data.length + (headers?.bytes ?? 0);
      if (bytes > this.maxPayloadBytes) {
        const why = `${bytes} bytes are more than the ${this.maxPayloadBytes} that the server takes`;
        throw busError("too_large", `${doing}: ${why}`, place);
      }
      const onReply = (reply: Msg) => {
        const ack = readAck(reply, subject, place);
        if (ack instanceof Error) reject(ack);
        else resolve(ack);
      };
      this.#send(subject, data, headers, timeoutMs, doing, place, onReply, reject);
    });
  }

  ensureStream(config: StreamConfig, options?: EnsureStreamOptions): Promise<StreamReport> {
    return this.#storage.ensureStream(config, options);
  }

  deleteStream(name: string): Promise<boolean> {
    return this.#storage.deleteStream(name);
  }

  streamInfo(name: string): Promise<StreamInfo | undefined> {
    return this.#storage.streamInfo(name);
  }

  listStreams(): Promise<readonly StreamInfo[]> {
    return this.#storage.listStreams();
  }

  findStream(subject: string): Promise<string | undefined> {
    return this.#storage.findStream(subject);
  }

  readMessage(stream: string, query: MessageQuery): Promise<StoredMessage | undefined> {
    return this.#storage.readMessage(stream, query);
  }

  countMessages(stream: string, range: MessageRange): Promise<number> {
    return this.#storage.countMessages(stream, range);
  }

  countSubjects(stream: string): Promise<ReadonlyMap<string, number>> {
    return this.#storage.countSubjects(stream);
  }

  readMessages(stream: string, options: ReadMessagesOptions): AsyncIterableIterator<StoredMessage> {
    return readServerMessages(this.#reading, stream, options);
  }

  deleteMessage(stream: string, sequence: number): Promise<boolean> {
    return this.#storage.deleteMessage(stream, sequence);
  }

  purgeStream(stream: string, options?: PurgeOptions): Promise<number> {
    return this.#storage.purgeStream(stream, options);
  }

  listConsumers(stream: string): Promise<readonly StreamConsumer[]> {
    return this.#storage.listConsumers(stream);
  }

  deleteConsumer(stream: string, name: string): Promise<boolean> {
    return this.#storage.deleteConsumer(stream, name);
  }

  // deno-lint-ignore require-await -- async, so that errors are rejections
  async consumer(config: ConsumerConfig, options: ConsumerOptions = {}): Promise<BusConsumer> {
    const { name, stream } = config;
    const doing = `Cannot bind to the consumer ${name} of ${stream}`;
    assertNotWorkerd(doing, { operation: "bind_consumer", stream });
    return this.#consumers.bind(config, options);
  }

  subscribeAll(consumers: readonly BusConsumer[], options: SharedPullOptions): SharedPulls {
    return this.#consumers.subscribeAll(consumers, options);
  }

  request<In, Input, Out>(
    contract: RequestContract<In, Input, Out>,
    data: Input,
    options?: RequestOptions,
  ): Promise<Out> {
    return sendRequest(this, contract, data, options);
  }

  call(subject: string, message: RawMessage, options: CallOptions = {}): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const { timeoutMs = 5000, signal } = options;
      assertSubject(subject);
      const place = { operation: "request", subject };
      const doing = `Cannot send a request to "${subject}"`;
      this.#state.assertOpen(doing, place);
      signal?.throwIfAborted();
      const headers = encodeHeaders(message.headers ?? [], "");
      const end = () => signal?.removeEventListener("abort", onAbort);
      const token = this.#send(subject, message.data, headers, timeoutMs, doing, place, (reply) => {
        end();
        if (isNoResponders(reply)) reject(busError("no_responder", `${doing}: nobody answers it`, place));
        else resolve(new NatsMessage(reply));
      }, (error) => {
        end();
        reject(error);
      });
      const onAbort = () => {
        this.#inbox.forget(token);
        reject(signal!.reason);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  gather(
    subject: string,
    data: string | Uint8Array,
    { timeoutMs = 1000, idleMs = 300, signal }: GatherOptions = {},
  ): Promise<IncomingMessage[]> {
    return new Promise((resolve, reject) => {
      assertSubject(subject);
      const place = { operation: "gather", subject };
      const doing = `Cannot gather replies from "${subject}"`;
      this.#state.assertOpen(doing, place);
      signal?.throwIfAborted();
      let token: string | undefined;
      const limits = { timeoutMs, idleMs, signal, clock: this.clock };
      const replies = new Replies(limits, () => token !== undefined && this.#inbox.forget(token));
      replies.finished.then(resolve, reject);
      const onReply = (reply: Msg) => {
        if (isNoResponders(reply)) replies.end();
        else replies.add(new NatsMessage(reply));
      };
      // The sweeper of the inbox must not be the one whose deadline is over first.
      const giveUpMs = timeoutMs + 1000;
      try {
        token = this.#send(subject, data, undefined, giveUpMs, doing, place, onReply, replies.fail, true);
      } catch (error) {
        replies.fail(error);
      }
    });
  }

  async serve(subject: string, options: ServeOptions): Promise<Serving> {
    const place = { operation: "serve", subject };
    assertNotWorkerd(`Cannot serve "${subject}"`, place);
    this.#state.assertOpen(`Cannot serve "${subject}"`, place);
    const pending = serveRequests(this.#connection, subject, options, this.#logger, this.#state);
    const { serving, refused } = pending;
    const close = async () => {
      this.#servings.delete(own);
      await serving.close();
    };
    const own: Serving = { close };
    this.#servings.add(own);
    // The server reports a missing permission before it answers a flush.
    const confirmed = this.#manager.ask(`Cannot serve "${subject}"`, place, () => this.#connection.flush());
    try {
      await Promise.race([confirmed, refused]);
    } catch (error) {
      confirmed.catch(() => {}); // `refused` was faster
      await close();
      throw toBusError(error, `Cannot serve "${subject}"`, place);
    }
    pending.confirmed();
    return own;
  }

  onStateChange(listener: (state: BusState) => void): () => void {
    return this.#state.onStateChange(listener);
  }

  flush(): Promise<void> {
    this.#acks.flush();
    return this.#manager.ask("Cannot flush", { operation: "flush" }, () => this.#connection.flush());
  }

  close(): Promise<void> {
    return this.#state.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #drain(): Promise<void> {
    await Promise.all([...this.#servings].map((serving) => serving.close()));
    await this.#inbox.settled();
    this.#acks.flush();
    await this.#connection.flush();
  }

  #lost(): void {
    this.#failAll("the connection was lost");
    this.#consumers.end("disconnected");
  }

  #end(): void {
    this.#failAll("the bus is closed");
    this.#inbox.stop();
    this.#consumers.close();
  }

  /** Rejects everything that waits for a reply. */
  #failAll(reason: string): void {
    this.#inbox.failAll(reason);
    this.#manager.failAll(reason);
  }

  #send(...args: Parameters<NatsInbox["send"]>): string {
    try {
      return this.#inbox.send(...args);
    } catch (error) {
      throw toBusError(error, args[4], args[5]);
    }
  }
}

function assertNotWorkerd(doing: string, place: BusErrorPlace): void {
  if (detectRuntime() !== "workerd") return;
  throw busError("unsupported", `${doing}: a connection on workerd does not outlive its request`, place);
}
