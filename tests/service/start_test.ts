import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { connectDatabase } from "@glam/shared/db";
import { isGlamError } from "@glam/shared/errors";
import {
  connectNats,
  createListener,
  createMemoryBus,
  createPublisher,
  defineEvent,
  type Listener,
  type MessageBus,
  STREAM_CONFIGS,
} from "@glam/shared/messaging";
import { ServiceError } from "@glam/shared/service";
import { Hono } from "hono";
import * as z from "zod";
import { startNats } from "../_support/nats_server.ts";
import { createTestDatabase } from "../_support/postgres.ts";
import { PATIENCE_MS } from "../_support/wait_for.ts";
import { errorOf, fakeListener, fakeRelay, migrations, testService } from "./_support.ts";

const Done = defineEvent("evt.test.done.v1", z.object({ n: z.int() }));
const silent = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };

function listen(bus: MessageBus, handle: () => void = () => {}): Listener {
  return createListener(bus, { service: "test", queueGroup: "done", events: [Done], handle, logger: silent });
}

describe("start()", () => {
  it("starts the parts in order, each with a line, and stops them in the reverse order", async () => {
    const db = await createTestDatabase();
    const bus = createMemoryBus();
    const relay = fakeRelay();
    const { service, steps, lines } = testService({
      app: new Hono(),
      database: db,
      migrations,
      migrate: "up",
      bus,
      outbox: { relay: () => relay },
      listeners: [listen(bus)],
      onStart() {},
      onStop: () => void db.sql`select 1`.catch(() => {}),
    });
    assert.equal(service.state, "new");
    const starting = service.start();
    await starting;
    assert.equal(service.state, "ready");
    assert.deepEqual(steps(), [
      "Database answers",
      "Migrations applied",
      "Streams ensured",
      "onStart is done",
      "Outbox relay started",
      "Listeners started",
      "Listening",
      "Service ready",
    ]);
    assert.deepEqual(lines[1]?.fields["applied"], migrations.map(({ name }) => name.slice(0, -4)));
    assert.equal(lines[6]?.fields["url"], service.address?.url);
    await using again = await createTestDatabase({ url: db.url, schema: db.schema });
    lines.length = 0;
    await service.stop();
    assert.equal(service.state, "stopped");
    assert.deepEqual(steps(), [
      "Service stopping",
      "HTTP drained",
      "Listeners stopped",
      "Outbox relay stopped",
      "onStop is done",
      "Bus closed",
      "Database closed",
      "Service stopped",
    ]);
    await service.finished;
    assert.deepEqual(relay.calls, ["start", "stop"]);
    assert.equal(bus.connected, false);
    await assert.rejects(db.ping());
    await again.ping();
  });

  it("gives the address that it listens on, and answers there", async () => {
    const app = new Hono().get("/", (c) => c.text("hello"));
    await using service = testService({ app }).service;
    await service.start();
    const { hostname, port, url } = service.address!;
    assert.equal(hostname, "127.0.0.1");
    assert.equal(url, `http://127.0.0.1:${port}`);
    assert.equal(await (await fetch(url)).text(), "hello");
  });

  it("names the local machine in the URL where every address is bound", async () => {
    await using service = testService({ app: new Hono(), hostname: "0.0.0.0" }).service;
    await service.start();
    assert.equal(service.address?.url, `http://localhost:${service.address?.port}`);
  });

  it("refuses to start while migrations are pending, and says how to apply them", async () => {
    await using db = await createTestDatabase();
    const pending = async () => {
      const database = await connectDatabase({ url: db.url, schema: db.schema });
      const { service } = testService({ database, migrations });
      const error = await errorOf(service.start());
      await assert.rejects(database.ping(), "the database is closed again");
      return error;
    };
    const error = await pending();
    assert.ok(error instanceof ServiceError);
    assert.equal(error.part, "migrations");
    assert.equal(error.phase, "starting");
    assert.match(
      error.message,
      /^Cannot start "test": migrations: 3 migrations are not applied: 0001_create_a to 0003_create_c\. Run: glam migrate up/,
    );
    const first = testService({
      database: await connectDatabase({ url: db.url, schema: db.schema }),
      migrations: migrations.slice(0, 2),
      migrate: "up",
    }).service;
    await first.start();
    await first.stop();
    assert.match(
      (await pending()).message,
      /: 1 migration is not applied: 0003_create_c\. Run: glam migrate up/,
    );
  });

  it("starts an older replica on a database that a newer one has migrated", async () => {
    await using db = await createTestDatabase();
    const open = () => connectDatabase({ url: db.url, schema: db.schema });
    for (const [files, migrate] of [[migrations, "up"], [migrations.slice(0, 1), "verify"]] as const) {
      const { service } = testService({ database: await open(), migrations: files, migrate });
      await service.start();
      await service.stop();
    }
  });

  it("refuses to start when an applied migration was edited", async () => {
    await using db = await createTestDatabase();
    const open = () => connectDatabase({ url: db.url, schema: db.schema });
    const first = testService({ database: await open(), migrations, migrate: "up" }).service;
    await first.start();
    await first.stop();
    const changed = migrations.map((file, i) =>
      i > 0 ? file : { ...file, sql: file.sql.replace("int", "bigint") }
    );
    const error = await errorOf(testService({ database: await open(), migrations: changed }).service.start());
    assert.equal(error.part, "migrations");
    assert.match(error.message, /0001_create_a/);
  });

  it("warns of a stream that differs from what it should be, and repairs it when told to", async () => {
    for (const [streams, warned] of [[undefined, true], [{ repair: true }, false], [false, false]] as const) {
      const bus = createMemoryBus();
      await bus.ensureStream({ ...STREAM_CONFIGS[0], maxAgeMs: 3_600_000 });
      const { service, lines } = testService({ bus, streams });
      await service.start();
      const warnings = lines.filter(({ level }) => level === "warn").map(({ fields }) => fields["stream"]);
      assert.deepEqual(warnings, warned ? ["GLAM_EVENTS"] : []);
      const info = await bus.streamInfo("GLAM_EVENTS");
      assert.equal(
        info?.config.maxAgeMs,
        streams === undefined || !streams ? 3_600_000 : STREAM_CONFIGS[0].maxAgeMs,
      );
      await service.stop();
    }
  });

  it("starts once, whoever asks, and never again after it was stopped", async () => {
    const { service, steps } = testService({ app: new Hono() });
    await Promise.all([service.start(), service.start()]);
    assert.equal(steps().filter((step) => step === "Listening").length, 1);
    await Promise.all([service.stop(), service.stop()]);
    assert.equal(steps().filter((step) => step === "Service stopped").length, 1);
    const { service: unstarted } = testService({ app: new Hono() });
    await unstarted.stop();
    await assert.rejects(unstarted.start(), /Cannot start a service that was stopped; create another one/);
  });
});

describe("a part that fails for good", () => {
  it("makes the service unready, and stops it: finished rejects with the part", async () => {
    const { promise, reject } = Promise.withResolvers<void>();
    const { service, steps } = testService({ listeners: [{ ...fakeListener(), finished: promise }] });
    await service.start();
    reject(new Error("the account was deleted"));
    const error = await errorOf(service.finished);
    assert.ok(error instanceof ServiceError);
    assert.deepEqual([error.part, error.phase], ["listeners", "running"]);
    assert.match(error.message, /^Cannot go on with "test": listeners: the account was deleted/);
    assert.ok(steps().indexOf("A part of the service failed for good") < steps().indexOf("HTTP drained"));
    assert.equal(service.state, "stopped");
  });

  it("is also the relay, and the bus that is closed for good", async () => {
    const { promise, reject } = Promise.withResolvers<void>();
    const withRelay = testService({ outbox: { ...fakeRelay(), finished: promise } });
    await withRelay.service.start();
    reject(new Error("the table was dropped"));
    assert.equal((await errorOf(withRelay.service.finished)).part, "outbox");
    const bus = createMemoryBus();
    const withBus = testService({ bus });
    await withBus.service.start();
    await bus.close();
    assert.equal((await errorOf(withBus.service.finished)).part, "bus");
  });
});

describe("with NATS", () => {
  const server = startNats();
  after(async () => await (await server).stop());

  it("ensures the streams, and handles events until it stops", async () => {
    const nats = await server;
    const bus = await connectNats({ servers: nats.url, ...nats.account(), connectTimeoutMs: PATIENCE_MS });
    const handled = Promise.withResolvers<void>();
    const { service } = testService({ bus, listeners: [listen(bus, handled.resolve)] });
    await service.start();
    await createPublisher(bus, { service: "test" }).publish(Done, { n: 1 });
    await handled.promise;
    await service.stop();
    await service.finished;
    assert.equal(bus.connected, false);
  });

  it("does not start while the broker is silent, and ends in time all the same", async () => {
    await using nats = await startNats();
    const bus = await connectNats({ servers: nats.url, ...nats.account(), connectTimeoutMs: PATIENCE_MS });
    await nats.pause();
    const { service, steps } = testService({ bus, deadlines: { start: 300, bus: 300 } });
    const error = await errorOf(service.start());
    assert.equal(error.part, "streams");
    assert.equal(steps().at(-1), "Service stopped");
    assert.ok(isGlamError(error));
  });
});
