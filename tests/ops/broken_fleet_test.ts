// A fleet that is broken in five ways: each is found on the page, and put right from there.
import assert from "node:assert/strict";
import { it } from "node:test";
import { glamMiddleware } from "@glam/shared/api";
import { connectDatabase } from "@glam/shared/db";
import {
  connectNats,
  createListener,
  createOutbox,
  createPublisher,
  defineEvent,
  type EventContract,
  type FleetStreamLimits,
  Streams,
} from "@glam/shared/messaging";
import { createService, type Service } from "@glam/shared/service";
import { Hono } from "hono";
import * as z from "zod";
import { startNats } from "../_support/nats_server.ts";
import { startPostgres } from "../_support/postgres.ts";
import { recordingLogger } from "../_support/recording_logger.ts";
import { waitFor } from "../_support/wait_for.ts";
import { mountOps } from "./_support.ts";

const { logger } = recordingLogger();
const Placed: EventContract<{ n: number }> = defineEvent("evt.order.placed.v1", z.object({ n: z.int() }));

/** A NATS server, and what connects to it and asks the page. */
async function startFleet(streams?: FleetStreamLimits) {
  const nats = await startNats();
  const account = nats.account();
  const connect = () => connectNats({ servers: nats.url, ...account, streams });
  const bus = await connect();
  const services: Service[] = [];
  const ops = mountOps({ bus });
  return {
    bus,
    ops,
    publisher: createPublisher(bus, { service: "shop" }),
    /** Starts a service with a listener. */
    async start(version: string, handle: (n: number) => Promise<void> | void): Promise<Service> {
      const own = await connect();
      const app = new Hono();
      app.use(glamMiddleware({ service: "orders", accessLog: false, logger }));
      const listener = createListener(own, {
        service: "orders",
        queueGroup: "main",
        events: [Placed],
        maxAttempts: 1,
        concurrency: 1,
        logger,
        handle: ({ event }) => handle(event.data.n),
      });
      const service = createService({
        name: "orders",
        version,
        control: true,
        app,
        bus: own,
        listeners: [listener],
        logger,
        port: 0,
        hostname: "127.0.0.1",
        graceMs: 0,
      });
      services.push(service);
      await service.start();
      return service;
    },
    /** Waits until a page shows it. */
    async shows(path: string, wanted: RegExp): Promise<string> {
      let text = "";
      await waitFor(
        async () => wanted.test(text = (await ops.get(path)).text),
        () =>
          `${path} shows ${wanted}:\n${
            text.replace(/<style[\s\S]*<\/style>|<[^>]*>/g, " ").replace(/\s+/g, " ")
          }`,
      );
      return text;
    },
    async [Symbol.asyncDispose]() {
      for (const service of services) await service.stop();
      await bus.close();
      await nats.stop();
    },
  };
}

it("a poisoned event is a dead letter, whose cause is in it; mended, it is redriven", async () => {
  await using fleet = await startFleet();
  const { ops, publisher, shows } = fleet;
  const handled: number[] = [];
  let isMended = false;
  await fleet.start("1.0.0", (n) => {
    if (n === 2 && !isMended) throw new RangeError("no price for item 2");
    handled.push(n);
  });
  for (const n of [1, 2, 3]) await publisher.publish(Placed, { n }, { correlationId: `corr_${n}` });
  await shows("/ops", /Dead letters<\/a><\/h2>\s*<p class="big">1</);
  const list = await shows("/ops/dead-letters", /INTERNAL_ERROR/);
  const [, sequence] = /dead-letters\/(\d+)">/.exec(list)!;
  const { text } = await ops.get(`/ops/dead-letters/${sequence}`);
  assert.match(text, /no price for item 2/);
  assert.match(text, /trail\?id=corr_2/);
  assert.match((await ops.get("/ops/trail?id=corr_2")).text, /dead letter[\s\S]*2 messages/);
  isMended = true;
  assert.match((await ops.post("/ops/dead-letters/redrive", { sequence: sequence! })).text, /Redrove 1 of 1/);
  await waitFor(() => handled.includes(2), "it is handled");
  await shows("/ops", /Dead letters<\/a><\/h2>\s*<p class="big">0</);
});

it("a dead database is a tile; what the outbox gave up meanwhile is tried again", async () => {
  await using fleet = await startFleet();
  await using postgres = await startPostgres();
  await using database = await connectDatabase({ url: postgres.url });
  const outbox = createOutbox(database, { service: "orders" });
  await outbox.ensureTable();
  await database.transaction((tx) => outbox.add(tx, Placed, { n: 1 }));
  await database.sql`update glam_outbox set status = 'dead', last_error = 'gave up'`;
  const ops = mountOps({ bus: fleet.bus, database, outbox });
  await postgres.kill9();
  await waitFor(
    async () => /tile bad"><h2><a[^>]*>Database/.test((await ops.get("/ops")).text),
    "the tile of the database is red",
  );
  await postgres.restart();
  await waitFor(
    async () => /tile good"><h2><a[^>]*>Database/.test((await ops.get("/ops")).text),
    "the tile of the database is green",
  );
  assert.match((await ops.get("/ops")).text, /1 dead event/);
  assert.match((await ops.post("/ops/outbox/retry", {})).text, /1 event will be tried again/);
  await using relay = outbox.relay(fleet.bus);
  await fleet.start("1.0.0", () => {});
  await relay.start();
  await waitFor(
    async () => /Pending<\/dt>\s*<dd>0</.test((await ops.get("/ops/outbox")).text),
    "it is sent",
  );
});

it("a consumer that lags is seen where it waits, and goes on when the listener that somebody paused is resumed", async () => {
  await using fleet = await startFleet();
  const { ops, publisher, shows } = fleet;
  const handled: number[] = [];
  const { instance } = await fleet.start("1.0.0", (n) => void handled.push(n));
  const path = `/ops/fleet/orders/${instance}`;
  const listener = { listener: "orders-main" };
  await shows(path, /orders-main/);
  assert.equal((await ops.post(`${path}/pause`, listener)).status, 200);
  for (let n = 0; n < 50; n++) await publisher.publish(Placed, { n });
  await shows("/ops/streams", /orders-main-evt_order_placed_v1[\s\S]*?class="number">\d\d</);
  await shows("/ops", /Streams<\/a><\/h2>\s*<p class="big">\d\d waiting/);
  await shows("/ops/fleet", /badge warn">paused/);
  assert.equal((await ops.post(`${path}/resume`, listener)).status, 200);
  await waitFor(() => handled.length === 50, "all are handled");
  assert.deepEqual(handled, Array.from({ length: 50 }, (_, n) => n));
  await shows("/ops", /Streams<\/a><\/h2>\s*<p class="big">0 waiting/);
});

it("a full stream of dead letters is a red tile; deleting what nobody needs makes room", async () => {
  await using fleet = await startFleet({ dlq: { maxMessages: 3 } });
  const { bus, ops, publisher, shows } = fleet;
  await fleet.start("1.0.0", () => {
    throw new Error("broken");
  });
  for (let n = 0; n < 5; n++) await publisher.publish(Placed, { n });
  await shows("/ops", /full: listeners wait for room/);
  await shows("/ops/streams", /badge bad">full/);
  assert.match((await ops.post("/ops/dead-letters/purge", { subject: Placed.subject })).text, /Deleted 3/);
  await waitFor(
    async () => (await bus.streamInfo(Streams.DLQ))!.lastSequence === 5,
    "the others are written",
  );
  await shows("/ops", /Dead letters<\/a><\/h2>\s*<p class="big">2</);
});

it("an old version that still runs is told apart from the new one", async () => {
  await using fleet = await startFleet();
  const { shows } = fleet;
  const old = await fleet.start("1.0.0", () => {});
  await fleet.start("1.1.0", () => {});
  await shows("/ops", /orders runs 2 versions/);
  const page = await shows("/ops/fleet", /2 versions/);
  assert.match(page, new RegExp(`${old.instance}</a>[\\s\\S]*?>1\\.0\\.0<`));
  assert.ok(page.includes(old.address!.url)); // which says where to stop it
  await old.stop();
  await shows("/ops", /Fleet<\/a><\/h2>\s*<p class="big">1 service<\/p><p>1 instance<\/p>/);
});
