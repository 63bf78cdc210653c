import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { after, describe, it } from "node:test";
import { startNats } from "../_support/nats_server.ts";
import { createTestDatabase, startPostgres } from "../_support/postgres.ts";
import { PATIENCE_MS, waitFor } from "../_support/wait_for.ts";
import { type ServiceProcess, startService } from "./_processes.ts";

/** Longer than anybody waits for it. */
const LONG_MS = 10 * PATIENCE_MS;

const server = await startNats();
after(() => server.stop());

async function everything() {
  const db = await createTestDatabase();
  await db.sql`create table worked (id int primary key)`;
  await db.sql`create table handled (id int primary key)`;
  const options = {
    database: { url: db.url, schema: db.schema },
    nats: { servers: server.url, ...server.account() },
  };
  return { db, options };
}

const stopLines = (child: ServiceProcess) => {
  const messages = child.lines.map(({ message }) => message);
  return messages.slice(messages.indexOf("Service stopping"));
};

const inOrder = [
  "Service stopping",
  "Grace is over",
  "HTTP drained",
  "Listeners stopped",
  "Outbox relay stopped",
  "Bus closed",
  "Database closed",
  "Service stopped",
];

describe("a service as a process", () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`stops in order at ${signal}, with exit code 0`, async () => {
      const { db, options } = await everything();
      await using _db = db;
      await using child = startService({ ...options, graceMs: 30 });
      assert.equal((await fetch(`${await child.url}/jobs/1`, { method: "POST" })).status, 200);
      await waitFor(async () => (await db.sql`select 1 from handled`).length === 1, "the event is handled");
      child.signal(signal);
      assert.equal(await child.exited(), 0, child.output());
      assert.deepEqual(stopLines(child).filter((line) => line !== "Ctrl-C again ends the grace"), inOrder);
      assert.equal(child.lines.find(({ message }) => message === "Service stopping")?.["reason"], signal);
    });
  }

  it("serves within the grace, and is not ready", async () => {
    await using child = startService({ graceMs: LONG_MS });
    const url = await child.url;
    child.signal("SIGTERM");
    await child.logged("Service stopping");
    assert.equal((await fetch(`${url}/health/ready`)).status, 503);
    assert.equal((await fetch(url)).status, 200);
  });

  it("says at Ctrl-C that another one ends the grace, which then stops it in order", async () => {
    await using child = startService({ graceMs: LONG_MS });
    await child.url;
    child.signal("SIGINT");
    await child.logged("Ctrl-C again ends the grace");
    child.signal("SIGTERM");
    assert.equal(await child.exited(), 0, child.output());
    assert.deepEqual(stopLines(child), [
      "Service stopping",
      "Ctrl-C again ends the grace",
      "Grace is over",
      "HTTP drained",
      "Service stopped",
    ]);
  });

  it("ends at once at another signal when the grace is over, with exit code 1", async () => {
    await using child = startService({ graceMs: LONG_MS });
    const hanging = fetch(`${await child.url}/hang`).catch(() => {});
    await child.logged("A request hangs");
    child.signal("SIGINT");
    await child.logged("Service stopping");
    child.signal("SIGTERM");
    await child.logged("Grace is over");
    child.signal("SIGINT");
    assert.equal(await child.exited(), 1, child.output());
    assert.equal(stopLines(child).at(-1), "Another signal: ending at once");
    await hanging;
  });

  it("takes a signal for one that also comes by way of a task runner", async () => {
    await using child = startService({ graceMs: LONG_MS, signalsApartMs: 100 });
    const url = await child.url;
    child.signal("SIGTERM");
    await child.logged("Signal 1"); // two that are pending are one
    child.signal("SIGTERM");
    await child.logged("Signal 2");
    assert.equal((await fetch(url)).status, 200);
    await fetch(`${url}/end-of-grace`, { method: "POST" });
    assert.equal(await child.exited(), 0, child.output());
    assert.ok(!stopLines(child).includes("Another signal: ending at once"));
  });

  it("ends the grace at the same signal a second later", async () => {
    await using child = startService({ graceMs: LONG_MS, signalsApartMs: 1000 });
    await child.url;
    child.signal("SIGTERM");
    await child.logged("Signal 1");
    child.signal("SIGTERM");
    assert.equal(await child.exited(), 0, child.output());
    assert.deepEqual(stopLines(child).slice(-3), ["Grace is over", "HTTP drained", "Service stopped"]);
  });

  it("goes on without a request that hangs past its deadline, with exit code 1", async () => {
    const { db, options } = await everything();
    await using _db = db;
    await using child = startService({ ...options, deadlines: { http: 100 } });
    const hanging = fetch(`${await child.url}/hang`).then(() => "answered", () => "cut off");
    await child.logged("A request hangs");
    child.signal("SIGTERM");
    assert.equal(await child.exited(), 1, child.output());
    assert.equal(await hanging, "cut off");
    assert.deepEqual(stopLines(child), [
      "Service stopping",
      "A step of the stop passed its deadline, and the next one begins",
      ...inOrder.slice(3),
    ]);
  });

  it("gives an event back whose handler hangs, and has stopped in order", async () => {
    const { db, options } = await everything();
    await using _db = db;
    await using hanging = startService({ ...options, hangingHandler: true });
    await fetch(`${await hanging.url}/publish/7`, { method: "POST" });
    await hanging.logged("A handler hangs");
    hanging.signal("SIGTERM");
    assert.equal(await hanging.exited(), 0, hanging.output());
    await using next = startService(options);
    await next.url;
    await waitFor(
      async () => (await db.sql`select 1 from handled where id = 7`).length === 1,
      "the event is handled, which without being given back comes again too late for that",
    );
    next.signal("SIGTERM");
    assert.equal(await next.exited(), 0);
  });

  it("stops while it starts, with exit code 0", async () => {
    const { db, options } = await everything();
    await using _db = db;
    await using child = startService({ ...options, hangingStart: true });
    await child.logged("onStart hangs");
    child.signal("SIGTERM");
    assert.equal(await child.exited(), 0, child.output());
    assert.deepEqual(stopLines(child), [
      "Service stopping",
      "Bus closed",
      "Database closed",
      "Service stopped",
    ]);
  });

  it("leaves nothing behind by start() and stop() that would keep the process", async () => {
    const { db, options } = await everything();
    await using _db = db;
    await using child = startService({ ...options, embedded: true });
    assert.equal(await child.exited(), 0, child.output());
    assert.deepEqual(stopLines(child), inOrder.filter((line) => line !== "Grace is over"));
  });

  it("does not start on a port that is in use, with exit code 1 and what to do, and no stack", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await once(blocker, "listening");
    const { port } = blocker.address() as { port: number };
    await using child = startService({ port });
    assert.equal(await child.exited(), 1);
    blocker.close();
    const line = child.lines.find(({ level }) => level === "CRITICAL");
    assert.match(
      line!.message,
      new RegExp(`^Cannot start "test": http: port ${port} is in use\\. Choose another`),
    );
    assert.doesNotMatch(child.output(), /\n\s+at |exception/);
  });

  it("does not start while a migration is pending, with exit code 1 and how to apply it", async () => {
    const { db, options } = await everything();
    await using _db = db;
    await using child = startService({ database: options.database, pending: true });
    assert.equal(await child.exited(), 1);
    assert.match(child.output(), /1 migration is not applied: 0001_create_items\. Run: glam migrate up/);
    assert.doesNotMatch(child.output(), /\n\s+at |exception/);
  });

  it("does not start without its database, with exit code 1", async () => {
    await using child = startService({ database: { url: "postgres://app:s3cret@127.0.0.1:1/credits" } });
    assert.equal(await child.exited(), 1);
    assert.match(
      child.output(),
      /Cannot start \\"test\\": database: Cannot connect to the database .*ECONNREFUSED/,
    );
    assert.doesNotMatch(child.output(), /s3cret/);
  });

  it("ends with exit code 1 when its bus is closed for good", async () => {
    await using child = startService({ nats: { servers: server.url, ...server.account() } });
    await fetch(`${await child.url}/close-bus`, { method: "POST" });
    assert.equal(await child.exited(), 1);
    assert.match(child.output(), /A part of the service failed for good/);
    assert.ok(stopLines(child).includes("HTTP drained"));
  });

  for (
    const [path, what] of [["/forget", "Unhandled rejection"], [
      "/throw-later",
      "Uncaught exception",
    ]] as const
  ) {
    it(`stops in order after an error that no code handles, with exit code 1: ${what}`, async () => {
      const { db, options } = await everything();
      await using _db = db;
      await using child = startService({ ...options, graceMs: LONG_MS });
      const url = await child.url;
      const waiting = fetch(`${url}/wait`).then((response) => response.json());
      await child.logged("A request waits");
      await fetch(`${url}${path}`, { method: "POST" });
      const line = await child.logged(`${what}: the service stops`);
      assert.equal(line.level, "CRITICAL");
      assert.match(JSON.stringify(line), /forgotten|thrown later/);
      await child.logged("Service stopping");
      assert.equal((await fetch(`${url}/health/ready`)).status, 503);
      await fetch(`${url}/go-on`, { method: "POST" });
      assert.equal((await waiting).data, "answered");
      await fetch(`${url}/end-of-grace`, { method: "POST" });
      assert.equal(await child.exited(), 1, child.output());
      assert.deepEqual(stopLines(child), inOrder);
    });
  }

  it("ends after an error that no code handles, also where the stop hangs", async () => {
    await using child = startService({ deadlines: { http: LONG_MS } });
    const url = await child.url;
    const hanging = fetch(`${url}/hang`).then(() => "answered", () => "cut off");
    await child.logged("A request hangs");
    await fetch(`${url}/forget`, { method: "POST" });
    assert.equal(await child.exited(), 1, child.output());
    assert.equal(await hanging, "cut off");
    assert.deepEqual(stopLines(child), ["Service stopping"]);
  });

  it("ends with exit code 1 after an error that no code handles while it starts", async () => {
    await using child = startService({ hangingStart: true, failingStart: true });
    assert.equal(await child.exited(), 1, child.output());
    await child.logged("Unhandled rejection: the service stops");
    assert.equal(stopLines(child).at(-1), "Service stopped");
  });

  it("stops in time when NATS and Postgres were killed before", async () => {
    await using nats = await startNats();
    await using postgres = await startPostgres();
    await using child = startService({
      nats: { servers: nats.url, ...nats.account() },
      database: { url: postgres.url },
      deadlines: { listeners: 8000, outbox: 5000, bus: 5000, database: 6000 },
    });
    const url = await child.url;
    await Promise.all([nats.kill9(), postgres.kill9()]);
    await waitFor(async () => (await fetch(`${url}/health/ready`)).status === 503, "it is not ready");
    assert.equal((await fetch(`${url}/health/live`)).status, 200);
    child.signal("SIGTERM");
    await child.exited();
    assert.equal(stopLines(child).at(-1), "Service stopped");
  });
});
