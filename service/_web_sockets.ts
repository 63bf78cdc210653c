import type { Context } from "hono";
import type { UpgradeWebSocket, WSContext } from "hono/ws";
import { ConfigError } from "../errors/config_error.ts";
import { sleep } from "../internal/clock.ts";
import { detectRuntime } from "../internal/runtime.ts";
import type { LoggerLike } from "../logging/logger.ts";

/** `1001`: the server goes away (RFC 6455, 7.4.1). */
const GOING_AWAY = 1001;
/** Milliseconds that clients have to answer the close frame. */
const CLOSE_MS = 1000;

/** A socket of the runtime; `ws` and Bun can cut it off. */
interface RawSocket {
  terminate?(): void;
}

/** The WebSockets of a service: opens them, and closes them with the service. */
export class WebSockets {
  readonly logger: LoggerLike;
  readonly #open = new Map<unknown, WSContext>();
  readonly #adapter: UpgradeWebSocket;
  #isClosing = false;
  readonly #closed = Promise.withResolvers<void>();

  private constructor(adapter: UpgradeWebSocket, logger: LoggerLike) {
    this.#adapter = adapter;
    this.logger = logger;
  }

  /** Loads Hono's WebSocket adapter for this runtime. */
  static async load(logger: LoggerLike): Promise<WebSockets> {
    return new WebSockets(await loadAdapter(), logger);
  }

  /** Whether the service stops: then a new socket would be closed at once. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Answers a request with the upgrade. */
  upgrade(c: Context, events: Parameters<UpgradeWebSocket>[1] & object): Promise<Response> {
    return this.#adapter(c, events);
  }

  /** Remembers an open socket. */
  add(ws: WSContext): void {
    this.#open.set(ws.raw, ws);
    if (this.#isClosing) ws.close(GOING_AWAY, "Service stopping");
  }

  /** Forgets a closed socket. */
  delete(ws: WSContext): void {
    this.#open.delete(ws.raw);
    if (this.#open.size === 0) this.#closed.resolve();
  }

  /** Closes every socket with 1001; cuts off those whose client does not answer within a second. */
  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#open.size === 0) return;
    for (const ws of this.#open.values()) ws.close(GOING_AWAY, "Service stopping");
    const late = new AbortController();
    await Promise.race([this.#closed.promise, sleep(CLOSE_MS, late.signal).catch(() => {})]);
    late.abort();
    for (const ws of this.#open.values()) (ws.raw as RawSocket | undefined)?.terminate?.();
  }
}

async function loadAdapter(): Promise<UpgradeWebSocket> {
  switch (detectRuntime()) {
    case "deno":
      return (await import("hono/deno")).upgradeWebSocket;
    case "bun":
      return (await import("hono/bun")).upgradeWebSocket;
    case "node":
      return (await import("@hono/node-server")).upgradeWebSocket as UpgradeWebSocket;
    default:
      throw new ConfigError("this runtime has no server to upgrade requests of");
  }
}

// A registered symbol, so that `upgradeWebSocket` of another copy of the package finds them.
const KEY: unique symbol = Symbol.for("@glam/shared.service.sockets.v1") as never;

/** Attaches the WebSockets of a service to the object that its server passes to `app.fetch`. */
export function offerWebSockets(env: object, sockets: WebSockets): void {
  (env as { [KEY]?: WebSockets })[KEY] = sockets;
}

/** The WebSockets of the service that a request came through, where it accepts any. */
export function webSocketsOf(env: unknown): WebSockets | undefined {
  return (env as { [KEY]?: WebSockets } | null | undefined)?.[KEY];
}
