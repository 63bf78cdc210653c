/**
 * Serves an application on a free port of the loopback interface, by the server of the runtime: `Deno.serve`,
 * `Bun.serve`, and `@hono/node-server` on Node.
 *
 * @module
 */

/** What a server calls for each request: the `fetch` of a Hono application. */
export type FetchHandler = (request: Request, env?: object) => Response | Promise<Response>;

/** A server that listens until it is disposed of. */
export interface ServedApp extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string;
}

interface BunLike {
  serve(options: {
    hostname: string;
    port: number;
    idleTimeout: number;
    fetch(request: Request, server: object): Response | Promise<Response>;
  }): { readonly port: number; stop(force: boolean): Promise<void> };
}

const hostname = "127.0.0.1";
/**
 * The keep-alive timeout: longer than that of any client on a busy machine. Otherwise the server may close a connection
 * while the next request is in flight.
 */
const KEEP_ALIVE_SECONDS = 255; // the longest that Bun takes

/** Serves `handler` on a free port. */
export async function serveApp(handler: FetchHandler): Promise<ServedApp> {
  const { Bun } = globalThis as { Bun?: BunLike };
  const { port, stop } = "Deno" in globalThis
    ? serveOnDeno(handler)
    : Bun !== undefined
    ? serveOnBun(Bun, handler)
    : await serveOnNode(handler);
  return { port, url: `http://${hostname}:${port}`, [Symbol.asyncDispose]: stop };
}

interface Listening {
  readonly port: number;
  stop(): Promise<void>;
}

function serveOnDeno(handler: FetchHandler): Listening {
  const controller = new AbortController();
  const server = Deno.serve(
    { hostname, port: 0, onListen: () => {}, signal: controller.signal },
    (request, info) => handler(request, info),
  );
  return {
    port: server.addr.port,
    stop: async () => {
      controller.abort(); // at once: `shutdown()` would wait for connections that clients keep alive
      await server.finished;
    },
  };
}

function serveOnBun(bun: BunLike, handler: FetchHandler): Listening {
  const server = bun.serve({
    hostname,
    port: 0,
    idleTimeout: KEEP_ALIVE_SECONDS,
    // With an illegal `Host`, Bun's `url` is only what stood in the request line, in which Hono finds another path.
    fetch: (request, server) =>
      request.url.startsWith("http") ? handler(request, server) : new Response(null, { status: 400 }),
  });
  return { port: server.port, stop: () => server.stop(true) };
}

async function serveOnNode(handler: FetchHandler): Promise<Listening> {
  const { serve } = await import("@hono/node-server");
  return await new Promise((resolve) => {
    const serverOptions = { keepAliveTimeout: KEEP_ALIVE_SECONDS * 1000 };
    const server = serve({ fetch: handler as never, hostname, port: 0, serverOptions }, ({ port }) => {
      const stop = () =>
        new Promise<void>((closed) => {
          server.close(() => closed());
          (server as { closeAllConnections?(): void }).closeAllConnections?.();
        });
      resolve({ port, stop });
    });
  });
}
