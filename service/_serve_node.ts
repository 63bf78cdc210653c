import type { IncomingMessage, Server } from "node:http";
import { ConfigError } from "../errors/config_error.ts";
import { keepOneTraceparent } from "./_one_traceparent.ts";
import type { HttpServer, ServeOptions } from "./_http_server.ts";

type Adapter = typeof import("@hono/node-server");

/** Milliseconds that an idle connection is kept: longer than load balancers keep theirs, so that they close it first. */
const KEEP_ALIVE_MS = 75_000;
const IDLE_CHECK_MS = 50;
/** Connections that wait to be accepted; the kernel takes less where its `somaxconn` is less. Node's default is 511. */
const BACKLOG = 4096;
/** Bytes of a WebSocket message: what Bun takes. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** Serves by `node:http` and `@hono/node-server`. */
export async function serveOnNode(options: ServeOptions): Promise<HttpServer> {
  const { hostname, port, fetch, onError, onInvalid } = options;
  keepOneTraceparent();
  const [http, { createAdaptorServer, getRequestListener, RequestError }, sockets] = await Promise.all([
    import("node:http"),
    importAdapter(),
    options.websocket ? createSocketServer() : undefined,
  ]);
  const listener = getRequestListener(fetch, {
    errorHandler: (error) => error instanceof RequestError ? onInvalid() : onError(error),
  });
  const server = http.createServer({
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Node then answers a request for another protocol as any other request; older Nodes do not know the option.
    ...sockets !== undefined && { shouldUpgradeCallback: isWebSocketUpgrade },
  }, listener);
  if (sockets !== undefined) {
    createAdaptorServer({ fetch, createServer: () => server, websocket: { server: sockets } } as never);
    refuseOtherUpgrades(server);
  }
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host: hostname, backlog: BACKLOG }, () => {
      server.off("error", reject);
      server.on("error", (error) => void onError(error)); // such as too many open files: the server goes on
      resolve();
    });
  });
  const closed = new Promise<void>((resolve) => server.once("close", resolve));
  const bound = server.address() as { address: string; port: number };
  return {
    hostname: bound.address,
    port: bound.port,
    async drain() {
      server.close();
      // A connection that was kept alive before is not closed after its last request.
      const timer = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
      await closed.finally(() => clearInterval(timer));
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A server of `ws`, which takes over the connection of a request. */
async function createSocketServer(): Promise<unknown> {
  const { WebSocketServer } = await importPeer(() => import("ws"), "ws", "WebSockets need");
  return new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
}

/** The adapter leaves the connection of a request for another protocol, such as `h2c`, open without an answer. */
function refuseOtherUpgrades(server: Server): void {
  const [upgrade] = server.listeners("upgrade");
  server.removeAllListeners("upgrade");
  server.on("upgrade", (request, socket, head) => {
    if (isWebSocketUpgrade(request)) upgrade!.call(server, request, socket, head);
    else socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  });
}

function isWebSocketUpgrade({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === "websocket";
}

function importAdapter(): Promise<Adapter> {
  return importPeer(() => import("@hono/node-server"), "@hono/node-server", "a service needs");
}

async function importPeer<T>(load: () => Promise<T>, name: string, why: string): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if ((error as { code?: string }).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new ConfigError(`the package ${name} is missing, which ${why} on Node. Run: npm install ${name}`, {
      cause: error,
    });
  }
}
