import process from "node:process";

/** Where the service listens: on loopback, at `PORT`. */
export const address: { readonly hostname: string; readonly port: number } = {
  hostname: "127.0.0.1",
  port: Number(process.env["PORT"] ?? 8080),
};

type Fetch = (request: Request, env?: never) => Response | Promise<Response>;

/**
 * Serves on Deno and Node until SIGINT or SIGTERM, then calls `close`; Bun serves the default export of the main module.
 */
export async function serve(fetch: Fetch, close: () => Promise<void>): Promise<void> {
  const stop = "Deno" in globalThis
    ? serveOnDeno(fetch)
    : "Bun" in globalThis
    ? undefined
    : await serveOnNode(fetch);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, async () => {
      console.log("Stopping");
      await stop?.();
      await close();
      process.exit(0);
    });
  }
  announce();
}

function serveOnDeno(fetch: Fetch): () => Promise<void> {
  try {
    const server = Deno.serve(
      { ...address, onListen: () => {} },
      (request, info) => fetch(request, info as never),
    );
    return () => server.shutdown();
  } catch (error) {
    return refuse(error);
  }
}

async function serveOnNode(fetch: Fetch): Promise<() => Promise<void>> {
  const { serve } = await import("@hono/node-server");
  const server = serve({ fetch: fetch as never, ...address });
  server.once("error", refuse);
  return () => new Promise((resolve) => server.close(() => resolve()));
}

function refuse(error: unknown): never {
  if ((error as { code?: string }).code !== "EADDRINUSE") throw error;
  console.error(`Port ${address.port} is in use. Choose another one: PORT=8081 deno task start`);
  process.exit(1);
}

function announce(): void {
  const url = `http://${address.hostname}:${address.port}`;
  console.log(`credits is on ${url}. Try:

  curl -i ${url}/api/v1/merchants/demo
  curl -i ${url}/api/v1/merchants/demo/credits/deduct -H 'content-type: application/json' -d '{"amount": 30}'
  curl -i '${url}/api/v1/merchants/demo/ledger?limit=1'
`);
}
