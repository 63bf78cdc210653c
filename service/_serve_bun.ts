import type { HttpServer, ServeOptions } from "./_http_server.ts";

interface BunLike {
  serve(options: {
    hostname: string;
    port: number;
    idleTimeout: number;
    development: boolean;
    fetch: ServeOptions["fetch"];
    error(error: unknown): Response;
    websocket?: unknown;
  }): { readonly hostname: string; readonly port: number; stop(force?: boolean): Promise<void> };
}

/** Seconds without traffic until Bun closes a connection, also while a handler runs; 255 is the most that Bun accepts. */
const IDLE_SECONDS = 255;

/** Serves by `Bun.serve`. */
export async function serveOnBun(options: ServeOptions): Promise<HttpServer> {
  const { hostname, port, fetch, onError } = options;
  const websocket = options.websocket ? (await import("hono/bun")).websocket : undefined;
  const { Bun } = globalThis as unknown as { Bun: BunLike };
  const server = Bun.serve({
    hostname,
    port,
    idleTimeout: IDLE_SECONDS,
    development: false,
    fetch,
    error: onError,
    ...websocket !== undefined && { websocket },
  });
  return {
    hostname: server.hostname,
    port: server.port,
    drain: () => server.stop(),
    close: () => server.stop(true),
  };
}
