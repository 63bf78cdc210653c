import type { HttpServer, ServeOptions } from "./_http_server.ts";

interface BunLike {
  serve(options: {
    hostname: string;
    port: number;
    idleTimeout: number;
    development: boolean;
    fetch: ServeOptions["fetch"];
    error(error: unknown): Response;
  }): { readonly hostname: string; readonly port: number; stop(force?: boolean): Promise<void> };
}

/** Seconds without traffic until Bun closes a connection, also while a handler runs; 255 is the most that Bun accepts. */
const IDLE_SECONDS = 255;

/** Serves by `Bun.serve`. */
export function serveOnBun({ hostname, port, fetch, onError }: ServeOptions): HttpServer {
  const { Bun } = globalThis as unknown as { Bun: BunLike };
  const server = Bun.serve({
    hostname,
    port,
    idleTimeout: IDLE_SECONDS,
    development: false,
    fetch,
    error: onError,
  });
  return {
    hostname: server.hostname,
    port: server.port,
    drain: () => server.stop(),
    close: () => server.stop(true),
  };
}
