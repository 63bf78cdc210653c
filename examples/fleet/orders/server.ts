import { idempotency } from "@glam/shared/api";
import { authenticate, jwt } from "@glam/shared/auth";
import { connectDatabase, type Database } from "@glam/shared/db";
import { createLogger, type Logger } from "@glam/shared/logging";
import { connectNats, createMemoryBus, createOutbox, type MessageBus } from "@glam/shared/messaging";
import { createMetrics, type Metrics } from "@glam/shared/metrics";
import type { OpsOptions } from "@glam/shared/ops";
import { createScheduler } from "@glam/shared/schedule";
import { createService, type Service } from "@glam/shared/service";
import { createApp } from "./app.ts";
import { cancelUnpaidOrders } from "./cancel_unpaid.ts";
import type { OrdersConfig } from "./config.ts";
import { createCreditsClient } from "./credits_client.ts";
import { createHistoryListener } from "./history.ts";
import { OrderStore } from "./store.ts";

/** The service, and those of its parts that an operations page shows. */
export interface Orders {
  readonly service: Service;
  readonly parts: Pick<OpsOptions, "database" | "listeners" | "outbox" | "scheduler">;
}

/** The service, made of its parts; `bus` takes the place of the one in the configuration. */
export async function createOrders(config: OrdersConfig, bus?: MessageBus): Promise<Orders> {
  const logger = createLogger("orders", config.logging);
  const metrics = createMetrics({ service: "orders" });
  const database = await openDatabase(config, metrics);
  bus ??= await openBus(config, logger);
  const outbox = createOutbox(database, { service: "orders", metrics, logger });
  const orders = new OrderStore(database, outbox);
  const credits = createCreditsClient(config.credits, { metrics, logger });
  const { issuer, audience, jwks } = config.auth;
  const keys = jwks.startsWith("{") ? JSON.parse(jwks) : jwks;
  const scheduler = createScheduler(database, {
    jobs: [cancelUnpaidOrders(orders, credits, config.cancelEveryMs)],
    metrics,
    logger,
  });
  const listeners = [createHistoryListener(bus, database, metrics)];
  const service = createService({
    name: "orders",
    app: createApp({ orders, credits, payWithinSeconds: config.payWithinSeconds }, {
      logger,
      metrics: { registry: await metrics.registry() },
      docs: { expose: config.docs },
      guards: {
        authenticate: authenticate([jwt({ issuer, audience, jwks: keys })]),
        idempotency: idempotency({ database }),
      },
    }),
    database,
    migrations: new URL("./migrations", import.meta.url),
    migrate: config.migrate,
    bus,
    listeners,
    outbox,
    scheduler,
    required: ["database"], // without NATS, events wait in the outbox
    onStop: () => credits.close(),
    control: true, // an operations page may pause its listener
    hostname: config.service.host,
    port: config.service.port,
    graceMs: config.graceMs,
    logger,
  });
  return { service, parts: { database, listeners, outbox, scheduler } };
}

/** The Postgres of the configuration, else one within this process, which is closed with the connection to it. */
async function openDatabase({ database, dataDir }: OrdersConfig, metrics: Metrics): Promise<Database> {
  if (database !== undefined) {
    return await connectDatabase({ ...database, service: "orders", metrics });
  }
  const { embeddedPostgres } = await import("@glam/shared/testing");
  return await connectDatabase({ ...await embeddedPostgres({ dataDir }), service: "orders", metrics });
}

/** The NATS of the configuration, else a bus within this process, which forgets its events when that ends. */
async function openBus({ nats }: OrdersConfig, logger: Logger): Promise<MessageBus> {
  return nats === undefined ? createMemoryBus() : await connectNats({ ...nats, name: "orders", logger });
}
