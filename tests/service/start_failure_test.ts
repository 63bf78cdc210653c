import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { describe, it } from "node:test";
import { implement } from "@glam/shared/api";
import { defineEndpoint } from "@glam/shared/contract";
import { connectDatabase } from "@glam/shared/db";
import { createMemoryBus } from "@glam/shared/messaging";
import { ServiceError, type ServiceOptions } from "@glam/shared/service";
import { Hono } from "hono";
import { createTestDatabase, sharedPostgres } from "../_support/postgres.ts";
import { waitFor } from "../_support/wait_for.ts";
import { errorOf, fakeListener, fakeRelay, fakeScheduler, migrations, testService } from "./_support.ts";

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
      ["scheduler", { scheduler: fakeScheduler({ start: new Error("no table") }) }, [
        "Scheduler stopped",
        "Listeners stopped",
        "Outbox relay stopped",
        "onStop is done",
      ]],
      ["http", { hostname: "192.0.2.7" }, [
        "Scheduler stopped",
        "Listeners stopped",
        "Outbox relay stopped",
        "onStop is done",
      ]],
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
        scheduler: fakeScheduler(),
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
    assert.match(
      error.message,
      /^Cannot start "test": database: Cannot connect to the database "credits" at 127\.0\.0\.1:1: .*ECONNREFUSED/,
    );
    assert.doesNotMatch(JSON.stringify(error) + String(error.stack), /s3cret/);
  });

  it("at a database that does not exist says so", async () => {
    const url = new URL(await sharedPostgres());
    const secret = url.password;
    url.pathname = "/nowhere";
    const database = await connectDatabase({ url: url.href, lazy: true });
    const error = await errorOf(testService({ database }).service.start());
    assert.match(error.message, /: database "nowhere" does not exist; create it, or correct the name$/);
    assert.ok(!`${JSON.stringify(error)}${error.stack}`.includes(secret));
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

  it("with an endpoint that is mounted under another path than its own, before anything has started", async () => {
    const sub = new Hono();
    implement(sub, defineEndpoint("GET /items", { empty: true }), () => {});
    const { service, steps } = testService({
      app: new Hono().route("/v1", sub),
      onStart: () => assert.fail("it started"),
    });
    const error = await errorOf(service.start());
    assert.ok(error instanceof ServiceError && error.cause instanceof TypeError);
    assert.match(error.message, /http: The endpoint "GET \/items" stands at "\/v1\/items"/);
    assert.ok(!steps().includes("onStart is done"));
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
  // The mark tells it from what other tests run on the same server.
  const statement = `select pg_sleep(600) /* ${db.schema} */`;
  const slow = [migrations[0]!, { name: "0002_wait.sql", sql: `-- migrate:up\n${statement};\n` }];
  const database = await connectDatabase({ url: db.url, schema: db.schema });
  const { service } = testService({ database, migrations: slow, migrate: "up" });
  const starting = errorOf(service.start());
  const running = () =>
    db.sql`
      select 1 from pg_stat_activity
      where query like ${`%${statement}%`} and state = 'active' and pid <> pg_backend_pid()`;
  await waitFor(async () => (await running()).length > 0, "the migration runs");
  await service.stop();
  assert.match((await starting).message, /it was stopped before it was ready/);
  await waitFor(async () => {
    const names = await db.sql<{ name: string }>`select name from glam_migrations`;
    return names.length === 1 && names[0]!.name === "0001_create_a";
  }, "only the first migration is applied");
  await waitFor(async () => (await running()).length === 0, "the statement does not run on");
});
