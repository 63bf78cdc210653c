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

/** The transport that `connect` makes, which its package does not promise to keep where it is. */
function importTransport() {
  return import("@nats-io/transport-node/lib/node_transport.js").catch(() => undefined);
}

/** What is used of a socket of Node. */
interface SocketLike {
  on(event: "error", listener: () => void): unknown;
  removeAllListeners(...event: string[]): unknown;
}

/**
 * Keeps a listener to the errors of each socket of a transport. The transport removes its own before it destroys one; on
 * Deno a reset that the server sent meanwhile is told only then, and an error that nobody listens to ends the process.
 * A server that refuses credentials resets nearly every time.
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
