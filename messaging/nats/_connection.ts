import type { ConnectionOptions, NatsConnection, WsConnectionOptions } from "@nats-io/nats-core";
import { readEnv } from "../../internal/environment.ts";
import { detectRuntime } from "../../internal/runtime.ts";
import { assertStreamLayout } from "../bus/domain_streams.ts";
import { authentication, textOf } from "./_authentication.ts";
import { toConnectError } from "./_connect_error.ts";
import { connectTcp } from "./_connect_tcp.ts";
import { inboxPrefixOf } from "./_inbox_prefix.ts";
import type { NatsOptions } from "./nats_options.ts";
import { type NatsServers, parseServers } from "./_servers.ts";
import { claimTransport, type TransportKind, transportOf } from "./_transport.ts";

const DEFAULT_SERVER = "nats://127.0.0.1:4222";

/** A connection whose options are valid, and which is not open yet. */
export interface Dialer {
  /** Name of the connection. */
  readonly name: string | undefined;
  /** Prefix of every inbox of the connection. */
  readonly inboxPrefix: string;
  /** Delay between two attempts. */
  readonly delayMs: number;
  /** Makes one attempt to connect. Rejects with a `MessageBusError`. */
  dial(): Promise<NatsConnection>;
}

/**
 * Checks the options of a connection.
 *
 * @throws {TypeError} when options are malformed or exclude each other.
 * @throws {RangeError} when a number is out of range.
 * @throws {MessageBusError} with kind `refused` when a seed or a `.creds` text is malformed.
 */
export async function createDialer(options: NatsOptions): Promise<Dialer> {
  const { servers: given = readEnv("NATS_SERVERS") ?? DEFAULT_SERVER } = options;
  const servers = parseServers(given);
  const settings = toConnectionOptions(options, servers);
  const inboxPrefix = inboxPrefixOf(options.inboxPrefix);
  if (options.streams !== undefined) assertStreamLayout(options.streams);
  const kind = transportOf(options, servers.isWebSocket);
  const auth = await authentication(options, servers);
  return {
    name: settings.name,
    inboxPrefix,
    delayMs: settings.reconnectTimeWait!,
    async dial() {
      const release = claimTransport(kind);
      try {
        const connection = await connectBy(kind, { ...settings, ...auth, inboxPrefix });
        connection.closed().then(release, release);
        return connection;
      } catch (error) {
        release();
        throw toConnectError(error, servers.shown);
      }
    },
  };
}

function toConnectionOptions(options: NatsOptions, servers: NatsServers): ConnectionOptions {
  const {
    connectTimeoutMs = 5000,
    reconnectDelayMs = 250,
    apiTimeoutMs = 5000,
    tls,
    domain,
    name = readEnv("SERVICE_NAME"),
  } = options;
  if (!(connectTimeoutMs > 0)) {
    throw new RangeError(`Expected \`connectTimeoutMs\` to be more than 0, got ${connectTimeoutMs}`);
  }
  if (!(reconnectDelayMs >= 0)) {
    throw new RangeError(`Expected \`reconnectDelayMs\` to be at least 0, got ${reconnectDelayMs}`);
  }
  if (!(apiTimeoutMs > 0)) {
    throw new RangeError(`Expected \`apiTimeoutMs\` to be more than 0, got ${apiTimeoutMs}`);
  }
  if (domain !== undefined && !/^[^\s.*>]+$/.test(domain)) {
    throw new TypeError(`Expected \`domain\` to be one token, got ${JSON.stringify(domain)}`);
  }
  const wantsTls = tls === true || typeof tls === "object" ||
    servers.addresses.some((address) => /^tls:\/\//i.test(address));
  return {
    servers: servers.addresses,
    timeout: connectTimeoutMs,
    maxReconnectAttempts: -1,
    reconnectTimeWait: reconnectDelayMs,
    reconnectJitter: 100,
    reconnectJitterTLS: 100,
    ignoreAuthErrorAbort: true,
    noAsyncTraces: true,
    pingInterval: 10_000,
    ...name !== undefined && { name },
    ...wantsTls && { tls: tlsOptions(tls) },
  };
}

function tlsOptions(tls: NatsOptions["tls"]): ConnectionOptions["tls"] & object {
  if (typeof tls !== "object") return {};
  return { ...tls, ...tls.key !== undefined && { key: textOf(tls.key) } } as
    & ConnectionOptions["tls"]
    & object;
}

async function connectBy(kind: TransportKind, options: ConnectionOptions): Promise<NatsConnection> {
  if (kind === "tcp") return await connectTcp(options);
  const { wsconnect } = await import("@nats-io/nats-core");
  const { tls: _, ...rest } = options;
  const settings: WsConnectionOptions = { ...rest };
  if (detectRuntime() === "workerd") {
    // The addresses that a cluster announces cannot be reached from a worker, and workerd does not resolve names.
    Object.assign(settings, { ignoreClusterUpdates: true, resolve: false, wsFactory: openWorkerSocket });
  }
  return await wsconnect(settings);
}

/** Opens a WebSocket in the way of Cloudflare's runtime. */
async function openWorkerSocket(url: string): Promise<{ socket: WebSocket; encrypted: boolean }> {
  const response = await fetch(url.replace(/^ws/, "http"), { headers: { Upgrade: "websocket" } }) as
    & Response
    & { readonly webSocket: (WebSocket & { accept(): void }) | null };
  const socket = response.webSocket;
  if (socket === null) throw new Error(`The server answered ${response.status} instead of a WebSocket`);
  socket.accept();
  return { socket, encrypted: url.startsWith("wss:") };
}
