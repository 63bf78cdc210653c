import type { Scaffold, ScaffoldFiles } from "./scaffold.ts";

/** The modules of a new service. */
export function sourceFiles({ name }: Scaffold): ScaffoldFiles {
  return {
    "main.ts": `import { loadConfig } from "@glam/shared/config";
import { connectDatabase } from "@glam/shared/db";
import { createLogger } from "@glam/shared/logging";
import {
  connectNats,
  createMemoryBus,
  createOutbox,
} from "@glam/shared/messaging";
import { createMetrics } from "@glam/shared/metrics";
import { createOpsApp, localOnly } from "@glam/shared/ops";
import { createService, runService } from "@glam/shared/service";
// import { idempotency, rateLimit } from "@glam/shared/api";
// import { authenticate, jwt } from "@glam/shared/auth";
import { createApp } from "./app.ts";
import { options } from "./config.ts";
import { createCounter } from "./listener.ts";

const { service } = options;

await runService(service, async () => {
  const config = await loadConfig(options);
  const metrics = createMetrics({ service });
  // Each part writes a line when what it stands on goes away, and when it is back.
  const logger = createLogger(service, config.logging);

  // Without DATABASE_URL, data are stored in .data; without NATS_SERVERS, events stay in this process.
  const database = await connectDatabase({
    ...(config.database ?? (await embedded())),
    lazy: true,
    metrics,
    logger,
  });
  const nats = { name: service, waitForServer: true, logger };
  const bus = config.nats
    ? await connectNats({ ...config.nats, ...nats })
    : createMemoryBus();
  const outbox = createOutbox(database, { service, metrics, logger });
  const counter = createCounter(bus, database, metrics);

  const app = createApp({
    database,
    outbox,
    logger,
    registry: await metrics.registry(),
    // Who may call, how often, and what a repeated request gets. Uncomment what you need, and its import.
    // guards: {
    //   authenticate: authenticate([jwt({
    //     issuer: "https://id.example.com/",
    //     audience: "${name}",
    //     jwks: "https://id.example.com/jwks.json",
    //   })]),
    //   idempotency: idempotency({ database }), // export idempotencyTable from tables.ts
    //   rateLimit: rateLimit({
    //     policies: [{ name: "client", limit: 600, windowSeconds: 60 }],
    //   }),
    // },
  });
  // For browsers on this machine, while APP_ENV is dev. Others get a 404.
  const authorize = localOnly();
  const listeners = [counter];
  app.route(
    "/ops",
    createOpsApp({ authorize, bus, database, outbox, listeners, logger }),
  );

  return createService({
    name: service,
    app,
    database,
    migrations: new URL("./migrations", import.meta.url),
    migrate: config.database ? "verify" : "up",
    bus,
    outbox,
    listeners,
    hostname: config.service.host,
    port: config.service.port,
    graceMs: config.graceMs,
    logger,
  });
});

async function embedded() {
  const { embeddedPostgres } = await import("@glam/shared/testing");
  return await embeddedPostgres({ dataDir: \`.data/\${service}\` });
}
`,
    "config.ts": `import {
  databaseConfig,
  loggingConfig,
  natsConfig,
  serviceConfig,
} from "@glam/shared/config";
import * as z from "zod";

/** The options of \`loadConfig\`, also for \`glam config\`. */
export const options = {
  service: "${name}",
  schema: z.object({
    service: serviceConfig,
    logging: loggingConfig,
    database: databaseConfig.optional(),
    nats: natsConfig.optional(),
    graceMs: z.int().min(0).default(0),
  }),
};
`,
    [`config/services/${name}.yml`]: `service:
  host: 127.0.0.1
  port: 8080
logging:
  level: info
`,
    [`config/services/${name}.prod.yml`]: `# On top of ${name}.yml where APP_ENV is prod, as in the container.
service:
  host: 0.0.0.0
logging:
  format: json
graceMs: 5000 # in which a load balancer notices that the service stops
`,
    "tables.ts": `import { defineTable } from "@glam/shared/db";
import * as z from "zod";

// For \`glam migrate create --autogenerate\`, which compares every table here with the database.
export { inboxTable, outboxTable } from "@glam/shared/messaging";

export const Items = defineTable("items", {
  columns: z.object({
    id: z.uuid(),
    name: z.string(),
    created_at: z.date(),
  }),
  defaults: { created_at: "now()" },
});

/** The number of items created on a day; maintained by the listener. */
export const DailyCounts = defineTable("daily_counts", {
  columns: z.object({ day: z.string(), items: z.int32() }),
  primaryKey: "day",
});
`,
    "events.ts": `import { defineEvent } from "@glam/shared/messaging";
import * as z from "zod";

export const ItemCreated = defineEvent(
  "evt.${name}.item.created.v1",
  z.object({ id: z.uuid(), name: z.string() }),
  { title: "An item was created" },
);
`,
    "endpoints.ts": `import { defineEndpoint } from "@glam/shared/contract";
import { NotFoundError } from "@glam/shared/errors";
import * as z from "zod";
import { DailyCounts, Items } from "./tables.ts";

// The contracts: the routes in app.ts, the page at /docs and the clients of other services are made of them.

const name = z.string().min(1).max(200);

export const CreateItem = defineEndpoint("POST /items", {
  body: z.object({ name }),
  data: Items.rowSchema,
  status: 201,
  location: ({ id }) => \`/items/\${id}\`,
  summary: "Add an item",
  description: "Stores the item, and publishes an event that says so.",
  tags: ["items"],
});

export const GetItem = defineEndpoint("GET /items/:id", {
  params: z.object({ id: z.uuid() }),
  data: Items.rowSchema,
  errors: [NotFoundError],
  summary: "One item",
  tags: ["items"],
});

export const ListCounts = defineEndpoint("GET /counts", {
  data: z.array(DailyCounts.rowSchema),
  summary: "Items created on each day",
  tags: ["items"],
});
`,
    "app.ts": `import {
  type GlamMetricsOptions,
  glamMiddleware,
  type GlamOptions,
  implement,
  onError,
} from "@glam/shared/api";
import { type Database, Repository } from "@glam/shared/db";
import { NotFoundError } from "@glam/shared/errors";
import type { Outbox } from "@glam/shared/messaging";
import { Hono } from "hono";
import { CreateItem, GetItem, ListCounts } from "./endpoints.ts";
import { ItemCreated } from "./events.ts";
import { DailyCounts, Items } from "./tables.ts";

export interface AppParts extends Pick<GlamOptions, "guards" | "logger"> {
  readonly database: Database;
  readonly outbox: Outbox;
  readonly registry?: GlamMetricsOptions["registry"];
}

/** The HTTP side of the service. */
export function createApp(parts: AppParts): Hono {
  const { database, outbox, guards, logger, registry } = parts;
  const items = new Repository(database, Items);
  const counts = new Repository(database, DailyCounts);
  const app = new Hono();
  app.use(
    glamMiddleware({
      service: "${name}",
      app,
      guards,
      logger,
      metrics: { registry },
      docs: { events: [ItemCreated] }, // at /docs, while APP_ENV is dev
    }),
  );
  // What a handler throws becomes an answer here. Map errors of your own libraries before it.
  app.onError((error, c) => onError(error, c));

  implement(app, CreateItem, async ({ body: { name } }) => {
    // The item and its event are written in one transaction.
    return await database.transaction(async (tx) => {
      const row = { id: crypto.randomUUID(), name };
      const item = await items.save(row, { from: "client" });
      await outbox.add(tx, ItemCreated, { id: item.id, name });
      return item;
    });
  });

  implement(app, GetItem, async ({ params }) => {
    const item = await items.findById(params.id);
    if (item === null) throw new NotFoundError("No such item");
    return item;
  });

  implement(app, ListCounts, () => counts.findAll({}, { limit: 31 }));

  return app;
}
`,
    "listener.ts": `import type { Database } from "@glam/shared/db";
import {
  createInbox,
  createListener,
  type Listener,
  type MessageBus,
} from "@glam/shared/messaging";
import type { Metrics } from "@glam/shared/metrics";
import { ItemCreated } from "./events.ts";

/** Counts the items of each day. With the inbox, an event that is delivered twice is counted once. */
export function createCounter(
  bus: MessageBus,
  database: Database,
  metrics?: Metrics,
): Listener {
  return createListener(bus, {
    service: "${name}",
    queueGroup: "counter",
    events: [ItemCreated],
    inbox: createInbox(database),
    metrics,
    async handle({ event, tx }) {
      const day = event.timestamp.slice(0, 10);
      await tx\`
        insert into daily_counts (day, items) values (\${day}, 1)
        on conflict (day) do update set items = daily_counts.items + 1\`;
    },
  });
}
`,
  };
}
