import { ConfigError } from "../errors/config_error.ts";
import type { HttpServer, ServeOptions } from "./_http_server.ts";

type Adapter = typeof import("@hono/node-server");

/** Milliseconds that an idle connection is kept: longer than load balancers keep theirs, so that they close it first. */
const KEEP_ALIVE_MS = 75_000;
const IDLE_CHECK_MS = 50;

/** Serves by `node:http` and `@hono/node-server`. */
export async function serveOnNode(options: ServeOptions): Promise<HttpServer> {
  const { hostname, port, fetch, onError, onInvalid } = options;
  const [{ createServer }, { getRequestListener, RequestError }] = await Promise.all([
    import("node:http"),
    importAdapter(),
  ]);
  const listener = getRequestListener(fetch, {
    errorHandler: (error) => error instanceof RequestError ? onInvalid() : onError(error),
  });
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, listener);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, hostname, () => {
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

async function importAdapter(): Promise<Adapter> {
  try {
    return await import("@hono/node-server");
  } catch (error) {
    if ((error as { code?: string }).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new ConfigError(
      "the package @hono/node-server is missing, which a service needs on Node. Run: npm install @hono/node-server",
      {
        cause: error,
      },
    );
  }
}
