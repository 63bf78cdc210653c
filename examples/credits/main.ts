/**
 * A small service on `@glam/shared`: merchants, their credits, a ledger, and a daily summary that is kept from events.
 *
 * The same file runs on every runtime: `deno task start`, `bun examples/credits/main.ts`, `node examples/credits/main.ts`,
 * and on workerd, which takes the default export, as Bun does.
 */
import process from "node:process";
import { connectDatabase } from "@glam/shared/db";
import { isGlamError } from "@glam/shared/errors";
import { createPublisher } from "@glam/shared/messaging";
import { createMetrics } from "@glam/shared/metrics";
import { createApp, type UseStore } from "./app.ts";
import { openBus } from "./bus.ts";
import { openDatabase } from "./database.ts";
import { address, serve } from "./serve.ts";
import { CreditStore } from "./store.ts";
import { createUsageListener } from "./usage.ts";

const onWorkerd = navigator.userAgent === "Cloudflare-Workers";
const { fetch, close } = onWorkerd ? forWorkerd() : await forServer();

// Deno is served below, and would ask about a default export that can be served.
const server: object = "Deno" in globalThis ? {} : { fetch, ...address };
export default server;

if (!onWorkerd) await serve(fetch, close);

async function forServer() {
  const metrics = createMetrics({ service: "credits" });
  const { db, description, close } = await openDatabase(metrics).catch(refuse);
  const bus = await openBus().catch(refuse);
  const usage = createUsageListener(bus, db, metrics);
  await usage.start().catch(refuse);
  console.log(`Using ${description}${"NATS_SERVERS" in process.env ? " and NATS" : ""}`);
  const store = new CreditStore(db, createPublisher(bus, { service: "credits", metrics }));
  await store.ensureDemo();
  const { fetch } = createApp((work) => work(store), {
    health: {
      checks: {
        database: () => db.health(),
        events: { check: () => usage.health(), required: false },
      },
    },
    metrics: { registry: await metrics.registry() },
  });
  return {
    fetch,
    async close() {
      await usage.stop();
      await bus.close();
      await close();
    },
  };
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
