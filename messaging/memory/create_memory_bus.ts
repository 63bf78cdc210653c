// deno-lint-ignore-file require-await -- what a broker refuses is a rejection, never thrown at once
import { assertWhole } from "../../internal/assert_number.ts";
import { busError } from "../bus/_bus_error.ts";
import { assertSubset } from "./_assert_subset.ts";
import { MemoryConsumer } from "./_consumer.ts";
import type { MemoryBus, MemoryBusOptions } from "./memory_bus.ts";
import { MemoryServers } from "./_servers.ts";
import { MemoryStream, toBytes } from "./_stream.ts";
import { fullStreamConfig, streamDrift } from "../bus/_stream_drift.ts";
import {
  assertConsumerConfig,
  consumerDrift,
  fullConsumerConfig,
  isFormer,
  mismatch,
} from "../bus/_consumer_config.ts";
import { headerBytes } from "../bus/_header_bytes.ts";
import { assertSubject, filtersOverlap, isSubject } from "../contract/_subject.ts";
import { sendRequest } from "../request/send_request.ts";
import { type Clock, systemClock } from "../bus/clock.ts";
import { assertStreamLayout, type StreamLayout } from "../bus/domain_streams.ts";
import type { FleetStreamLimits } from "../bus/stream_limits.ts";
import type { BusConsumer, ConsumerConfig, ConsumerOptions, StreamConsumer } from "../bus/consumer.ts";
import type { RequestContract, RequestOptions } from "../contract/define_request.ts";
import type {
  BusState,
  CallOptions,
  GatherOptions,
  IncomingMessage,
  OutgoingMessage,
  PublishAck,
  RawMessage,
  ServeOptions,
  Serving,
} from "../bus/message_bus.ts";
import { MessageHeaders } from "../bus/message_headers.ts";
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

/**
 * Creates a bus in the memory of this process, for tests and for a service without a broker. Streams, durable consumers,
 * acknowledgements, redelivery, limits and duplicates work as on JetStream. Its messages are lost when the process ends.
 *
 * @example
 * ```ts
 * import { createMemoryBus, STREAM_CONFIGS } from "@glam/shared/messaging";
 *
 * await using bus = createMemoryBus();
 * await bus.ensureStream(STREAM_CONFIGS[0]);
 * const { seq } = await bus.publish({ subject: "evt.demo.thing.done.v1", data: "{}" });
 * console.log(seq); // 1
 * ```
 *
 * @throws {TypeError} when `streams` has an unknown key.
 * @throws {RangeError} when a number is out of range.
 */
export function createMemoryBus(options: MemoryBusOptions = {}): MemoryBus {
  return new InMemoryBus(options);
}

class InMemoryBus implements MemoryBus {
  readonly clock: Clock;
  readonly maxPayloadBytes: number;
  readonly streams: FleetStreamLimits | StreamLayout | undefined;
  readonly #streams = new Map<string, MemoryStream<MemoryConsumer>>();
  readonly #servers: MemoryServers;
  readonly #listeners = new Set<(state: BusState) => void>();
  #connected = true;
  #closed = false;

  constructor({ clock = systemClock, maxPayloadBytes = 1_048_576, streams }: MemoryBusOptions) {
    assertWhole("maxPayloadBytes", maxPayloadBytes, 1);
    if (streams !== undefined) assertStreamLayout(streams);
    this.streams = streams;
    this.clock = clock;
    this.maxPayloadBytes = maxPayloadBytes;
    this.#servers = new MemoryServers(maxPayloadBytes);
  }

  get connected(): boolean {
    return this.#connected && !this.#closed;
  }

  async publish(message: OutgoingMessage): Promise<PublishAck> {
    const { subject, headers = [], ttlMs } = message;
    assertSubject(subject);
    this.#assertOpen("publish", subject);
    const place = { operation: "publish", subject };
    if (ttlMs !== undefined) {
      throw busError("unsupported", `Cannot publish "${subject}": the memory bus has no ttlMs`, place);
    }
    const data = toBytes(message.data);
    const bytes = data.length + headerBytes(headers, message.id);
    if (bytes > this.maxPayloadBytes) {
      const limit = `${bytes} bytes are more than the ${this.maxPayloadBytes} that the bus takes`;
      throw busError("too_large", `Cannot publish "${subject}": ${limit}`, place);
    }
    const stream = this.#covering(subject);
    if (stream === undefined) {
      throw busError("no_stream", `Cannot publish "${subject}": no stream covers this subject`, place);
    }
    const ack = stream.store(message, data, new MessageHeaders(withId(headers, message)), bytes);
    if (message.stream !== undefined && message.stream !== ack.stream) {
      const why = `${ack.stream} has stored it, not ${message.stream}`;
      throw busError("no_stream", `Cannot publish "${subject}": ${why}`, {
        ...place,
        stream: message.stream,
      });
    }
    return ack;
  }

  async ensureStream(
    config: StreamConfig,
    { repair = false }: EnsureStreamOptions = {},
  ): Promise<StreamReport> {
    this.#assertOpen("ensure a stream", undefined, config.name);
    const existing = this.#streams.get(config.name);
    if (config.compression === "s2" || config.allowMessageTtl) {
      const what = config.compression === "s2" ? "compression" : "allowMessageTtl";
      throw busError("unsupported", `Cannot ensure ${config.name}: the memory bus has no ${what}`, {
        operation: "ensure_stream",
        stream: config.name,
      });
    }
    this.#assertApart(config);
    if (existing === undefined) {
      this.#streams.set(config.name, new MemoryStream<MemoryConsumer>(fullStreamConfig(config), this.clock));
      return { outcome: "created", drift: [] };
    }
    const { widened, drift, fixed } = streamDrift(existing.config, config);
    const repaired = repair && drift.length > 0;
    if (widened === undefined && !repaired) return { outcome: "unchanged", drift: [...drift, ...fixed] };
    const kept = { ...existing.config, subjects: widened ?? existing.config.subjects };
    const { name: _name, subjects: _subjects, storage: _storage, ...limits } = fullStreamConfig(config);
    existing.configure(repaired ? { ...kept, ...limits } : kept);
    return { outcome: "updated", drift: repaired ? fixed : [...drift, ...fixed] };
  }

  async deleteStream(name: string): Promise<boolean> {
    this.#assertOpen("delete a stream", undefined, name);
    const stream = this.#streams.get(name);
    if (stream === undefined) return false;
    this.#streams.delete(name);
    for (const consumer of stream.consumers.values()) consumer.interrupt("consumer_gone");
    return true;
  }

  async streamInfo(name: string): Promise<StreamInfo | undefined> {
    this.#assertOpen("read a stream", undefined, name);
    return this.#streams.get(name)?.info();
  }

  async listStreams(): Promise<readonly StreamInfo[]> {
    this.#assertOpen("list the streams");
    return [...this.#streams.values()].map((stream) => stream.info()).sort(byName);
  }

  async findStream(subject: string): Promise<string | undefined> {
    this.#assertOpen("look for a stream", subject);
    if (isSubject(subject)) return this.#covering(subject)?.config.name;
    for (const { config } of this.#streams.values()) {
      if (config.subjects.some((own) => filtersOverlap(own, subject))) return config.name;
    }
    return undefined;
  }

  async readMessage(stream: string, query: MessageQuery): Promise<StoredMessage | undefined> {
    return this.#stream(stream, "read a message").read(query);
  }

  async countMessages(stream: string, range: MessageRange): Promise<number> {
    return this.#stream(stream, "count messages").count(range);
  }

  async countSubjects(stream: string): Promise<ReadonlyMap<string, number>> {
    return this.#stream(stream, "count subjects").subjects();
  }

  async *readMessages(stream: string, options: ReadMessagesOptions): AsyncGenerator<StoredMessage, void> {
    for (const message of this.#stream(stream, "read messages").range(options)) {
      options.signal?.throwIfAborted();
      this.#assertOpen("read messages", undefined, stream);
      yield message;
    }
  }

  async deleteMessage(stream: string, sequence: number): Promise<boolean> {
    return this.#stream(stream, "delete a message").remove(sequence);
  }

  async purgeStream(stream: string, options: PurgeOptions = {}): Promise<number> {
    return this.#stream(stream, "purge").purge(options);
  }

  async consumer(config: ConsumerConfig, { update = false }: ConsumerOptions = {}): Promise<BusConsumer> {
    assertConsumerConfig(config);
    const stream = this.#stream(config.stream, "bind a consumer");
    const wanted = fullConsumerConfig(config);
    const existing = stream.consumers.get(config.name);
    const drift = existing === undefined ? [] : consumerDrift(existing.config, wanted);
    if (existing === undefined || update && drift.length > 0) assertSubset(wanted, stream.config);
    if (existing !== undefined && !update && isFormer(drift, wanted, existing.formerAckWaits)) {
      return this.#bind(existing, false);
    }
    if (drift.length > 0 && !update) throw mismatch(config, drift);
    if (existing !== undefined) {
      existing.reconfigure({ ...wanted, deliver: existing.config.deliver });
      return this.#bind(existing, false);
    }
    const consumer = new MemoryConsumer(wanted, stream, this.clock);
    stream.consumers.set(config.name, consumer);
    return this.#bind(consumer, true);
  }

  #bind(consumer: MemoryConsumer, created: boolean): BusConsumer {
    const isThere = () => !consumer.gone;
    return {
      config: consumer.config,
      created,
      subscribe: (options) => {
        const subscription = consumer.subscribe(options);
        subscription.unavailable = () =>
          this.#closed ? "closed" : this.#connected ? undefined : "disconnected";
        return subscription;
      },
      info: async () => {
        this.#assertOpen("read a consumer", undefined, consumer.config.stream);
        return isThere() ? consumer.info() : undefined;
      },
      oldest: async () => {
        this.#assertOpen("read a consumer", undefined, consumer.config.stream);
        return isThere() ? consumer.oldest() : undefined;
      },
    };
  }

  async listConsumers(stream: string): Promise<readonly StreamConsumer[]> {
    const { consumers } = this.#stream(stream, "list consumers");
    return [...consumers.values()].map((consumer) => {
      const { name, filterSubject, maxAckPending } = consumer.config;
      return { ...consumer.info(), name, filterSubjects: [filterSubject], durable: true, maxAckPending };
    }).sort((one, other) => one.name < other.name ? -1 : 1);
  }

  async deleteConsumer(stream: string, name: string): Promise<boolean> {
    this.#assertOpen("delete a consumer", undefined, stream);
    const consumers = this.#streams.get(stream)?.consumers;
    const consumer = consumers?.get(name);
    if (consumers === undefined || consumer === undefined) return false;
    consumers.delete(name);
    consumer.interrupt("consumer_gone");
    return true;
  }

  request<In, Input, Out>(
    contract: RequestContract<In, Input, Out>,
    data: Input,
    options?: RequestOptions,
  ): Promise<Out> {
    return sendRequest(this, contract, data, options);
  }

  async call(subject: string, message: RawMessage, options: CallOptions = {}): Promise<IncomingMessage> {
    assertSubject(subject);
    this.#assertOpen("send a request", subject);
    const bytes = toBytes(message.data).length + headerBytes(message.headers ?? []);
    if (bytes > this.maxPayloadBytes) {
      const limit = `${bytes} bytes are more than the ${this.maxPayloadBytes} that the bus takes`;
      const place = { operation: "request", subject };
      throw busError("too_large", `Cannot send a request to "${subject}": ${limit}`, place);
    }
    return await this.#servers.call(subject, message, options, this.clock);
  }

  async gather(
    subject: string,
    data: string | Uint8Array,
    options: GatherOptions = {},
  ): Promise<IncomingMessage[]> {
    assertSubject(subject);
    this.#assertOpen("gather replies", subject);
    return await this.#servers.gather(subject, data, options, this.clock);
  }

  async serve(subject: string, options: ServeOptions): Promise<Serving> {
    this.#assertOpen("serve", subject);
    return this.#servers.serve(subject, options);
  }

  onStateChange(listener: (state: BusState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  interrupt(): void {
    if (!this.connected) return;
    this.#connected = false;
    this.#everyConsumer((consumer) => consumer.interrupt("disconnected"));
    this.#tell({ type: "disconnected" });
  }

  restore(): void {
    if (this.#connected || this.#closed) return;
    this.#connected = true;
    this.#tell({ type: "connected" });
  }

  async flush(): Promise<void> {
    this.#assertOpen("flush");
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#servers.close();
    this.#everyConsumer((consumer) => {
      consumer.interrupt("closed");
      consumer.stop();
    });
    this.#tell({ type: "closed" });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #tell(state: BusState): void {
    for (const listener of [...this.#listeners]) listener(state);
  }

  #everyConsumer(fn: (consumer: MemoryConsumer) => void): void {
    for (const stream of this.#streams.values()) stream.consumers.forEach(fn);
  }

  #covering(subject: string): MemoryStream<MemoryConsumer> | undefined {
    for (const stream of this.#streams.values()) if (stream.covers(subject)) return stream;
    return undefined;
  }

  #stream(name: string, operation: string): MemoryStream<MemoryConsumer> {
    this.#assertOpen(operation, undefined, name);
    const stream = this.#streams.get(name);
    if (stream !== undefined) return stream;
    throw busError("no_stream", `Cannot ${operation}: there is no stream ${name}`, {
      operation,
      stream: name,
    });
  }

  /** Refuses overlapping subjects: as on JetStream, one subject belongs to one stream. */
  #assertApart(config: StreamConfig): void {
    for (const [name, { config: { subjects } }] of this.#streams) {
      if (name === config.name) continue;
      const clash = config.subjects.find((subject) => subjects.some((own) => filtersOverlap(own, subject)));
      if (clash === undefined) continue;
      throw busError("refused", `Cannot ensure ${config.name}: its subject ${clash} overlaps with ${name}`, {
        operation: "ensure_stream",
        stream: config.name,
      });
    }
  }

  #assertOpen(operation: string, subject?: string, stream?: string): void {
    if (this.connected) return;
    const why = this.#closed ? "the bus is closed" : "the connection is lost";
    const what = subject === undefined ? operation : `${operation} "${subject}"`;
    throw busError("unavailable", `Cannot ${what}: ${why}`, { operation, subject, stream });
  }
}

function byName({ config: one }: StreamInfo, { config: other }: StreamInfo): number {
  return one.name < other.name ? -1 : 1;
}

function withId(
  headers: readonly (readonly [string, string])[],
  { id }: OutgoingMessage,
): readonly (readonly [string, string])[] {
  return id === undefined ? headers : [["Nats-Msg-Id", id], ...headers];
}
