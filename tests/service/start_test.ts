import assert from "node:assert/strict";
import { createServer } from "node:net";
import { once } from "node:events";
import { after, describe, it } from "node:test";
import { connectDatabase, type MigrationFile } from "@glam/shared/db";
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
import { ServiceError, type ServiceOptions } from "@glam/shared/service";
import { Hono } from "hono";
import * as z from "zod";
import { startNats } from "../_support/nats_server.ts";
import { createTestDatabase } from "../_support/postgres.ts";
import { waitFor } from "../_support/wait_for.ts";
import { errorOf, testService } from "./_support.ts";

const Done = defineEvent("evt.test.done.v1", z.object({ n: z.int() }));
const silent = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };

function listen(bus: MessageBus, handle: () => void = () => {}): Listener {
  return createListener(bus, { service: "test", queueGroup: "done", events: [Done], handle, logger: silent });
}

const migrations: readonly MigrationFile[] = ["0001_create_a", "0002_create_b", "0003_create_c"].map((
  name,
) => ({
  name: `${name}.sql`,
  sql: `-- migrate:up\ncreate table ${name.at(-1)} (id int);\n-- migrate:down\ndrop table ${name.at(-1)};\n`,
}));

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

describe("a start that fails", () => {
  const cases:
    readonly (readonly [part: string, spoil: Partial<ServiceOptions>, closed: readonly string[]])[] = [
      ["onStart", { onStart: () => Promise.reject(new Error("no cache")) }, ["onStop is done"]],
      ["outbox", { outbox: fakeRelay({ start: new Error("no table") }) }, [
        "Outbox relay stopped",
        "onStop is done",
      ]],
      ["listeners", { listeners: [fakeListener(new Error("mismatch"))] }, [
        "Listeners stopped",
        "Outbox relay stopped",
        "onStop is done",
      ]],
      ["http", { hostname: "192.0.2.7" }, ["Listeners stopped", "Outbox relay stopped", "onStop is done"]],
    ];
  for (const [part, spoil, closed] of cases) {
    it(`at ${part} closes what had started, in reverse, and names the part`, async () => {
      const bus = createMemoryBus();
      const database = await createTestDatabase();
      const relay = fakeRelay();
      const { service, lines, steps } = testService({
        database,
        bus,
        outbox: relay,
        listeners: [fakeListener()],
        onStart() {},
        onStop() {},
        ...spoil,
      });
      const error = await errorOf(service.start());
      assert.ok(error instanceof ServiceError, String(error));
      assert.equal(error.part, part);
      assert.equal(error.phase, "starting");
      assert.ok(error.message.startsWith(`Cannot start "test": ${part}: `), error.message);
      assert.equal(await errorOf(service.finished), error);
      const stopping = steps().indexOf("Service stopping");
      assert.deepEqual(steps().slice(stopping), [
        "Service stopping",
        ...closed,
        "Bus closed",
        "Database closed",
        "Service stopped",
      ]);
      assert.equal(lines[stopping - 1]?.level, "critical");
      assert.equal(service.state, "stopped");
      assert.equal(bus.connected, false);
      await assert.rejects(database.ping());
    });
  }

  it("before onStart does not run onStop, which would close what is not there", async () => {
    const calls: string[] = [];
    const { service } = testService({
      bus: createMemoryBus(),
      database: await connectDatabase({ url: "postgres://127.0.0.1:1/x", lazy: true }),
      onStart: () => void calls.push("onStart"),
      onStop: () => void calls.push("onStop"),
    });
    await errorOf(service.start());
    assert.deepEqual(calls, []);
  });

  it("at a port that is in use says how to choose another", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await once(blocker, "listening");
    const { port } = blocker.address() as { port: number };
    const error = await errorOf(testService({ app: new Hono(), port }).service.start());
    blocker.close();
    assert.equal(
      error.message,
      `Cannot start "test": http: port ${port} is in use. Choose another with the option \`port\` or the variable PORT; ` +
        "0 takes any that is free",
    );
  });

  it("at a database that is down names the database", async () => {
    const database = await connectDatabase({ url: "postgres://app:s3cret@127.0.0.1:1/credits", lazy: true });
    const error = await errorOf(testService({ database }).service.start());
    assert.equal(error.part, "database");
    assert.match(error.message, /^Cannot start "test": database: Database connection failed: .*ECONNREFUSED/);
    assert.doesNotMatch(JSON.stringify(error) + String(error.stack), /s3cret/);
  });

  it("logs the stack of what nobody expected, and only the message of what somebody did", async () => {
    const unexpected = testService({ onStart: () => Promise.reject(new RangeError("no cache")) });
    await errorOf(unexpected.service.start());
    const database = await connectDatabase({ url: "postgres://127.0.0.1:1/x", lazy: true });
    const expected = testService({ database });
    await errorOf(expected.service.start());
    const [one, other] = [unexpected, expected].map(({ lines }) =>
      lines.find(({ level }) => level === "critical")?.fields["error"]
    );
    assert.ok(one instanceof RangeError);
    assert.equal(other, undefined);
  });

  it("at a step that passes its deadline says so", async () => {
    const { service } = testService({ onStart: () => new Promise(() => {}), deadlines: { start: 20 } });
    const error = await errorOf(service.start());
    assert.equal(error.part, "onStart");
    assert.match(error.message, /onStart: it took over 20 ms/);
  });

  it("at a listener that fails while HTTP starts names the listener", async () => {
    const { promise, reject } = Promise.withResolvers<void>();
    const failing = { ...fakeListener(), finished: promise };
    const { service } = testService({
      listeners: [failing, {
        ...fakeListener(),
        start: () => {
          reject(new Error("deleted"));
          return new Promise(() => {});
        },
      }],
    });
    const error = await errorOf(service.start());
    assert.match(error.message, /^Cannot go on with "test": listeners: deleted/);
  });
});

describe("stop() while it starts", () => {
  it("ends the start, closes everything, and is a stop in order", async () => {
    const bus = createMemoryBus();
    const begun = Promise.withResolvers<AbortSignal>();
    const { service, steps } = testService({
      bus,
      onStart: (signal) => {
        begun.resolve(signal);
        return new Promise(() => {});
      },
    });
    const starting = errorOf(service.start());
    const signal = await begun.promise;
    assert.equal(signal.aborted, false);
    await service.stop();
    assert.equal(signal.aborted, true);
    const error = await starting;
    assert.match(error.message, /^Cannot start "test": it was stopped before it was ready/);
    await service.finished;
    assert.equal(bus.connected, false);
    assert.ok(!steps().includes("Listening"));
  });
});

it("stop() while migrations run rolls back the file that runs, and ends in time", async () => {
  await using db = await createTestDatabase();
  const slow = [migrations[0]!, { name: "0002_wait.sql", sql: "-- migrate:up\nselect pg_sleep(600);\n" }];
  const database = await connectDatabase({ url: db.url, schema: db.schema });
  const { service } = testService({ database, migrations: slow, migrate: "up" });
  const starting = errorOf(service.start());
  await waitFor(async () => {
    const running = await db.sql`
      select 1 from pg_stat_activity where query like '%pg_sleep(600)%' and pid <> pg_backend_pid()`;
    return running.length > 0;
  });
  await service.stop();
  assert.match((await starting).message, /it was stopped before it was ready/);
  await waitFor(async () => {
    const names = await db.sql<{ name: string }>`select name from glam_migrations`;
    return names.length === 1 && names[0]!.name === "0001_create_a";
  });
  const left = await db.sql`
    select 1 from pg_stat_activity where query like '%pg_sleep(600)%' and state = 'active' and pid <> pg_backend_pid()`;
  assert.equal(left.length, 0, "the statement does not run on");
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
    const bus = await connectNats({ servers: nats.url, ...nats.account() });
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
    const bus = await connectNats({ servers: nats.url, ...nats.account() });
    await nats.pause();
    const { service, steps } = testService({ bus, deadlines: { start: 300, bus: 300 } });
    const error = await errorOf(service.start());
    assert.equal(error.part, "streams");
    assert.equal(steps().at(-1), "Service stopped");
    assert.ok(isGlamError(error));
  });
});

function fakeRelay(failing: { start?: Error } = {}) {
  const calls: string[] = [];
  return {
    calls,
    finished: new Promise<void>(() => {}),
    start: () => {
      calls.push("start");
      return failing.start === undefined ? Promise.resolve() : Promise.reject(failing.start);
    },
    stop: () => Promise.resolve(void calls.push("stop")),
    health: () => ({ status: "healthy" }),
  };
}

function fakeListener(failing?: Error): Listener {
  return {
    finished: new Promise<void>(() => {}),
    durables: new Map(),
    start: () => failing === undefined ? Promise.resolve() : Promise.reject(failing),
    stop: () => Promise.resolve(),
    health: () => Promise.resolve({ status: "healthy", reasons: [], in_flight: 0, consumers: [] }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
