/**
 * Serves the route by one of its implementations on a free port, and prints the port.
 *
 *     deno run -A bench/deduct/serve.ts glam postgres://...
 *
 * @module
 */
import process from "node:process";
import type { AuthenticationGuard, IdempotencyGuard } from "@glam/shared/api";
import type { Principal } from "@glam/shared/auth";
import { connectDatabase } from "@glam/shared/db";
import { createLogger } from "@glam/shared/logging";
import { createOutbox } from "@glam/shared/messaging";
import { createApp } from "../../examples/credits/app.ts";
import { CreditStore } from "../../examples/credits/store.ts";
import { createByHand } from "./by_hand.ts";

const [name, url = ""] = process.argv.slice(-2);

const operator: Principal = {
  kind: "user",
  subject: "operator",
  scopes: ["merchants:all", "credits:write"],
  claims: {},
};

/**
 * Takes everybody for an operator, and asks for no key: the others prove nothing either, and what a key costs is measured by
 * itself.
 */
const guards: { readonly authenticate: AuthenticationGuard; readonly idempotency: IdempotencyGuard } = {
  authenticate: {
    securitySchemes: {},
    identify(c) {
      c.set("principal" as never, operator as never);
      return Promise.resolve(operator);
    },
  },
  idempotency: { run: (_c, _request, respond) => respond() },
};

if (name === "fastify") {
  const { listen } = await import("./fastify.ts");
  console.log(await listen(url));
} else {
  const app = name === "glam" ? await createGlam() : createByHand(url);
  await serve((request) => app.fetch(request));
}

/** The example, with its access log as JSON lines that are discarded. */
async function createGlam() {
  const logger = createLogger("credits", { format: "json", sink: () => {} });
  const database = await connectDatabase({ url, poolSize: 16 });
  const store = new CreditStore(database, createOutbox(database, { service: "credits" }));
  return createApp((work) => work(store), { logger, guards });
}

async function serve(fetch: (request: Request) => Response | Promise<Response>): Promise<void> {
  if ("Deno" in globalThis) {
    Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(port) }, fetch);
    return;
  }
  const { serve } = await import("@hono/node-server");
  serve({ fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => console.log(port));
}
