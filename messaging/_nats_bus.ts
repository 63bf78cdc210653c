import type { JetStreamManager } from "@nats-io/jetstream";
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import { detectRuntime } from "../internal/runtime.ts";
import { assertConsumerConfig, fullConsumerConfig } from "./_consumer_config.ts";
import { busError, type BusErrorPlace, toBusError } from "./_bus_error.ts";
import { NatsAcks } from "./_nats_acks.ts";
import { bindServerConsumer, findServerConsumer, toConsumerInfo } from "./_nats_consumers.ts";
import { NatsInbox, saysNobody } from "./_nats_inbox.ts";
import { decodeHeaders, encodeHeaders, NatsMessage } from "./_nats_message.ts";
import { publishHeaders, readAck } from "./_nats_publish.ts";
import { NatsPull } from "./_nats_pull.ts";
import { serveRequests } from "./_nats_serve.ts";
import { assertSupported, ensureServerStream, findServerStream, toStreamInfo } from "./_nats_streams.ts";
import { assertSubject } from "./_subject.ts";
import { within } from "./_within.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { BusConsumer, ConsumerConfig, ConsumerOptions } from "./consumer.ts";
import type { RequestContract, RequestOptions } from "./define_request.ts";
import type {
  BusState,
  CallOptions,
  IncomingMessage,
  MessageBus,
  OutgoingMessage,
  PublishAck,
  PublishOptions,
  RawMessage,
  ServeOptions,
  Serving,
} from "./message_bus.ts";
import type { NatsOptions } from "./nats_options.ts";
import { sendRequest } from "./send_request.ts";
import type {
  EnsureStreamOptions,
  MessageQuery,
  PurgeOptions,
  StoredMessage,
  StreamConfig,
  StreamInfo,
  StreamReport,
} from "./stream.ts";

const DRAIN_TIMEOUT_MS = 5000;
const UTF8 = new TextEncoder();

/** A bus on a connection to NATS. */
export class NatsBus implements MessageBus {
  readonly clock: Clock = systemClock;
  readonly #connection: NatsConnection;
  readonly #options: NatsOptions;
  readonly #inboxPrefix: string;
  readonly #inbox: NatsInbox;
  readonly #acks: NatsAcks;
  readonly #pulls = new Set<NatsPull>();
  readonly #servings = new Set<Serving>();
  readonly #listeners = new Set<(state: BusState) => void>();
  readonly #asking = new Set<(error: Error) => void>();
  #manager: Promise<JetStreamManager> | undefined;
  #connected = true;
  #closing: Promise<void> | undefined;

  constructor(connection: NatsConnection, inboxPrefix: string, options: NatsOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#inboxPrefix = inboxPrefix;
    this.#inbox = new NatsInbox(connection, `${inboxPrefix}.ack`);
    this.#acks = new NatsAcks(connection, () => this.#connected);
    this.#watch();
  }

  get connected(): boolean {
    return this.#connected && this.#closing === undefined;
  }

  get maxPayloadBytes(): number {
    return this.#connection.info?.max_payload ?? 1_048_576;
  }

  publish(message: OutgoingMessage, { timeoutMs = 5000 }: PublishOptions = {}): Promise<PublishAck> {
    return new Promise((resolve, reject) => {
      const { subject } = message;
      assertSubject(subject);
      const place = { operation: "publish", subject, stream: message.stream };
      const doing = `Cannot publish "${subject}"`;
      this.#assertOpen(doing, place);
      const own = publishHeaders(message, () => this.#version);
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

  ensureStream(config: StreamConfig, options: EnsureStreamOptions = {}): Promise<StreamReport> {
    const place = { operation: "ensure_stream", stream: config.name };
    return this.#ask(`Cannot ensure ${config.name}`, place, (manager) => {
      assertSupported(config, this.#version);
      return ensureServerStream(manager, config, options);
    });
  }

  deleteStream(name: string): Promise<boolean> {
    return this.#ask(
      `Cannot delete ${name}`,
      { operation: "delete_stream", stream: name },
      async (manager) => {
        return await findServerStream(manager, name) !== undefined && await manager.streams.delete(name);
      },
    );
  }

  streamInfo(name: string): Promise<StreamInfo | undefined> {
    return this.#ask(`Cannot read ${name}`, { operation: "stream_info", stream: name }, async (manager) => {
      const info = await findServerStream(manager, name);
      return info === undefined ? undefined : toStreamInfo(info);
    });
  }

  findStream(subject: string): Promise<string | undefined> {
    const doing = `Cannot look for the stream of "${subject}"`;
    return this.#ask(doing, { operation: "find_stream", subject }, async (manager) => {
      for await (const name of manager.streams.names(subject)) return name;
      return undefined;
    });
  }

  readMessage(stream: string, query: MessageQuery): Promise<StoredMessage | undefined> {
    const doing = `Cannot read a message of ${stream}`;
    return this.#ask(doing, { operation: "read_message", stream }, async (manager) => {
      const request = "sequence" in query
        ? { seq: query.sequence }
        : { seq: query.from, next_by_subj: query.subject ?? ">" }; // which the client's type lacks
      const found = await manager.streams.getMessage(stream, request as { seq: number });
      return found === null ? undefined : {
        subject: found.subject,
        sequence: found.seq,
        timeNanos: toNanos(found.timestamp),
        headers: decodeHeaders(found.header),
        data: found.data,
      };
    });
  }

  deleteMessage(stream: string, sequence: number): Promise<boolean> {
    const doing = `Cannot delete message ${sequence} of ${stream}`;
    return this.#ask(doing, { operation: "delete_message", stream }, async (manager) => {
      try {
        return await manager.streams.deleteMessage(stream, sequence);
      } catch (error) {
        // 10043: there is no message of this sequence.
        if ((error as { code?: unknown }).code === 10043) return false;
        throw error;
      }
    });
  }

  purgeStream(stream: string, { subject, before }: PurgeOptions = {}): Promise<number> {
    return this.#ask(`Cannot purge ${stream}`, { operation: "purge", stream }, async (manager) => {
      const { purged } = await manager.streams.purge(stream, {
        ...subject !== undefined && { filter: subject },
        ...before !== undefined && { seq: before },
      } as { filter: string });
      return purged;
    });
  }

  async consumer(config: ConsumerConfig, { update = false }: ConsumerOptions = {}): Promise<BusConsumer> {
    assertConsumerConfig(config);
    const { stream, name } = config;
    const place = { operation: "bind_consumer", stream };
    const doing = `Cannot bind to the consumer ${name} of ${stream}`;
    assertNotAtTheEdge(doing, place);
    const created = await this.#ask(doing, place, (manager) => bindServerConsumer(manager, config, update));
    const info = () =>
      this.#ask(
        `Cannot read the consumer ${name}`,
        { operation: "consumer_info", stream },
        async (manager) => {
          const found = await findServerConsumer(manager, stream, name);
          return found === undefined ? undefined : toConsumerInfo(found);
        },
      );
    return {
      config: fullConsumerConfig(config),
      created,
      info,
      subscribe: (options) => {
        this.#assertOpen("Cannot subscribe", { operation: "subscribe", stream });
        const pull = new NatsPull({
          connection: this.#connection,
          nextSubject: `${this.#apiPrefix}.CONSUMER.MSG.NEXT.${stream}.${name}`,
          newInbox: () => `${this.#inboxPrefix}.${crypto.randomUUID()}`,
          unavailable: () => this.#unavailable(),
          onClose: (closed) => this.#pulls.delete(closed),
          flushAnswers: () => this.#acks.flush(),
          inspect: info,
          answer: (subject, payload) => this.#acks.add(subject, payload),
          confirm: (subject, timeoutMs) => this.#confirm(subject, timeoutMs, stream),
        }, options);
        this.#pulls.add(pull);
        return pull;
      },
      oldest: async () => {
        const state = await info();
        if (state === undefined || state.ackPending + state.pending === 0) return undefined;
        return await this.readMessage(stream, { from: state.ackFloor + 1, subject: config.filterSubject });
      },
    };
  }

  deleteConsumer(stream: string, name: string): Promise<boolean> {
    const doing = `Cannot delete the consumer ${name} of ${stream}`;
    return this.#ask(doing, { operation: "delete_consumer", stream }, async (manager) => {
      return await findServerConsumer(manager, stream, name) !== undefined &&
        await manager.consumers.delete(stream, name);
    });
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
      this.#assertOpen(doing, place);
      signal?.throwIfAborted();
      const headers = encodeHeaders(message.headers ?? [], "");
      const end = () => signal?.removeEventListener("abort", onAbort);
      const token = this.#send(subject, message.data, headers, timeoutMs, doing, place, (reply) => {
        end();
        if (saysNobody(reply)) reject(busError("no_responder", `${doing}: nobody answers it`, place));
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

  // deno-lint-ignore require-await -- what is refused is a rejection
  async serve(subject: string, options: ServeOptions): Promise<Serving> {
    const place = { operation: "serve", subject };
    assertNotAtTheEdge(`Cannot serve "${subject}"`, place);
    this.#assertOpen(`Cannot serve "${subject}"`, place);
    const serving = serveRequests(this.#connection, subject, options);
    const close = async () => {
      this.#servings.delete(own);
      await serving.close();
    };
    const own: Serving = { close };
    this.#servings.add(own);
    return own;
  }

  onStateChange(listener: (state: BusState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  flush(): Promise<void> {
    this.#acks.flush();
    return this.#ask("Cannot flush", { operation: "flush" }, () => this.#connection.flush());
  }

  close(): Promise<void> {
    return this.#closing ??= this.#drain();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Sends what waits, as long as somebody takes it. `nc.drain()` rejects, and leaves the connection open, without one. */
  async #drain(): Promise<void> {
    const connection = this.#connection;
    if (!connection.isClosed() && this.#connected) {
      await within(DRAIN_TIMEOUT_MS, async () => {
        await Promise.all([...this.#servings].map((serving) => serving.close()));
        await this.#inbox.settled();
        this.#acks.flush();
        await connection.flush();
      });
    }
    await connection.close().catch(() => {});
    await connection.closed();
    this.#end(undefined);
  }

  #end(error: Error | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#connected = false;
    this.#failAll("the bus is closed");
    this.#inbox.stop();
    for (const pull of [...this.#pulls]) {
      pull.end("closed");
      pull.close();
    }
    this.#tell(error === undefined ? { type: "closed" } : { type: "closed", error });
  }

  #ended = false;

  async #watch(): Promise<void> {
    const { logger: log } = this.#options;
    this.#connection.closed().then((reason) => {
      if (this.#closing !== undefined) return;
      this.#closing = Promise.resolve();
      const error = toBusError(
        reason ?? new Error("closed by somebody else"),
        "The connection to NATS is closed",
        {
          operation: "connect",
        },
      );
      log?.critical("Message bus connection closed", { error });
      this.#end(error);
    });
    for await (const status of this.#connection.status()) {
      if (status.type === "disconnect") {
        if (!this.#connected) continue;
        this.#connected = false;
        log?.warn("Message bus connection lost", { server: status.server });
        this.#failAll("the connection was lost");
        for (const pull of [...this.#pulls]) pull.end("disconnected");
        this.#tell({ type: "disconnected" });
      } else if (status.type === "reconnect") {
        this.#connected = true;
        log?.info("Message bus connected again", { server: status.server });
        this.#acks.flush();
        this.#tell({ type: "connected" });
      } else if (status.type === "error") {
        log?.error("Message bus error", { error: status.error });
        const { operation, subject } = status.error as { operation?: unknown; subject?: unknown };
        if (operation === "publish" && typeof subject === "string") this.#inbox.refuse(subject);
      }
    }
  }

  /** Rejects whatever waits for an answer: there will be none. */
  #failAll(reason: string): void {
    this.#inbox.failAll(reason);
    for (const fail of [...this.#asking]) fail(new Error(reason));
  }

  #tell(state: BusState): void {
    for (const listener of [...this.#listeners]) listener(state);
  }

  #send(...args: Parameters<NatsInbox["send"]>): string {
    try {
      return this.#inbox.send(...args);
    } catch (error) {
      throw toBusError(error, args[4], args[5]);
    }
  }

  async #confirm(subject: string, timeoutMs: number, stream: string): Promise<void> {
    const place = { operation: "ack", stream };
    const doing = "Cannot acknowledge";
    this.#assertOpen(doing, place);
    const reply = await new Promise<Msg>((resolve, reject) => {
      this.#send(subject, "", undefined, timeoutMs, doing, place, resolve, reject);
    });
    if (saysNobody(reply)) throw busError("unavailable", `${doing}: the consumer is gone`, place);
  }

  /** Asks the server something; rejects at once when the connection is lost meanwhile. */
  async #ask<T>(
    doing: string,
    place: BusErrorPlace,
    ask: (manager: JetStreamManager) => Promise<T>,
  ): Promise<T> {
    this.#assertOpen(doing, place);
    let fail: (error: Error) => void = () => {};
    const lost = new Promise<never>((_, reject) => fail = reject);
    lost.catch(() => {});
    const onLost = (error: Error) => fail(busError("unavailable", `${doing}: ${error.message}`, place));
    this.#asking.add(onLost);
    try {
      this.#manager ??= this.#openManager();
      return await Promise.race([this.#manager.then(ask), lost]);
    } catch (error) {
      throw this.#isUnanswered(error)
        ? busError("unavailable", `${doing}: JetStream does not answer`, { ...place, cause: error })
        : toBusError(error, doing, place);
    } finally {
      this.#asking.delete(onLost);
    }
  }

  #isUnanswered(error: unknown): boolean {
    return error instanceof Error && error.name === "JetStreamNotEnabled";
  }

  async #openManager(): Promise<JetStreamManager> {
    const { jetstreamManager } = await import("@nats-io/jetstream");
    const { domain } = this.#options;
    return await jetstreamManager(this.#connection, {
      checkAPI: false,
      ...domain !== undefined && { domain },
    });
  }

  get #apiPrefix(): string {
    const { domain } = this.#options;
    return domain === undefined ? "$JS.API" : `$JS.${domain}.API`;
  }

  get #version(): string {
    return this.#connection.info?.version ?? "0.0.0";
  }

  #unavailable(): "closed" | "disconnected" | undefined {
    if (this.#closing !== undefined || this.#connection.isClosed()) return "closed";
    return this.#connected ? undefined : "disconnected";
  }

  #assertOpen(doing: string, place: BusErrorPlace): void {
    const reason = this.#unavailable();
    if (reason === undefined) return;
    const why = reason === "closed" ? "the bus is closed" : "the connection is lost";
    throw busError("unavailable", `${doing}: ${why}`, place);
  }
}

function assertNotAtTheEdge(doing: string, place: BusErrorPlace): void {
  if (detectRuntime() !== "workerd") return;
  throw busError("unsupported", `${doing}: a connection on workerd does not outlive its request`, place);
}

/** RFC 3339 with nanoseconds, as nanoseconds since 1970. */
function toNanos(timestamp: string): bigint {
  const fraction = /\.(\d+)/.exec(timestamp)?.[1] ?? "";
  const seconds = Date.parse(timestamp.replace(/\.\d+/, "")) / 1000;
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, "0"));
}
