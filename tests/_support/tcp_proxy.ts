/**
 * A TCP proxy that simulates network faults: resets, delays, and peers that vanish.
 *
 * @module
 */
import { connect, createServer, type Socket } from "node:net";
import { onFreePort } from "./free_port.ts";
import { waitFor } from "./wait_for.ts";

/** A proxy in front of a server. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** Connections that are open now. */
  readonly connections: number;
  /** Cuts every connection (RST). */
  cut(): void;
  /** Silently drops all data from now on, in both directions, also of new connections. */
  vanish(): void;
  /** Delays what comes from the server by so many milliseconds. */
  delay(ms: number): void;
  /** Refuses new connections, and cuts those that are open. */
  refuse(): Promise<void>;
  /** Forwards data again. Dropped data stay lost. */
  heal(): Promise<void>;
}

/** Starts a proxy on a free port. */
export async function startTcpProxy(target: { readonly port: number }): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const sockets = new Set<Socket>();
  const vanished = new WeakSet<object>();
  let swallows = false;
  let delayMs = 0;

  const server = createServer((client) => {
    const upstream = connect(target.port, "127.0.0.1");
    const pair = [client, upstream] as const;
    pairs.add(pair);
    for (const socket of pair) {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    }
    if (swallows) vanished.add(pair);
    const passes = () => !vanished.has(pair);
    client.on("data", (chunk) => passes() && upstream.write(chunk));
    upstream.on("data", (chunk) => {
      if (!passes()) return;
      if (delayMs === 0) client.write(chunk);
      else setTimeout(() => passes() && client.write(chunk), delayMs);
    });
    for (const [from, to] of [[client, upstream], [upstream, client]] as const) {
      from.on("error", () => {});
      from.on("end", () => passes() && to.end());
      from.on("close", () => {
        pairs.delete(pair);
        if (passes()) to.destroy();
      });
    }
  });
  const listen = (port: number) =>
    new Promise<boolean>((resolve) => {
      const taken = () => resolve(false);
      server.once("error", taken);
      server.listen(port, "127.0.0.1", () => {
        server.off("error", taken);
        resolve(true);
      });
    });
  const unlisten = () => new Promise<void>((resolve) => server.close(() => resolve()));

  function cut(): void {
    for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
    pairs.clear();
  }

  async function close(): Promise<void> {
    const closed = server.listening ? unlisten() : undefined;
    cut();
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  const port = await onFreePort(async (free) => await listen(free) ? free : undefined);
  return {
    port,
    get connections() {
      return pairs.size;
    },
    cut,
    vanish() {
      swallows = true;
      for (const pair of pairs) vanished.add(pair);
    },
    delay: (ms) => void (delayMs = ms),
    refuse: close,
    async heal() {
      swallows = false;
      delayMs = 0;
      // The port is reserved, but another process may be probing it at this moment.
      if (!server.listening) await waitFor(() => listen(port), `port ${port} was free again`);
    },
    [Symbol.asyncDispose]: close,
  };
}
