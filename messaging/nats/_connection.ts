import type { ConnectionOptions, NatsConnection, WsConnectionOptions } from "@nats-io/nats-core";
import { readEnv } from "../../internal/environment.ts";
import { reveal, type Revealable } from "../../internal/reveal.ts";
import { detectRuntime } from "../../internal/runtime.ts";
import { busError, toBusError } from "../bus/_bus_error.ts";
import { connectTcp } from "./_connect_tcp.ts";
import type { NatsOptions } from "./nats_options.ts";

const DEFAULT_SERVER = "nats://127.0.0.1:4222";

/** The transport of this process: the NATS client has one for all connections, also those of other copies of the package. */
interface Transports {
  kind: "tcp" | "ws" | undefined;
  open: number;
}

const TRANSPORTS = Symbol.for("@glam/shared.nats.transports");

/** Opens a connection. */
export async function openNats(options: NatsOptions): Promise<NatsConnection> {
  const settings = toConnectionOptions(options);
  const kind = transportOf(options, settings.servers);
  const release = claimTransport(kind);
  try {
    const connection = await connectBy(kind, settings, await authentication(options));
    connection.closed().then(release, release);
    return connection;
  } catch (error) {
    release();
    const servers = settings.servers.map(withoutCredentials).join(", ");
    throw toConnectError(error, servers);
  }
}

type Settings = ConnectionOptions & { readonly servers: string[] };

function toConnectionOptions(options: NatsOptions): Settings {
  const { connectTimeoutMs = 5000, reconnectDelayMs = 250, waitForServer = false, tls, domain } = options;
  if (!(connectTimeoutMs > 0)) {
    throw new RangeError(`Expected \`connectTimeoutMs\` to be more than 0, got ${connectTimeoutMs}`);
  }
  if (!(reconnectDelayMs >= 0)) {
    throw new RangeError(`Expected \`reconnectDelayMs\` to be at least 0, got ${reconnectDelayMs}`);
  }
  if (domain !== undefined && !/^[^\s.*>]+$/.test(domain)) {
    throw new TypeError(`Expected \`domain\` to be one token, got ${JSON.stringify(domain)}`);
  }
  const { servers = readEnv("NATS_SERVERS") ?? DEFAULT_SERVER, name = readEnv("SERVICE_NAME") } = options;
  const list = (typeof servers === "string" ? servers.split(",") : [...servers]).map((server) =>
    server.trim()
  )
    .filter((server) => server !== "");
  if (list.length === 0) throw new TypeError("Expected `servers` to name a server, got none");
  const wantsTls = tls === true || typeof tls === "object" ||
    list.some((server) => server.startsWith("tls://"));
  return {
    servers: list,
    timeout: connectTimeoutMs,
    maxReconnectAttempts: -1,
    reconnectTimeWait: reconnectDelayMs,
    reconnectJitter: 100,
    reconnectJitterTLS: 100,
    ignoreAuthErrorAbort: true,
    waitOnFirstConnect: waitForServer,
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

function transportOf(options: NatsOptions, servers: readonly string[]): "tcp" | "ws" {
  const isWebSocket = servers.some((server) => /^wss?:\/\//i.test(server));
  const { transport = isWebSocket ? "ws" : "tcp" } = options;
  if (transport === "tcp" && isWebSocket) {
    throw new TypeError('Cannot connect to ws:// with the transport "tcp"; leave `transport` out');
  }
  if (transport === "tcp" && detectRuntime() === "workerd") {
    throw new TypeError(
      'Cannot connect by TCP on workerd; give a server such as "wss://nats.example.com:443"',
    );
  }
  if (transport === "ws" && options.tls !== undefined && options.tls !== false) {
    throw new TypeError("Cannot set `tls` with a WebSocket: wss:// is secured by the runtime");
  }
  if (transport === "ws" && typeof WebSocket === "undefined") {
    throw new TypeError(
      "Cannot connect by WebSocket: this runtime has none (Node has it from version 22 on)",
    );
  }
  return transport;
}

/** Claims the transport of the process; returns the function that releases it. */
function claimTransport(kind: "tcp" | "ws"): () => void {
  const globals = globalThis as { [TRANSPORTS]?: Transports };
  const transports = globals[TRANSPORTS] ??= { kind: undefined, open: 0 };
  if (transports.open > 0 && transports.kind !== kind) {
    throw new TypeError(
      `Cannot connect by ${kind}: a connection by ${transports.kind} is open in this process, and could not reconnect; ` +
        "close it first",
    );
  }
  transports.kind = kind;
  transports.open++;
  let isHeld = true;
  return () => {
    if (isHeld) transports.open--;
    isHeld = false;
  };
}

async function authentication(options: NatsOptions): Promise<Partial<ConnectionOptions>> {
  const { token, creds, nkey, user, pass } = options;
  const given = Object.entries({ user, token, creds, nkey }).filter(([, value]) => value !== undefined);
  if (given.length > 1) {
    throw new TypeError(
      `Expected one kind of credentials, got ${given.map(([name]) => `\`${name}\``).join(" and ")}`,
    );
  }
  if (token !== undefined) return { token: textOf(token) };
  if (user !== undefined) return { user, ...pass !== undefined && { pass: textOf(pass) } };
  if (creds !== undefined || nkey !== undefined) {
    const { credsAuthenticator, nkeyAuthenticator } = await import("@nats-io/nats-core");
    const bytes = new TextEncoder().encode(textOf(creds ?? nkey!));
    return { authenticator: creds === undefined ? nkeyAuthenticator(bytes) : credsAuthenticator(bytes) };
  }
  const fromEnvironment = readEnv("NATS_USER");
  if (fromEnvironment === undefined) return {};
  return { user: fromEnvironment, pass: readEnv("NATS_PASSWORD") ?? "" };
}

function textOf(value: string | Revealable): string {
  return reveal(value) as string;
}

async function connectBy(
  kind: "tcp" | "ws",
  settings: Settings,
  auth: Partial<ConnectionOptions>,
): Promise<NatsConnection> {
  if (kind === "tcp") return await connectTcp({ ...settings, ...auth });
  const { wsconnect } = await import("@nats-io/nats-core");
  const { tls: _, ...rest } = settings;
  const options: WsConnectionOptions = { ...rest, ...auth };
  if (detectRuntime() === "workerd") {
    // The addresses that a cluster announces cannot be reached from a worker, and workerd does not resolve names.
    Object.assign(options, { ignoreClusterUpdates: true, resolve: false, wsFactory: openWorkerSocket });
  }
  return await wsconnect(options);
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

function toConnectError(error: unknown, servers: string): Error {
  if (error instanceof TypeError || error instanceof RangeError) return error;
  const doing = `Cannot connect to ${servers}`;
  const { name, message, code } = Object(error) as { name?: unknown; message?: unknown; code?: unknown };
  if (
    name === "AuthorizationError" ||
    /authorization|authentication|permissions violation/i.test(String(message))
  ) {
    return busError("refused", `${doing}: the server refuses these credentials`, {
      operation: "connect",
      cause: error,
    });
  }
  // Anything else that fails before the connection is up: a closed port, an unknown name, a certificate.
  const reason = String(message || code || name);
  return busError("unavailable", `${doing}: ${reason}`, {
    operation: "connect",
    cause: toBusError(error, doing, {}),
  });
}

function withoutCredentials(server: string): string {
  return server.replace(/\/\/[^@/]*@/, "//");
}
