import type { NatsConnection } from "@nats-io/nats-core";
import type { LoggerLike } from "../../logging/logger.ts";
import { busError, type BusErrorPlace, toBusError } from "../bus/_bus_error.ts";
import { settleWithin } from "../bus/_settle_within.ts";
import type { BusState } from "../bus/message_bus.ts";

const DRAIN_TIMEOUT_MS = 5000;
/** Expected refusals that are remembered. */
const MAX_EXPECTED = 1000;

/** Callbacks of the bus at changes of its connection. They run before the listeners of `onStateChange`. */
export interface ConnectionHooks {
  /** The connection is lost; the client reconnects. */
  onLost(): void;
  /** The connection is restored. */
  onReconnected(): void;
  /** The connection is closed for good. */
  onEnd(): void;
  /** The server does not permit to publish to this subject. */
  onPublishRefused(subject: string): void;
  /** Sends what is queued, before the connection is closed. */
  drain(): Promise<void>;
}

/** Follows the state of a NATS connection: connected, disconnected or closed. */
export class NatsConnectionState {
  readonly #connection: NatsConnection;
  readonly #hooks: ConnectionHooks;
  readonly #log: LoggerLike | undefined;
  readonly #listeners = new Set<(state: BusState) => void>();
  #connected = true;
  #ended = false;
  #closing: Promise<void> | undefined;
  /** The server has reported expired credentials since the last successful connect. Not every server reports it. */
  #isExpired = false;
  /** When the credentials of now expire, in milliseconds since 1970. */
  readonly #expiresAt: () => number;
  #refusal: Error | undefined;
  /** Handlers of refusals, which are called instead of the log, by operation and subject. */
  readonly #expected = new Map<string, (error: Error) => void>();

  constructor(
    connection: NatsConnection,
    hooks: ConnectionHooks,
    log: LoggerLike | undefined,
    expiresAt: () => number,
  ) {
    this.#connection = connection;
    this.#expiresAt = expiresAt;
    this.#hooks = hooks;
    this.#log = log;
    this.#watch();
  }

  /** Whether the server can be reached; also true while `close` sends what is queued. */
  get isUp(): boolean {
    return this.#connected;
  }

  get connected(): boolean {
    return this.#connected && this.#closing === undefined;
  }

  get version(): string {
    return this.#connection.info?.version ?? "0.0.0";
  }

  /** Whether the server belongs to a cluster. */
  get isClustered(): boolean {
    return this.#connection.info?.cluster !== undefined;
  }

  /** Why nothing can be sent, or `undefined` when it can. */
  unavailable(): "closed" | "disconnected" | undefined {
    if (this.#closing !== undefined || this.#connection.isClosed()) return "closed";
    return this.#connected ? undefined : "disconnected";
  }

  assertOpen(doing: string, place: BusErrorPlace): void {
    const reason = this.unavailable();
    if (reason === undefined) return;
    const why = reason === "closed" ? "the bus is closed" : "the connection is lost";
    throw busError("unavailable", `${doing}: ${why}`, place);
  }

  onStateChange(listener: (state: BusState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Tells `onRefused` instead of the log when the server does not permit to publish or subscribe to a subject. Returns the
   * function that ends this. The oldest are forgotten: a server that permits a reply says nothing.
   */
  expectRefusal(
    operation: "publish" | "subscription",
    subject: string,
    onRefused: (error: Error) => void,
  ): () => void {
    const key = `${operation} ${subject}`;
    this.#expected.set(key, onRefused);
    if (this.#expected.size > MAX_EXPECTED) this.#expected.delete(this.#expected.keys().next().value!);
    return () => this.#expected.delete(key);
  }

  close(): Promise<void> {
    return this.#closing ??= this.#drain();
  }

  /** Sends what is queued, then closes. Unlike `nc.drain()` it also closes a connection that is lost. */
  async #drain(): Promise<void> {
    const connection = this.#connection;
    if (!connection.isClosed() && this.#connected) {
      await settleWithin(DRAIN_TIMEOUT_MS, () => this.#hooks.drain());
    }
    await connection.close().catch(() => {});
    await connection.closed();
    this.#end(undefined);
  }

  #end(error: Error | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#connected = false;
    this.#hooks.onEnd();
    this.#emit(error === undefined ? { type: "closed" } : { type: "closed", error });
  }

  #emit(state: BusState): void {
    for (const listener of [...this.#listeners]) listener(state);
  }

  async #watch(): Promise<void> {
    const log = this.#log;
    this.#connection.closed().then((reason) => {
      if (this.#closing !== undefined) return;
      this.#closing = Promise.resolve();
      const error = toBusError(
        this.#refusal ?? reason ?? new Error("closed by somebody else"),
        "The connection to NATS is closed",
        { operation: "connect" },
      );
      log?.critical("Message bus connection closed", { error });
      this.#end(error);
    });
    for await (const status of this.#connection.status()) {
      if (status.type === "disconnect") {
        if (!this.#connected) continue;
        this.#connected = false;
        log?.warn("Message bus connection lost", { server: status.server });
        this.#hooks.onLost();
        this.#emit({ type: "disconnected" });
      } else if (status.type === "reconnect") {
        this.#connected = true;
        this.#isExpired = false;
        log?.info("Message bus connected again", { server: status.server });
        this.#hooks.onReconnected();
        this.#emit({ type: "connected" });
      } else if (status.type === "error") {
        if (!this.#tell(status.error)) log?.error("Message bus error", { error: status.error });
        this.#onError(status.error);
      }
    }
  }

  /** Calls the handler of this refusal; `false` where there is none. */
  #tell(error: Error): boolean {
    const { operation, subject } = error as Error & { operation?: unknown; subject?: unknown };
    const key = `${operation} ${subject}`;
    const onRefused = this.#expected.get(key);
    this.#expected.delete(key);
    onRefused?.(error);
    return onRefused !== undefined;
  }

  #onError(error: Error): void {
    const { name, operation, subject } = error as Error & { operation?: unknown; subject?: unknown };
    if (operation === "publish" && typeof subject === "string") this.#hooks.onPublishRefused(subject);
    if (name === "UserAuthenticationExpiredError") {
      this.#isExpired = true;
    } else if (name === "AuthorizationError" && (this.#isExpired || Date.now() >= this.#expiresAt())) {
      // Expired credentials stay invalid. After any other refusal, as while a server is being configured, keep trying.
      this.#refusal = new Error("the credentials have expired", { cause: error });
      this.#connection.close().catch(() => {});
    }
  }
}
