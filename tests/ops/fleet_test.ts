import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { glamMiddleware, success } from "@glam/shared/api";
import {
  connectNats,
  createListener,
  createPublisher,
  defineEvent,
  ensureStreams,
  type EventContract,
  type MessageBus,
} from "@glam/shared/messaging";
import { createService, type Service } from "@glam/shared/service";
import { Hono } from "hono";
import * as z from "zod";
import { startNats } from "../_support/nats_server.ts";
import { recordingLogger } from "../_support/recording_logger.ts";
import { waitFor } from "../_support/wait_for.ts";
import { fleetBus, mountOps } from "./_support.ts";

const nats = await startNats();
after(() => nats.stop());

const { logger } = recordingLogger();
const Numbered: EventContract<{ n: number }> = defineEvent("evt.test.numbered.v1", z.object({ n: z.int() }));

/** A service that counts its requests, and fails at odd numbers. */
async function startShop(bus: MessageBus, version: string, control = false): Promise<Service> {
  const app = new Hono();
  app.use(glamMiddleware({ service: "shop", accessLog: false, logger }));
  app.get("/items", (c) => success(c, []));
  const listener = createListener(bus, {
    service: "shop",
    queueGroup: "numbers",
    events: [Numbered],
    logger,
    handle: () => {},
  });
  const service = createService({
    name: "shop",
    version,
    control,
    app,
    bus,
    listeners: [listener],
    logger,
    port: 0,
    hostname: "127.0.0.1",
    graceMs: 0,
  });
  await service.start();
  return service;
}

/** The rows of a table, as the texts of their cells. */
function rowsOf(text: string): string[][] {
  const plain = (cell: string) => cell.replace(/<[^>]*>/g, "").trim();
  return [...text.matchAll(/<tr>([\s\S]*?)<\/tr>/g)]
    .map(([, row]) => [...row!.matchAll(/<td[^>]*>([\s\S]*?)<\/td>/g)].map(([, cell]) => plain(cell!)))
    .filter((cells) => cells.length > 0);
}

describe("the page of the fleet", () => {
  it("shows every instance with version, health and numbers, and services that run two versions", async () => {
    const account = nats.account();
    const connect = () => connectNats({ servers: nats.url, ...account });
    await using bus = await connect();
    await using old = await startShop(await connect(), "1.4.0");
    await using recent = await startShop(await connect(), "1.5.0");
    for (let n = 0; n < 3; n++) await (await fetch(`${recent.address!.url}/items`)).body?.cancel();
    await createPublisher(bus, { service: "test" }).publish(Numbered, { n: 1 });
    const ops = mountOps({ bus }, { name: "reader", can: ["read"] });
    const page = () => ops.get("/ops/fleet");
    await waitFor(async () => rowsOf((await page()).text).length === 2, "both answer");
    const { text } = await page();
    assert.match(text, /2 instances of 1 service answered/);
    assert.match(text, /2 versions/);
    const [first, second] = rowsOf(text);
    assert.deepEqual([first![1], second![1]], ["1.4.0", "1.5.0"]);
    assert.deepEqual([first![2], second![2]], ["healthy", "healthy"]);
    assert.equal(second![5], "0 of 3");
    assert.equal(second!.at(-1), recent.address!.url);
    assert.ok(!text.includes(`href="${recent.address!.url}`)); // text, and no link
    assert.match((await ops.get("/ops")).text, /shop runs 2 versions/);
    const [, path] = /href="\.\/(fleet\/shop\/[\w-]+)"/.exec(text)!;
    const instance = await ops.get(`/ops/${path}`);
    assert.equal(instance.status, 200);
    assert.match(instance.text, /evt\.test\.numbered\.v1/);
    await old.stop();
    await waitFor(async () => rowsOf((await page()).text).length === 1, "one is gone");
    assert.equal((await ops.get(`/ops/${path}`)).status, 404);
    assert.doesNotMatch((await page()).text, /2 versions/);
  });

  it("takes answers of anybody as text, and leaves out what is none", async () => {
    await using bus = await fleetBus();
    const markup = `"><img src=x onerror=alert(1)>\u001b[2J`;
    const answer = (fields: object) => ({
      type: "io.nats.micro.v1.stats_response",
      name: "evil",
      id: "a1",
      version: markup,
      metadata: { url: `javascript:alert(1)${markup}`, [markup]: markup },
      started: markup,
      endpoints: [
        { name: "health", data: { status: markup, checks: { [markup]: markup } } },
        {
          name: markup,
          subject: markup,
          num_requests: -1,
          num_errors: "x",
          data: { listener: markup, lag: "many" },
        },
      ],
      ...fields,
    });
    const answers = [
      JSON.stringify(answer({})),
      JSON.stringify(answer({ id: "a2", endpoints: "none", metadata: 7 })),
      JSON.stringify(answer({ id: "../../x" })),
      JSON.stringify(answer({ name: markup })),
      JSON.stringify(answer({ type: "other" })),
      "no json",
      "x".repeat(500_000),
    ];
    for (const data of answers) {
      await bus.serve("$SRV.STATS", { onRequest: () => Promise.resolve({ data }) });
    }
    await bus.serve("$SRV.STATS.evil.a1", { onRequest: () => Promise.resolve({ data: answers[0]! }) });
    const ops = mountOps({ bus });
    for (const path of ["/ops/fleet", "/ops", "/ops/fleet/evil/a1"]) {
      const { status, text } = await ops.get(path);
      assert.equal(status, 200, path);
      assert.doesNotMatch(text, /<img|href="javascript/, path);
      assert.ok(!text.includes("\u001b"));
    }
    assert.equal(rowsOf((await ops.get("/ops/fleet")).text).length, 2);
  });

  it("says that nobody answers, and that a bus cannot ask", async () => {
    await using bus = await fleetBus();
    assert.match((await mountOps({ bus }).get("/ops/fleet")).text, /No service answers/);
    assert.equal((await mountOps({ bus }).get("/ops/fleet/shop/a1")).status, 404);
    const mute = new Proxy(bus, {
      get: (target, name) => {
        const value = name === "gather" ? undefined : Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const ops = mountOps({ bus: mute });
    assert.match((await ops.get("/ops/fleet")).text, /This bus can ask no more than one/);
    assert.equal((await ops.get("/ops")).status, 200);
  });

  it("shows the listeners of its own process", async () => {
    await using bus = await fleetBus();
    await ensureStreams(bus);
    await using listener = createListener(bus, {
      service: "shop",
      queueGroup: "numbers",
      events: [Numbered],
      logger,
      handle: () => {},
    });
    await listener.start();
    const { text } = await mountOps({ bus, listeners: [listener] }).get("/ops/fleet");
    assert.match(text, /Listeners of this process/);
    assert.equal(rowsOf(text)[0]![1], "evt.test.numbered.v1");
  });

  it("pauses and resumes a listener of its own process, for who may", async () => {
    await using bus = await fleetBus();
    const handled: number[] = [];
    await using listener = createListener(bus, {
      service: "shop",
      queueGroup: "numbers",
      events: [Numbered],
      logger,
      handle: ({ event }) => void handled.push(event.data.n),
    });
    await listener.start();
    const publisher = createPublisher(bus, { service: "test" });
    const reader = mountOps({ bus, listeners: [listener] }, { name: "reader", can: ["read"] });
    const ops = mountOps({ bus, listeners: [listener] });
    const fields = { listener: "shop-numbers" };
    assert.equal((await reader.post("/ops/listeners/pause", fields)).status, 404);
    assert.equal((await ops.post("/ops/listeners/pause", fields, {})).status, 403);
    assert.equal((await ops.post("/ops/listeners/pause", { listener: "other" })).status, 404);
    assert.equal((await ops.post("/ops/listeners/pause", fields)).status, 200);
    await publisher.publish(Numbered, { n: 1 });
    await publisher.publish(Numbered, { n: 2 });
    const { text } = await ops.get("/ops/fleet");
    assert.match(text, /badge warn">paused/);
    assert.match(text, /action="\.\/listeners\/resume"/);
    assert.doesNotMatch((await reader.get("/ops/fleet")).text, /<form/);
    assert.deepEqual(handled, []);
    assert.equal((await ops.post("/ops/listeners/resume", fields)).status, 200);
    await waitFor(() => handled.length === 2, "what waited is handled");
    assert.deepEqual(handled, [1, 2]);
    assert.deepEqual(ops.audits(), [
      { operator: "ada", action: "listener.pause", listener: "shop-numbers" },
      { operator: "ada", action: "listener.resume", listener: "shop-numbers" },
    ]);
  });

  it("pauses listeners of another process and sets its log level, where it takes commands", async () => {
    const account = nats.account();
    const connect = () => connectNats({ servers: nats.url, ...account });
    await using bus = await connect();
    await using service = await startShop(await connect(), "1.0.0", true);
    const path = `/ops/fleet/shop/${service.instance}`;
    const reader = mountOps({ bus }, { name: "reader", can: ["read"] });
    const ops = mountOps({ bus });
    await waitFor(async () => (await ops.get(path)).status === 200, "it answers");
    assert.doesNotMatch((await reader.get(path)).text, /<form/);
    const listener = { listener: "shop-numbers" };
    for (
      const [change, fields] of [["pause", listener], ["resume", listener], ["level", {
        level: "debug",
      }]] as const
    ) {
      assert.equal((await reader.post(`${path}/${change}`, fields)).status, 404);
      assert.equal((await ops.post(`${path}/${change}`, fields, {})).status, 403);
    }
    assert.deepEqual(ops.audits(), []);
    assert.equal((await ops.post(`${path}/pause`, listener)).status, 200);
    assert.equal((await service.control.state()).listeners[0]!.paused, true);
    assert.match((await ops.get(path)).text, /badge warn">paused/);
    assert.equal((await ops.post(`${path}/resume`, listener)).status, 200);
    assert.equal((await service.control.state()).listeners[0]!.paused, false);
    assert.equal((await ops.post(`${path}/pause`, { listener: "other" })).status, 404);
    assert.equal((await ops.post(`${path}/level`, { level: "loud" })).status, 422);
    assert.equal((await ops.post(`${path}/level`, { level: "debug" })).status, 200);
    assert.match((await ops.get(path)).text, /All loggers write <strong>debug<\/strong>/);
    assert.equal((await ops.post(`${path}/level`, { level: "" })).status, 200);
    assert.equal((await service.control.state()).level, undefined);
    assert.deepEqual(ops.audits().at(0), {
      operator: "ada",
      action: "listener.pause",
      service: "shop",
      instance: service.instance,
      listener: "shop-numbers",
    });
    const own = mountOps({ bus, control: () => service.control });
    assert.equal((await own.post("/ops/level", { level: "debug" })).status, 200);
    assert.match((await own.get("/ops/fleet")).text, /All loggers write <strong>debug/);
    assert.equal((await own.post("/ops/level", { level: "" })).status, 200);
    assert.equal((await ops.post("/ops/level", { level: "debug" })).status, 404);
  });

  it("offers no commands to an instance that takes none", async () => {
    const account = nats.account();
    const connect = () => connectNats({ servers: nats.url, ...account });
    await using bus = await connect();
    await using service = await startShop(await connect(), "1.0.0");
    const path = `/ops/fleet/shop/${service.instance}`;
    const ops = mountOps({ bus });
    await waitFor(async () => (await ops.get(path)).status === 200, "it answers");
    assert.match((await ops.get(path)).text, /It takes none/);
    assert.equal((await ops.post(`${path}/pause`, { listener: "shop-numbers" })).status, 503);
  });
});
