import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { glamMiddleware, implement } from "@glam/shared/api";
import { defineEndpoint } from "@glam/shared/contract";
import { createMemoryBus } from "@glam/shared/messaging";
import { ServiceError } from "@glam/shared/service";
import { Hono } from "hono";
import { createTestDatabase, startPostgres } from "../_support/postgres.ts";
import { connectDatabase } from "@glam/shared/db";
import { errorOf, testService } from "./_support.ts";
import { PATIENCE_MS, waitFor } from "../_support/wait_for.ts";
import { connectNats } from "@glam/shared/messaging";
import { startNats } from "../_support/nats_server.ts";

describe("the grace", () => {
  it("is not ready at once, serves on, and tells clients to close their connections", async () => {
    const app = new Hono().get("/", (c) => c.text("served"));
    const { service, steps } = testService({ app, graceMs: 10 * PATIENCE_MS });
    await service.start();
    const { url } = service.address!;
    const before = await fetch(`${url}/`);
    assert.equal(await before.text(), "served");
    assert.notEqual(before.headers.get("connection"), "close");
    assert.equal((await fetch(`${url}/health/ready`)).status, 200);
    const stopping = service.stop();
    assert.equal((await fetch(`${url}/health/ready`)).status, 503);
    assert.equal((await fetch(`${url}/health/live`)).status, 200);
    const during = await rawGet(service.address!.port, "/");
    assert.match(during.text, /^HTTP\/1\.1 200 [\s\S]*\r\nconnection: close\r\n[\s\S]*served$/i);
    assert.ok(!steps().includes("HTTP drained"));
    assert.equal(service.state, "stopping");
    await service.stop({ graceMs: 0 });
    await stopping;
    assert.ok(steps().includes("HTTP drained"));
  });
});

describe("the drain", () => {
  it("lets requests under way finish, also those that stream, and takes no new ones", async () => {
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const app = new Hono();
    app.get("/slow", async (c) => {
      begun.resolve();
      await gate.promise;
      return c.text("late");
    });
    app.get("/stream", () => {
      const encoder = new TextEncoder();
      const pieces = ["one ", "two"];
      return new Response(
        new ReadableStream({
          async pull(controller) {
            const piece = pieces.shift();
            if (piece === undefined) return controller.close();
            if (piece === "two") await gate.promise;
            controller.enqueue(encoder.encode(piece));
          },
        }),
      );
    });
    const { service, steps } = testService({ app });
    await service.start();
    const { url, port } = service.address!;
    const slow = fetch(`${url}/slow`);
    const stream = await fetch(`${url}/stream`);
    await begun.promise;
    const stopping = service.stop();
    await waitFor(() => connectTo(port).then((isOpen) => !isOpen), "it takes no connection");
    assert.ok(!steps().includes("HTTP drained"));
    gate.resolve();
    assert.equal(await (await slow).text(), "late");
    assert.equal(await stream.text(), "one two");
    await stopping;
    await service.finished;
    assert.ok(steps().includes("HTTP drained"));
  });

  it("closes connections that are idle, and does not wait for them", async () => {
    const { service } = testService({ app: new Hono().get("/", (c) => c.text("x")) });
    await service.start();
    const idle = connect(service.address!.port, "127.0.0.1");
    const closed = new Promise((resolve) => idle.once("close", resolve));
    const answered = new Promise((resolve) => idle.once("data", resolve));
    idle.write("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
    await answered;
    await service.stop();
    await closed;
    await service.finished;
  });
});

describe("a step that passes its deadline", () => {
  it("is logged, cut off, and the next one begins; finished rejects with the part", async () => {
    const never = new Promise<never>(() => {});
    const begun = Promise.withResolvers<void>();
    const app = new Hono().get("/", () => {
      begun.resolve();
      return never;
    });
    const bus = createMemoryBus();
    const { service, lines, steps } = testService({
      app,
      bus,
      onStop: () => never,
      deadlines: { http: 30, onStop: 30 },
    });
    await service.start();
    const client = new AbortController();
    const hanging = fetch(service.address!.url, { signal: client.signal }).then(
      () => "answered",
      () => "cut off",
    );
    await begun.promise;
    await service.stop();
    if ("Deno" in globalThis) client.abort(); // which cuts off nothing that drains: it ends with the process
    assert.equal(await hanging, "cut off");
    assert.deepEqual(steps().slice(-5), [
      "Service stopping",
      "A step of the stop passed its deadline, and the next one begins",
      "A step of the stop passed its deadline, and the next one begins",
      "Bus closed",
      "Service stopped",
    ]);
    const late = lines.filter(({ level }) => level === "error").map(({ fields }) => fields["part"]);
    assert.deepEqual(late, ["http", "onStop"]);
    const error = await errorOf(service.finished);
    assert.ok(error instanceof ServiceError);
    assert.deepEqual([error.part, error.phase], ["http", "stopping"]);
    assert.equal(
      error.message,
      '"test" did not stop in order: Stopping http took over 30 ms; Stopping onStop took over 30 ms',
    );
    assert.equal(bus.connected, false);
  });

  it("aborts the signal of the handlers that it waits for no longer, and of no others", async () => {
    const app = new Hono();
    app.use(glamMiddleware({ accessLog: false }));
    const begun = Promise.withResolvers<void>();
    const aborted = Promise.withResolvers<unknown>();
    let done: AbortSignal | undefined;
    implement(app, defineEndpoint("GET /quick", { empty: true }), ({ signal }) => void (done = signal));
    implement(app, defineEndpoint("GET /slow", { empty: true }), async ({ signal }) => {
      signal.addEventListener("abort", () => aborted.resolve(signal.reason));
      begun.resolve();
      await aborted.promise;
    });
    const { service } = testService({ app, deadlines: { http: 30 } });
    await service.start();
    assert.equal((await fetch(`${service.address!.url}/quick`)).status, 204);
    const slow = fetch(`${service.address!.url}/slow`).then((response) => response.body?.cancel(), () => {});
    await begun.promise;
    await service.stop();
    assert.match(String(await aborted.promise), /The service stops|abort/i);
    await slow;
    assert.equal(done?.aborted, false);
    assert.ok(await errorOf(service.finished) instanceof ServiceError);
  });

  it("or fails is logged with its error, and the next one begins", async () => {
    const bus = createMemoryBus();
    const { service, lines } = testService({ bus, onStop: () => Promise.reject(new Error("no cache")) });
    await service.start();
    await service.stop();
    const line = lines.find(({ level }) => level === "error");
    assert.equal((line?.fields["error"] as Error).message, "no cache");
    assert.match((await errorOf(service.finished)).message, /^Stopping onStop failed: no cache/);
    assert.equal(bus.connected, false);
  });
});

describe("a stop while a dependency does not answer", () => {
  it("ends in time when Postgres is silent", async () => {
    await using server = await startPostgres();
    const database = await connectDatabase({ url: server.url, closeTimeoutMs: 100 });
    const { service, steps } = testService({ database, deadlines: { database: 2000 } });
    await service.start();
    const hanging = errorOf((async () => await database.sql`select pg_sleep(60)`)());
    await server.pause();
    await service.stop();
    await hanging;
    assert.equal(steps().at(-1), "Service stopped");
    await server.resume();
  });

  it("ends in time when NATS is silent or gone", async () => {
    for (const harm of ["pause", "kill9"] as const) {
      await using server = await startNats();
      const bus = await connectNats({
        servers: server.url,
        ...server.account(),
        connectTimeoutMs: PATIENCE_MS,
      });
      const { service, steps } = testService({ bus, deadlines: { bus: 1500 } });
      await service.start();
      await server[harm]();
      await service.stop();
      assert.equal(steps().at(-1), "Service stopped", harm);
      assert.equal(service.state, "stopped");
    }
  });

  it("ends in order when Postgres is gone", async () => {
    await using server = await startPostgres();
    const database = await connectDatabase({ url: server.url });
    const { service } = testService({ database });
    await service.start();
    await server.kill9();
    await service.stop();
    await service.finished;
  });
});

it("await using stops a service", async () => {
  const database = await createTestDatabase();
  {
    await using service = testService({ database, app: new Hono() }).service;
    await service.start();
  }
  await assert.rejects(database.ping());
});

function rawGet(port: number, path: string): Promise<{ text: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    socket.setEncoding("utf8").on("data", (piece: unknown) => {
      text += piece;
      if (text.endsWith("served")) {
        socket.destroy();
        resolve({ text });
      }
    });
    socket.once("error", reject);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`);
  });
}

function connectTo(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
