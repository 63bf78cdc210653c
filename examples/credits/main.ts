/**
 * A small service on `@glam/shared`: merchants, their credits and a ledger.
 *
 * The same file runs on every runtime: `deno task start`, `bun examples/credits/main.ts`, `node examples/credits/main.ts`,
 * and on workerd, which takes the default export, as Bun does.
 */
import process from "node:process";
import { connectDatabase } from "@glam/shared/db";
import { isGlamError } from "@glam/shared/errors";
import { createMetrics } from "@glam/shared/metrics";
import { createApp, type UseStore } from "./app.ts";
import { openDatabase } from "./database.ts";
import { address, serve } from "./serve.ts";
import { CreditStore } from "./store.ts";

const onWorkerd = navigator.userAgent === "Cloudflare-Workers";
const { fetch, close } = onWorkerd ? forWorkerd() : await forServer();

// Deno is served below, and would ask about a default export that can be served.
const server: object = "Deno" in globalThis ? {} : { fetch, ...address };
export default server;

if (!onWorkerd) await serve(fetch, close);

async function forServer() {
  const metrics = createMetrics({ service: "credits" });
  const { db, description, close } = await openDatabase(metrics).catch(refuse);
  console.log(`Using ${description}`);
  const store = new CreditStore(db);
  await store.ensureDemo();
  const { fetch } = createApp((work) => work(store), {
    health: { checks: { database: () => db.health() } },
    metrics: { registry: await metrics.registry() },
  });
  return { fetch, close };
}

function refuse(error: unknown): never {
  if (!isGlamError(error)) throw error;
  console.error(`Cannot start: ${error.message}`);
  process.exit(1);
}

/** A connection of workerd belongs to the request that opened it. Migrations are run beforehand. */
function forWorkerd() {
  const useStore: UseStore = async (work) => {
    await using db = await connectDatabase({ url: process.env["DATABASE_URL"], poolSize: 1 });
    await work(new CreditStore(db));
  };
  return { fetch: createApp(useStore).fetch, close: () => Promise.resolve() };
}
