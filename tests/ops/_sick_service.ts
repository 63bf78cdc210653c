/**
 * A service that has every part, and something wrong with each: what alerts and dashboards are tried on.
 *
 * @module
 */
import {
  createMemoryIdempotencyStore,
  glamMiddleware,
  idempotency,
  implement,
  rateLimit,
  success,
} from "@glam/shared/api";
import { createServiceClient } from "@glam/shared/client";
import { defineEndpoint } from "@glam/shared/contract";
import { connectDatabase, type Database, type DatabaseOptions } from "@glam/shared/db";
import { ServiceUnavailableError, ValidationError } from "@glam/shared/errors";
import {
  createListener,
  createMemoryBus,
  createOutbox,
  createPublisher,
  defineEvent,
  type EventContract,
  type Listener,
  type MessageBus,
  type Outbox,
  type Relay,
  Streams,
} from "@glam/shared/messaging";
import { createMetrics, type Metrics } from "@glam/shared/metrics";
import { createScheduler, defineSchedule } from "@glam/shared/schedule";
import { createService } from "@glam/shared/service";
import { Hono } from "hono";
import { setTimeout as sleep } from "node:timers/promises";
import { Gauge } from "prom-client";
import * as z from "zod";
import { createTestDatabase } from "../_support/postgres.ts";
import { serveApp, type ServedApp } from "../_support/served_app.ts";

/** What it runs on, each for itself alone. */
export interface SickServiceOptions {
  readonly database: DatabaseOptions & { readonly url?: string };
  /** Where its stream is limited, it also loses events. */
  readonly bus: MessageBus;
}

/** It runs, and is called, until it is disposed of. */
export interface SickService extends AsyncDisposable {
  readonly url: string;
  readonly metrics: Metrics;
}

const SERVICE = "shop";
const silent = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };
const Numbered = z.object({ n: z.int() });
const event = (subject: string): EventContract<{ n: number }> => defineEvent(subject, Numbered);
const Fine = event("evt.shop.fine.v1");
const Bad = event("evt.shop.bad.v1");
const Flaky = event("evt.shop.flaky.v1");
const Slow = event("evt.shop.slow.v1");
const Hung = event("evt.shop.hung.v1");
/** An event that no stream takes. */
const Homeless = event("cmd.shop.homeless.v1");

const Order = defineEndpoint("POST /orders", {
  data: z.null(),
  idempotent: { key: "required", mode: "lock" },
  rateLimit: ["orders"],
});

/** Starts it. */
export async function startSickService({ database, bus }: SickServiceOptions): Promise<SickService> {
  await using parts = new AsyncDisposableStack();
  const metrics = createMetrics({ service: SERVICE });
  const registry = await metrics.registry();
  new Gauge({
    name: "shop_stock",
    help: "Its collector fails",
    registers: [registry],
    collect() {
      throw new Error("The shop is closed");
    },
  });
  const own = { ...database, service: SERVICE, metrics };
  const db = parts.use(await createTestDatabase(own));
  const pool = parts.use(await connectDatabase({ ...own, url: db.url, poolSize: 1 }));
  const server = parts.use(await serveApp(await createApp(metrics)));
  const stop = new AbortController();
  parts.defer(() => stop.abort());
  const loads = [
    ...await runListeners(bus, metrics, parts),
    ...await runOutboxes(db, metrics, parts),
    ...callOthers(metrics),
    ...request(server),
    () => db.sql`select * from a_table_that_is_missing`,
  ];
  await runSchedules(db, metrics, parts);
  for (const load of loads) void repeat(load, stop.signal);
  holdConnection(pool, stop.signal);
  const owned = parts.move();
  return { url: server.url, metrics, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

type Load = () => Promise<unknown>;

async function repeat(load: Load, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await load().catch(() => {});
    await sleep(50);
  }
}

/** Its HTTP side, which shows two versions: both have been started in this process. */
async function createApp(metrics: Metrics): Promise<Hono["fetch"]> {
  const app = new Hono();
  app.use(glamMiddleware({
    service: SERVICE,
    logger: silent,
    app,
    metrics: { registry: await metrics.registry() },
    guards: {
      idempotency: idempotency({ store: createMemoryIdempotencyStore(), scope: () => "everybody" }),
      rateLimit: rateLimit({
        policies: [{ name: "orders", limit: 1000, windowSeconds: 1, everywhere: false }],
        store: {
          take: () => Promise.reject(new Error("The store is away")),
          cleanUp: () => Promise.resolve(0),
        },
      }),
    },
  }));
  implement(app, Order, () => null);
  app.get("/fine", (c) => success(c, null));
  app.get("/broken", (c) => c.text("", 500));
  app.get("/late", async (c) => {
    await sleep(300);
    return success(c, null);
  });
  for (const version of ["1.0.0", "1.1.0"]) {
    const service = createService({
      name: SERVICE,
      version,
      app,
      hostname: "127.0.0.1",
      port: 0,
      graceMs: 0,
      logger: silent,
    });
    await service.start();
    await (await fetch(`${service.address!.url}/metrics`)).text(); // from then on it shows the version
    await service.stop();
  }
  return app.fetch;
}

function request({ url }: ServedApp): Load[] {
  const send = (path: string, init?: RequestInit): Load => async () =>
    await (await fetch(url + path, init)).arrayBuffer();
  return [
    send("/fine"),
    send("/broken"),
    ...Array(8).fill(send("/late")), // at once, as each takes long: a quarter of all requests
    send("/orders", { method: "POST", headers: { "Idempotency-Key": "the-same-each-time" } }),
  ];
}

/** Listeners that handle events well, never, sometimes, slowly, and without an end. */
async function runListeners(
  bus: MessageBus,
  metrics: Metrics,
  parts: AsyncDisposableStack,
): Promise<Load[]> {
  const listen = async (contract: typeof Fine, handle: () => Promise<void> | void, concurrency = 8) => {
    const listener: Listener = createListener(bus, {
      service: SERVICE,
      queueGroup: contract.subject.split(".")[2]!,
      events: [contract],
      concurrency,
      prefetch: 1,
      maxAttempts: 1000,
      backoffMs: [20],
      graceMs: 0,
      logger: silent,
      metrics,
      handle,
    });
    await listener.start();
    parts.use(listener);
  };
  let turn = 0;
  await listen(Fine, () => {});
  await listen(Bad, () => {
    throw new ValidationError("This event is bad");
  });
  await listen(Flaky, () => {
    if (turn++ % 4 !== 0) throw new ServiceUnavailableError("Again later");
  });
  await listen(Slow, async () => void await sleep(200), 1);
  await listen(Hung, () => new Promise(() => {}), 1);

  const publisher = createPublisher(bus, { service: SERVICE, metrics, logger: silent });
  const publish = (contract: typeof Fine, times: number): Load => async () => {
    for (let n = 0; n < times; n++) await publisher.publish(contract, { n });
  };
  await publish(Hung, 20)();
  const away = parts.use(createMemoryBus());
  const lost = createPublisher(away, { service: SERVICE, metrics, logger: silent, timeoutMs: 50 });
  await lost.publish(Fine, { n: 1 });
  away.interrupt();
  return [
    publish(Fine, 1),
    publish(Bad, 1),
    publish(Flaky, 1),
    publish(Slow, 10),
    publish(Hung, 1),
    () => lost.publish(Fine, { n: 1 }),
  ];
}

/** A bus without a stream for commands. */
async function narrowBus(parts: AsyncDisposableStack): Promise<MessageBus> {
  const bus = parts.use(createMemoryBus());
  await bus.ensureStream({ name: Streams.EVENTS, subjects: ["evt.>"] });
  return bus;
}

/** Outboxes that give up, that are late, and that send nothing. */
async function runOutboxes(
  db: Database,
  metrics: Metrics,
  parts: AsyncDisposableStack,
): Promise<Load[]> {
  const open = async (table: string, bus: MessageBus, maxAttempts: number): Promise<Outbox> => {
    const outbox = createOutbox(db, {
      service: SERVICE,
      table,
      maxAttempts,
      backoffMs: [200],
      pollMs: 50,
      metrics,
      logger: silent,
    });
    await outbox.ensureTable();
    const relay: Relay = outbox.relay(bus, { ensureStreams: false, graceMs: 0 });
    await relay.start();
    parts.use(relay);
    return outbox;
  };
  const narrow = await narrowBus(parts);
  const away = parts.use(createMemoryBus());
  await away.ensureStream({ name: Streams.EVENTS, subjects: ["evt.>"] });
  const hopeless = await open("hopeless_outbox", narrow, 1);
  const late = await open("late_outbox", narrow, 1000);
  const stuck = await open("stuck_outbox", away, 1000);
  away.interrupt();
  const add = (outbox: Outbox, contract: typeof Fine, key?: string) =>
    db.transaction((tx) => outbox.add(tx, contract, { n: 1 }, key === undefined ? {} : { key }));
  await add(hopeless, Homeless);
  // What has the key of an event that cannot be sent waits behind it.
  await add(late, Homeless, "a");
  await add(late, Fine, "a");
  await add(stuck, Fine);
  await db.transaction((tx) =>
    hopeless.add(tx, Fine, { n: 1 }, { availableAt: new Date(Date.now() + 3_600_000) })
  );
  return [() => add(hopeless, Fine), () => add(late, Fine)];
}

/** A schedule that fails. */
async function runSchedules(db: Database, metrics: Metrics, parts: AsyncDisposableStack): Promise<void> {
  const failing = defineSchedule("failing", {
    everyMs: 1000,
    run: () => Promise.reject(new Error("Not today")),
  });
  const scheduler = createScheduler(db, { jobs: [failing], metrics, logger: silent });
  await scheduler.ensureTable();
  await scheduler.start();
  parts.use(scheduler);
}

/** Clients of a service that fails now and then, and of one that always does. */
function callOthers(metrics: Metrics): Load[] {
  const endpoints = { Get: defineEndpoint("GET /", { data: z.null() }) };
  let turn = 0;
  const shaky = createServiceClient({
    service: "shaky",
    retry: false,
    endpoints,
    metrics,
    logger: silent,
    transport: {
      fetch: () =>
        turn++ % 3 === 0 ? new Response(null, { status: 503 }) : Response.json({ data: null, meta: {} }),
    },
  });
  const down = createServiceClient({
    service: "down",
    endpoints,
    metrics,
    logger: silent,
    breaker: { failureRatio: 0.5, windowMs: 1000, minRequests: 5, openMs: 600_000 },
    transport: { fetch: () => new Response(null, { status: 503 }) },
  });
  return [() => shaky.Get(), () => down.Get()];
}

/** Holds the only connection of a pool, and lets three statements wait for it. */
function holdConnection(pool: Database, signal: AbortSignal): void {
  const wait = () => new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  pool.transaction(() => wait()).catch(() => {});
  for (let n = 0; n < 3; n++) pool.sql`select 1`.catch(() => {});
}
