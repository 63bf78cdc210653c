// A service whose requests go through HTTP, outbox, bus, listener and client, for the test that follows one of them.
import process from "node:process";
import { glamMiddleware, implement } from "@glam/shared/api";
import { createServiceClient } from "@glam/shared/client";
import { defineEndpoint } from "@glam/shared/contract";
import { connectDatabase } from "@glam/shared/db";
import { createLogger } from "@glam/shared/logging";
import { connectNats, createListener, createOutbox, defineEvent } from "@glam/shared/messaging";
import { createService } from "@glam/shared/service";
import { Hono } from "hono";
import * as z from "zod";

/** What the process is told, as JSON. */
export interface TracedOptions {
  readonly database: { readonly url: string; readonly schema: string };
  readonly nats: { readonly servers: string; readonly user: string; readonly pass: string };
}

const options: TracedOptions = JSON.parse(process.argv.at(-1)!);
const logger = createLogger("orders", { format: "json", level: "info" });
const Placed = defineEvent("evt.test.placed.v1", z.object({ id: z.string() }));
const params = z.object({ id: z.string() });
const PlaceOrder = defineEndpoint("POST /orders/:id", { params, data: params });
const GetStock = defineEndpoint("GET /stock/:id", { params, data: z.object({ left: z.int() }) });

const db = await connectDatabase({ ...options.database });
const bus = await connectNats({ ...options.nats, name: "orders" });
const outbox = createOutbox(db, { service: "orders" });

const app = new Hono();
app.use(glamMiddleware({ service: "orders", logger, app }));
implement(app, PlaceOrder, async ({ params: { id } }) => {
  await db.transaction((tx) => outbox.add(tx, Placed, { id }));
  return { id };
});
implement(app, GetStock, () => ({ left: 3 }));
app.get("/fail", () => {
  throw new Error("it fails");
});

const listener = createListener(bus, {
  service: "orders",
  queueGroup: "stock",
  events: [Placed],
  logger,
  async handle({ data }) {
    const stock = createServiceClient({
      service: "stock",
      baseUrl: service.address!.url,
      endpoints: { GetStock },
    });
    const { left } = await stock.GetStock({ params: { id: data.id } });
    logger.info("Order handled", { left });
  },
});

const service = createService({
  name: "orders",
  app,
  database: db,
  bus,
  outbox,
  listeners: [listener],
  onStart: () => outbox.ensureTable(),
  port: 0,
  hostname: "127.0.0.1",
  graceMs: 0,
  logger,
});
await service.run();
