// deno-lint-ignore-file require-await -- async, so that errors are rejections
import type { MessageBusError } from "../../errors/infrastructure.ts";
import type { LoggerLike } from "../../logging/logger.ts";
import { busError, type BusErrorPlace, toBusError } from "../bus/_bus_error.ts";
import { type Clock, systemClock } from "../bus/clock.ts";
import type {
  BusConsumer,
  ConsumerConfig,
  ConsumerOptions,
  SharedPullOptions,
  SharedPulls,
  StreamConsumer,
} from "../bus/consumer.ts";
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
import type { StreamLayout } from "../bus/domain_streams.ts";
import type { FleetStreamLimits } from "../bus/stream_limits.ts";
import type { NatsOptions } from "./nats_options.ts";
import type { RequestContract, RequestOptions } from "../contract/define_request.ts";
import { sendRequest } from "../request/send_request.ts";

/** Default `max_payload` of nats-server, until the server has sent its own. */
const DEFAULT_MAX_PAYLOAD = 1_048_576;

/** A bus that connects in the background. Until it is connected, calls reject as after a loss of the connection. */
export class LazyNatsBus implements MessageBus {
  readonly clock: Clock = systemClock;
  readonly streams: FleetStreamLimits | StreamLayout | undefined;
  readonly #listeners = new Set<(state: BusState) => void>();
  readonly #abort = new AbortController();
  readonly #connecting: Promise<void>;
  #bus: MessageBus | undefined;
  /** Why the bus will never connect. */
  #refusal: MessageBusError | undefined;
  #closing: Promise<void> | undefined;

  constructor(connect: (signal: AbortSignal) => Promise<MessageBus>, { logger, streams }: NatsOptions) {
    this.streams = streams;
    this.#connecting = connect(this.#abort.signal).then(
      (bus) => this.#connected(bus),
      (error) => this.#failed(error, logger),
    );
  }

  get connected(): boolean {
    return this.#closing === undefined && (this.#bus?.connected ?? false);
  }

  get maxPayloadBytes(): number {
    return this.#bus?.maxPayloadBytes ?? DEFAULT_MAX_PAYLOAD;
  }

  async publish(message: OutgoingMessage, options?: PublishOptions): Promise<PublishAck> {
    const { subject } = message;
    return this.#open(`Cannot publish "${subject}"`, { operation: "publish", subject })
      .publish(message, options);
  }

  async ensureStream(config: StreamConfig, options?: EnsureStreamOptions): Promise<StreamReport> {
    const { name } = config;
    return this.#open(`Cannot ensure ${name}`, { operation: "ensure_stream", stream: name })
      .ensureStream(config, options);
  }

  async deleteStream(name: string): Promise<boolean> {
    return this.#open(`Cannot delete ${name}`, { operation: "delete_stream", stream: name })
      .deleteStream(name);
  }

  async streamInfo(name: string): Promise<StreamInfo | undefined> {
    return this.#open(`Cannot read ${name}`, { operation: "stream_info", stream: name }).streamInfo(name);
  }

  async listStreams(): Promise<readonly StreamInfo[]> {
    return this.#open("Cannot list the streams", { operation: "list_streams" }).listStreams!();
  }

  async findStream(subject: string): Promise<string | undefined> {
    return this.#open(`Cannot look for the stream of "${subject}"`, { operation: "find_stream", subject })
      .findStream(subject);
  }

  async readMessage(stream: string, query: MessageQuery): Promise<StoredMessage | undefined> {
    return this.#open(`Cannot read a message of ${stream}`, { operation: "read_message", stream })
      .readMessage(stream, query);
  }

  async countMessages(stream: string, query: MessageRange): Promise<number> {
    const bus = this.#open(`Cannot count messages of ${stream}`, { operation: "count_messages", stream });
    return await bus.countMessages!(stream, query);
  }

  async countSubjects(stream: string): Promise<ReadonlyMap<string, number>> {
    const doing = `Cannot count the subjects of ${stream}`;
    return await this.#open(doing, { operation: "count_subjects", stream }).countSubjects!(stream);
  }

  async *readMessages(stream: string, options: ReadMessagesOptions): AsyncGenerator<StoredMessage, void> {
    const bus = this.#open(`Cannot read messages of ${stream}`, { operation: "read_messages", stream });
    yield* bus.readMessages!(stream, options);
  }

  async deleteMessage(stream: string, sequence: number): Promise<boolean> {
    return this.#open(`Cannot delete message ${sequence} of ${stream}`, {
      operation: "delete_message",
      stream,
    })
      .deleteMessage(stream, sequence);
  }

  async purgeStream(stream: string, options?: PurgeOptions): Promise<number> {
    return this.#open(`Cannot purge ${stream}`, { operation: "purge", stream }).purgeStream(stream, options);
  }

  async consumer(config: ConsumerConfig, options?: ConsumerOptions): Promise<BusConsumer> {
    const { name, stream } = config;
    return this.#open(`Cannot bind to the consumer ${name} of ${stream}`, {
      operation: "bind_consumer",
      stream,
    })
      .consumer(config, options);
  }

  async listConsumers(stream: string): Promise<readonly StreamConsumer[]> {
    return this.#open(`Cannot list the consumers of ${stream}`, { operation: "list_consumers", stream })
      .listConsumers!(stream);
  }

  async deleteConsumer(stream: string, name: string): Promise<boolean> {
    return this.#open(`Cannot delete the consumer ${name} of ${stream}`, {
      operation: "delete_consumer",
      stream,
    })
      .deleteConsumer(stream, name);
  }

  subscribeAll(consumers: readonly BusConsumer[], options: SharedPullOptions): SharedPulls {
    return this.#open("Cannot subscribe", { operation: "subscribe" }).subscribeAll!(consumers, options);
  }

  request<In, Input, Out>(
    contract: RequestContract<In, Input, Out>,
    data: Input,
    options?: RequestOptions,
  ): Promise<Out> {
    return sendRequest(this, contract, data, options);
  }

  async call(subject: string, message: RawMessage, options?: CallOptions): Promise<IncomingMessage> {
    return this.#open(`Cannot send a request to "${subject}"`, { operation: "request", subject })
      .call(subject, message, options);
  }

  async gather(
    subject: string,
    data: string | Uint8Array,
    options?: GatherOptions,
  ): Promise<IncomingMessage[]> {
    const bus = this.#open(`Cannot gather replies from "${subject}"`, { operation: "gather", subject });
    return await bus.gather!(subject, data, options);
  }

  async serve(subject: string, options: ServeOptions): Promise<Serving> {
    return this.#open(`Cannot serve "${subject}"`, { operation: "serve", subject }).serve(subject, options);
  }

  onStateChange(listener: (state: BusState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async flush(): Promise<void> {
    return this.#open("Cannot flush", { operation: "flush" }).flush();
  }

  close(): Promise<void> {
    return this.#closing ??= this.#end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(): Promise<void> {
    this.#abort.abort();
    await this.#connecting;
    if (this.#bus !== undefined) await this.#bus.close();
    else if (this.#refusal === undefined) this.#emit({ type: "closed" });
  }

  /** The connected bus. */
  #open(doing: string, place: BusErrorPlace): MessageBus {
    if (this.#bus !== undefined) return this.#bus;
    if (this.#refusal !== undefined) {
      const { message } = this.#refusal;
      throw busError("refused", `${doing}: ${message}`, { ...place, cause: this.#refusal });
    }
    const why = this.#closing === undefined ? "the bus is not connected yet" : "the bus is closed";
    throw busError("unavailable", `${doing}: ${why}`, place);
  }

  #connected(bus: MessageBus): void {
    this.#bus = bus;
    bus.onStateChange((state) => this.#emit(state));
    if (this.#closing === undefined) this.#emit({ type: "connected" });
  }

  #failed(reason: unknown, logger: LoggerLike | undefined): void {
    if (this.#abort.signal.aborted) return;
    const error = toBusError(reason, "Cannot connect", { operation: "connect" });
    this.#refusal = error;
    logger?.critical("Message bus connection refused", { error });
    this.#emit({ type: "closed", error });
  }

  #emit(state: BusState): void {
    for (const listener of [...this.#listeners]) listener(state);
  }
}
