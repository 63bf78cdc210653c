import type { HttpServer, ServeOptions } from "./_http_server.ts";

interface DenoLike {
  serve(
    options: {
      hostname: string;
      port: number;
      signal: AbortSignal;
      onListen(): void;
      onError(error: unknown): Response;
    },
    handler: ServeOptions["fetch"],
  ): {
    readonly addr: { readonly hostname: string; readonly port: number };
    readonly finished: Promise<void>;
    shutdown(): Promise<void>;
  };
}

/** Serves by `Deno.serve`. */
export function serveOnDeno({ hostname, port, fetch, onError }: ServeOptions): HttpServer {
  const { Deno } = globalThis as unknown as { Deno: DenoLike };
  const controller = new AbortController();
  const { signal } = controller;
  const server = Deno.serve({ hostname, port, signal, onListen: () => {}, onError }, fetch);
  let draining: Promise<void> | undefined;
  return {
    hostname: server.addr.hostname,
    port: server.addr.port,
    drain: () => draining ??= server.shutdown(),
    async close() {
      // Deno cuts nothing off that drains: an abort would throw then. What hangs ends with the process.
      if (draining !== undefined) return;
      controller.abort();
      await server.finished;
    },
  };
}
