/**
 * Serves one of the applications on a free port, and prints the port.
 *
 *     deno run -A bench/http/serve.ts glam
 *
 * @module
 */
import process from "node:process";
import { type App, createFixed, createFloor, createGlam, createGlamLogging } from "./apps.ts";

const name = process.argv[2] ?? "glam";

if (name.startsWith("fastify")) {
  const { listen } = await import("./fastify.ts");
  console.log(await listen({ hasSchema: name === "fastify-schema", logs: name === "fastify-logging" }));
} else if (name === "glam-logging") {
  await serve(await createGlamLogging());
} else if (name === "service" || name === "operated") {
  const { listenAsService } = await import("./operated.ts");
  console.log(await listenAsService(name === "operated"));
} else if (name.startsWith("contracts")) {
  const { createByContracts, createLimited } = await import("../endpoints/apps.ts");
  const by = { "contracts-by-address": "address", "contracts-by-caller": "caller" } as const;
  const limit = by[name as keyof typeof by];
  await serve(limit === undefined ? createByContracts() : createLimited(limit));
} else {
  const create = { fixed: createFixed, floor: createFloor, glam: createGlam }[name];
  if (create === undefined) throw new Error(`No application "${name}"`);
  await serve(create());
}

async function serve({ fetch }: App): Promise<void> {
  if ("Deno" in globalThis) {
    Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(port) },
      (request, info) => fetch(request, info as never),
    );
    return;
  }
  const { serve } = await import("@hono/node-server");
  serve(
    { fetch: (request, env) => fetch(request, env as never), hostname: "127.0.0.1", port: 0 },
    ({ port }) => console.log(port),
  );
}
