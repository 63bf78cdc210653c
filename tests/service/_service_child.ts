// A service as a process of its own, for tests that send it signals and requests.
import process from "node:process";
import { glamMiddleware, success } from "@glam/shared/api";
import { connectDatabase } from "@glam/shared/db";
import { createLogger } from "@glam/shared/logging";
import {
  connectNats,
  createListener,
  createOutbox,
  createPublisher,
  defineEvent,
} from "@glam/shared/messaging";
import { createService, type ServiceDeadlines } from "@glam/shared/service";
import { Hono } from "hono";
import * as z from "zod";
import { PATIENCE_MS } from "../_support/wait_for.ts";
import { patientDeadlines } from "./_support.ts";

/** What the process is told, as JSON. */
export interface ChildOptions {
  readonly port?: number;
  readonly graceMs?: number;
  /** @default patient ones */
  readonly deadlines?: ServiceDeadlines;
  readonly database?: { readonly url: string; readonly schema?: string };
  readonly nats?: { readonly servers: string; readonly user: string; readonly pass: string };
  /** Whether a migration is pending. */
  readonly pending?: boolean;
  /** Whether `onStart` never ends. */
  readonly hangingStart?: boolean;
  /** Whether `onStart` forgets to await what fails. */
  readonly failingStart?: boolean;
  /** Whether it only starts and stops, and leaves it to the process to end. */
  readonly embedded?: boolean;
  /** Whether a handler of events never ends. */
  readonly hangingHandler?: boolean;
  /** How far apart two signals seem to it: its clock shows nothing else. */
  readonly signalsApartMs?: number;
}

const options: ChildOptions = JSON.parse(process.argv.at(-1)!);
const logger = createLogger("test", { format: "json", level: "info" });
const Worked = defineEvent("evt.test.worked.v1", z.object({ id: z.int() }));

const db = options.database &&
  await connectDatabase({ ...options.database, lazy: true, closeTimeoutMs: 1000 });
const bus = options.nats && await connectNats({ ...options.nats, connectTimeoutMs: PATIENCE_MS });
const outbox = db && createOutbox(db, { service: "test" });
const publisher = bus && createPublisher(bus, { service: "test" });
const listener = bus && createListener(bus, {
  service: "test",
  queueGroup: "handled",
  events: [Worked],
  concurrency: 8,
  logger,
  graceMs: 1000,
  // What is not given back does not come again while a test waits for it.
  ackWaitMs: 10 * PATIENCE_MS,
  async handle({ data }) {
    if (options.hangingHandler) {
      logger.info("A handler hangs");
      await new Promise(() => {});
    }
    if (db !== undefined) await db.sql`insert into handled (id) values (${data.id}) on conflict do nothing`;
  },
});

const app = new Hono();
app.use(glamMiddleware({ service: "test", accessLog: false, logger }));
app.get("/", (c) => success(c, process.pid));
app.get("/hang", () => {
  logger.info("A request hangs");
  return new Promise<never>(() => {});
});
app.post("/jobs/:id", async (c) => {
  const id = Number(c.req.param("id"));
  await db?.transaction(async (tx) => {
    await tx`insert into worked (id) values (${id})`;
    await outbox?.add(tx, Worked, { id });
  });
  return success(c, { id, pid: process.pid });
});
app.post("/publish/:id", async (c) => {
  await publisher?.publish(Worked, { id: Number(c.req.param("id")) });
  return success(c, {});
});
app.post("/close-bus", async (c) => {
  await bus?.close();
  return success(c, {});
});

const oops = Promise.withResolvers<void>();
app.post("/forget", (c) => {
  Promise.reject(new Error("forgotten")); // no await
  return success(c, {});
});
app.post("/throw-later", (c) => {
  setTimeout(() => {
    throw new Error("thrown later");
  });
  return success(c, {});
});
app.get("/wait", async (c) => {
  logger.info("A request waits");
  await oops.promise;
  return success(c, "answered");
});
app.post("/go-on", (c) => {
  oops.resolve();
  return success(c, {});
});

app.post("/end-of-grace", (c) => {
  void service.stop({ graceMs: 0 });
  return success(c, {});
});

if (options.signalsApartMs !== undefined) {
  let signals = 0;
  process.on("SIGTERM", () => logger.info(`Signal ${++signals}`));
  const now = () => signals * options.signalsApartMs!;
  Object.defineProperty(performance, "now", { value: now });
}

const service = createService({
  name: "test",
  app,
  hostname: "127.0.0.1",
  port: options.port ?? 0,
  graceMs: options.graceMs ?? 0,
  deadlines: { ...patientDeadlines, ...options.deadlines },
  database: db,
  migrations: options.pending
    ? [{ name: "0001_create_items.sql", sql: "-- migrate:up\ncreate table items (id int);\n" }]
    : undefined,
  bus,
  listeners: listener === undefined ? [] : [listener],
  outbox: bus && outbox,
  async onStart() {
    await outbox?.ensureTable();
    if (options.failingStart) Promise.reject(new Error("forgotten"));
    if (!options.hangingStart) return;
    logger.info("onStart hangs");
    await new Promise(() => {});
  },
  logger,
});
if (options.embedded) {
  await service.start();
  await service.stop();
} else await service.run();
