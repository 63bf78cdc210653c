import type { ConnectionOptions, NatsConnection } from "@nats-io/nats-core";
import { detectRuntime } from "../../internal/runtime.ts";

/** Connects to NATS by TCP. */
export async function connectTcp(options: ConnectionOptions): Promise<NatsConnection> {
  const { connect, NatsConnectionImpl, setTransportFactory } = await import("@nats-io/transport-node");
  const transport = detectRuntime() === "deno" ? await importTransport() : undefined;
  if (transport === undefined) return await connect(options) as unknown as NatsConnection;
  setTransportFactory({
    factory: () => watchSockets(new transport.NodeTransport()),
    dnsResolveFn: transport.nodeResolveHost,
  });
  return await NatsConnectionImpl.connect(options) as unknown as NatsConnection;
}

/** The module of the transport that `connect` uses. It is not a public entry point, so it may be missing. */
function importTransport() {
  return import("@nats-io/transport-node/lib/node_transport.js").catch(() => undefined);
}

/** The part of a Node socket that is used here. */
interface SocketLike {
  on(event: "error", listener: () => void): unknown;
  removeAllListeners(...event: string[]): unknown;
}

/**
 * Keeps an error listener on every socket of a transport. The transport removes its own listeners before it destroys a
 * socket; Deno reports a reset by the server after that, and an `error` event without a listener ends the process. A server
 * that refuses credentials resets the connection almost every time.
 */
function watchSockets<T extends { socket: object }>(transport: T): T {
  let current: SocketLike | undefined;
  return Object.defineProperty(transport, "socket", {
    get: () => current,
    set(socket: SocketLike | undefined) {
      current = socket;
      if (socket === undefined) return;
      const { removeAllListeners } = socket;
      socket.removeAllListeners = (...event) => {
        removeAllListeners.apply(socket, event);
        return socket.on("error", ignore);
      };
      socket.on("error", ignore);
    },
  });
}

function ignore(): void {}
