import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describe, it } from "node:test";
import { describeRoute, glamMiddleware, success } from "@glam/shared/api";
import { createService } from "@glam/shared/service";
import { Hono } from "hono";
import { recordingLogger } from "../_support/recording_logger.ts";
import { errorOf, testService } from "./_support.ts";

const { logger } = recordingLogger();

function catalog(): Hono {
  const app = new Hono();
  app.use(glamMiddleware({ service: "catalog", logger, app, docs: { expose: true } }));
  app.get("/items/:id", describeRoute({ summary: "An item" }), (c) => success(c, { id: c.req.param("id") }));
  return app;
}

const management = { port: 0 };
const PROBES = ["/health/live", "/health/ready"];
const FOR_OPERATORS = ["/metrics", "/api/v1/health", "/docs", "/openapi.json", "/docs/try"];

async function statusOf(url: string | undefined, path: string): Promise<number> {
  const response = await fetch(url + path);
  await response.body?.cancel();
  return response.status;
}

describe("a management port", () => {
  it("has metrics, report and documentation, which the public port then has not", async () => {
    const { service } = testService({ app: catalog(), management });
    await using _service = service;
    assert.equal(service.management?.url, undefined);
    await service.start();
    const { address } = service;
    const url = service.management?.url;
    for (const path of FOR_OPERATORS) {
      assert.deepEqual([path, await statusOf(url, path)], [path, 200]);
      assert.deepEqual([path, await statusOf(address?.url, path)], [path, 404]);
    }
    for (const path of PROBES) {
      assert.deepEqual([await statusOf(url, path), await statusOf(address?.url, path)], [200, 200]);
    }
  });

  it("reaches no other route of the application", async () => {
    const app = catalog();
    let calls = 0;
    app.all("*", (c) => {
      calls++;
      return c.text("own");
    });
    const { service } = testService({ app, management });
    await using _service = service;
    await service.start();
    for (const path of ["/items/7", "/metrics/", "/", "/docs/../items/7"]) {
      assert.equal(await statusOf(service.management?.url, path), 404);
    }
    assert.equal(calls, 0);
    assert.equal(await statusOf(service.address?.url, "/metrics"), 200); // the application's own
    assert.equal(calls, 1);
  });

  it("serves an application of its own, made with the service or before", async () => {
    const ops = new Hono().get("/ops", (c) => c.text("ops"));
    for (const mounted of [ops, () => ops]) {
      const { service } = testService({ app: catalog(), management: { port: 0, app: mounted } });
      await using _service = service;
      await service.start();
      assert.equal(await (await fetch(`${service.management?.url}/ops`)).text(), "ops");
      assert.equal(await statusOf(service.management?.url, "/metrics"), 200);
      assert.equal(await statusOf(service.address?.url, "/ops"), 404);
    }
  });

  it("gives the function that makes it the service", async () => {
    const { service } = testService({
      management: { port: 0, app: (self) => new Hono().get("/who", (c) => c.text(self.instance)) },
    });
    await using _service = service;
    await service.start();
    assert.match(service.instance, /^[0-9a-f]{16}$/);
    assert.equal(await (await fetch(`${service.management?.url}/who`)).text(), service.instance);
  });

  it("reports health without any application", async () => {
    const { service } = testService({ management, version: "1.2.3", checks: { cache: () => true } });
    await using _service = service;
    await service.start();
    const response = await fetch(`${service.management?.url}/api/v1/health`);
    const { data } = await response.json() as { data: { version: string; checks: object } };
    assert.deepEqual([data.version, Object.keys(data.checks)], ["1.2.3", ["cache"]]);
    for (const path of PROBES) assert.equal(await statusOf(service.management?.url, path), 200);
    const posted = await fetch(`${service.management?.url}/health/live`, { method: "POST" });
    assert.equal(posted.status, 405);
    await posted.body?.cancel();
  });

  it("is open until the rest has stopped, however long an answer takes", async () => {
    let seen = "";
    const never = new Hono().get(
      "/events",
      () => new Response(new ReadableStream({ start: (to) => to.enqueue(new Uint8Array(1)) })),
    );
    const { service, lines } = testService({
      management: { port: 0, app: never },
      onStop: async () => void (seen = `${await statusOf(service.management?.url, "/health/ready")}`),
    });
    await service.start();
    const response = await fetch(`${service.management?.url}/events`);
    await service.stop();
    await service.finished;
    assert.equal(seen, "503");
    await response.body?.cancel().catch(() => {});
    const parts = lines.map(({ fields }) => fields["part"]).filter((part) => part !== undefined);
    assert.deepEqual(parts, ["management", "http", "http", "onStop", "management"]);
  });

  it("that is taken fails the start with the option to change", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const { service } = testService({ management: { port } });
    const error = await errorOf(service.start());
    assert.match(
      error.message,
      /management: port \d+ is in use. Choose another with the option `management.port`; 0/,
    );
    await service.finished.catch(() => {});
    taken.close();
  });

  const wrong: readonly (readonly [string, object, RegExp])[] = [
    ["no port", { management: {} }, /^RangeError: Expected `management.port` to be a whole number/],
    ["no hostname", { management: { port: 0, hostname: "" } }, /^TypeError: Expected `management.hostname`/],
    ["the public port", { port: 8080, management: { port: 8080 } }, /^RangeError: .* got 8080 for both/],
    ["an app without routes", { app: { fetch() {} }, management }, /^TypeError: Expected `app` beside/],
    [
      "no app to mount",
      { management: { port: 0, app: {} } },
      /^TypeError: Expected `management.app` to have/,
    ],
    ["no version", { version: "1.0 beta" }, /^TypeError: Expected `version` to be printable ASCII/],
  ];
  for (const [name, options, message] of wrong) {
    it(`refuses ${name}`, () => {
      assert.throws(() => createService({ name: "test", logger, ...options } as never), message);
    });
  }
});
