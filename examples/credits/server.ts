import { idempotency } from "@glam/shared/api";
import type { Authentication } from "@glam/shared/auth";
import { loadConfig } from "@glam/shared/config";
import { connectDatabase, type Database } from "@glam/shared/db";
import { createLogger, type Logger } from "@glam/shared/logging";
import { connectNats, createMemoryBus, createOutbox, type MessageBus } from "@glam/shared/messaging";
import { createMetrics, type Metrics } from "@glam/shared/metrics";
import { createService, runService, type Service } from "@glam/shared/service";
import { createApp } from "./app.ts";
import { authentication, createDemoToken } from "./auth.ts";
import { type CreditsConfig, options } from "./config.ts";
import { CreditStore } from "./store.ts";
import { createUsageListener } from "./usage.ts";

/** Runs the service until SIGTERM or SIGINT, and ends the process. */
export async function runServer(): Promise<never> {
  return await runService("credits", async () => {
    const config = await loadConfig(options);
    const demo = config.auth.jwks === undefined ? await createDemoToken(config.auth) : undefined;
    const guard = authentication({ ...config.auth, jwks: config.auth.jwks ?? demo!.jwks });
    const service = await createCredits(config, guard);
    service.start().then(() => announce(service.address!.url, config, demo?.token), () => {}); // the log says why it cannot start
    return service;
  });
}

/** The service, made of its parts; `bus` takes the place of the one in the configuration. */
export async function createCredits(
  config: CreditsConfig,
  authenticate: Authentication,
  bus?: MessageBus,
): Promise<Service> {
  const logger = createLogger("credits", config.logging);
  const metrics = createMetrics({ service: "credits" });
  const database = await openDatabase(config, metrics);
  bus ??= await openBus(config, logger);
  const outbox = createOutbox(database, { service: "credits", metrics, logger });
  const store = new CreditStore(database, outbox);
  return createService({
    name: "credits",
    app: createApp((work) => work(store), {
      logger,
      metrics: { registry: await metrics.registry() },
      docs: { expose: config.docs },
      guards: { authenticate, idempotency: idempotency({ database }) },
    }),
    database,
    migrations: new URL("./migrations", import.meta.url),
    migrate: config.migrate,
    bus,
    listeners: [createUsageListener(bus, database, metrics)],
    outbox,
    required: ["database"], // without NATS, events wait in the outbox
    onStart: () => store.ensureDemo(),
    hostname: config.service.host,
    port: config.service.port,
    graceMs: config.graceMs,
    logger,
  });
}

/** The Postgres of the configuration, else one within this process, which is closed with the connection to it. */
async function openDatabase({ database, dataDir }: CreditsConfig, metrics: Metrics): Promise<Database> {
  if (database !== undefined) {
    return await connectDatabase({ ...database, service: "credits", metrics });
  }
  const { embeddedPostgres } = await import("@glam/shared/testing");
  return await connectDatabase({ ...await embeddedPostgres({ dataDir }), service: "credits", metrics });
}

/** The NATS of the configuration, else a bus within this process, which forgets its events when that ends. */
async function openBus({ nats }: CreditsConfig, logger: Logger): Promise<MessageBus> {
  return nats === undefined ? createMemoryBus() : await connectNats({ ...nats, name: "credits", logger });
}

function announce(url: string, { docs, auth }: CreditsConfig, token: string | undefined): void {
  console.log(`credits is on ${url}. Try:

  TOKEN=${token ?? `... # one of ${auth.issuer}`}
  curl -i ${url}/api/v1/merchants/demo -H "authorization: Bearer $TOKEN"
  curl -i ${url}/api/v1/merchants/demo/credits/deduct -H "authorization: Bearer $TOKEN" -H "idempotency-key: $(date +%s)" -H 'content-type: application/json' -d '{"amount": 30}'
  curl -i '${url}/api/v1/merchants/demo/ledger?limit=1' -H "authorization: Bearer $TOKEN"
${docs ? `\nAll of it is described on ${url}/docs\n` : ""}`);
}
