import { createScheduler } from "@glam/shared/schedule";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { clientIp, glamMiddleware, success } from "@glam/shared/api";
import { createListener, createMemoryBus, defineEvent } from "@glam/shared/messaging";
import type { ServiceOptions } from "@glam/shared/service";
import { Hono } from "hono";
import * as z from "zod";
import { createTestDatabase } from "../_support/postgres.ts";
import { PATIENCE_MS, waitFor } from "../_support/wait_for.ts";
import { recordingLogger } from "../_support/recording_logger.ts";
import { testService } from "./_support.ts";

interface Report {
  readonly status: string;
  readonly service: string;
  readonly checks?: Readonly<Record<string, { readonly status: string }>>;
}

const { logger } = recordingLogger();
const Done = defineEvent("evt.test.done.v1", z.object({ n: z.int() }));

async function get(url: string, path: string): Promise<{ status: number; data: Report; headers: Headers }> {
  const response = await fetch(url + path);
  const { data } = await response.json() as { data: Report };
  return { status: response.status, data, headers: response.headers };
}

function statesOf({ checks = {} }: Report): Record<string, string> {
  return Object.fromEntries(Object.entries(checks).map(([name, { status }]) => [name, status]));
}

describe("an application with glamMiddleware", () => {
  const open = (checks: Record<string, () => unknown> = {}, options: Partial<ServiceOptions> = {}) => {
    const app = new Hono();
    app.use(glamMiddleware({ service: "catalog", logger, health: { checks } }));
    app.get("/ip", (c) => success(c, clientIp(c) ?? null));
    return testService({ app, ...options });
  };

  it("shows the checks of the service beside its own", async () => {
    const bus = createMemoryBus();
    const listener = createListener(bus, {
      service: "ledger",
      queueGroup: "summary",
      events: [Done],
      handle() {},
      logger,
    });
    const relay = {
      finished: new Promise<void>(() => {}),
      start: () => {},
      stop: () => Promise.resolve(),
      health: () => ({ status: "degraded" }),
    };
    const database = await createTestDatabase();
    const { service } = open({ cache: () => true }, {
      database,
      bus,
      listeners: [listener],
      outbox: relay,
      scheduler: createScheduler(database, { jobs: [] }),
      checks: { search: () => false },
      required: ["database"],
    });
    await using _service = service;
    await createScheduler(database, { jobs: [] }).ensureTable();
    await service.start();
    for (const path of ["/health/ready", "/api/v1/health"]) {
      // A check has two seconds, which Postgres may need on a machine with other work.
      const data = await waitFor(async () => {
        const { data } = await get(service.address!.url, path);
        const states = statesOf(data);
        return states["database"] === "healthy" && states["ledger-summary"] === "healthy" && data;
      }, "the database answers within its check");
      assert.ok(data);
      assert.equal(data.service, "catalog");
      assert.deepEqual(statesOf(data), {
        database: "healthy",
        bus: "healthy",
        outbox: "degraded",
        scheduler: "healthy",
        "ledger-summary": "healthy",
        search: "unhealthy",
        cache: "healthy",
      });
    }
    assert.equal((await get(service.address!.url, "/health/ready")).status, 503, "search is required");
  });

  it("stands with its own check for the service's of the same name", async () => {
    const { service } = open({ bus: () => ({ status: "degraded" }) }, { bus: createMemoryBus() });
    await using _service = service;
    await service.start();
    assert.deepEqual(statesOf((await get(service.address!.url, "/health/ready")).data), { bus: "degraded" });
  });

  it("is not ready while the service drains, and alive", async () => {
    const { service } = open({}, { graceMs: 10 * PATIENCE_MS });
    await service.start();
    const { url } = service.address!;
    assert.equal((await get(url, "/health/ready")).status, 200);
    void service.stop();
    const ready = await get(url, "/health/ready");
    assert.deepEqual([ready.status, ready.data.status, ready.data.service], [503, "unhealthy", "catalog"]);
    assert.equal((await get(url, "/health/live")).status, 200);
    await service.stop({ graceMs: 0 });
  });

  it("still knows the client's address, and runs without a service as before", async () => {
    const { service } = open();
    await using _service = service;
    await service.start();
    const response = await fetch(`${service.address!.url}/ip`);
    assert.equal((await response.json() as { data: string }).data, "127.0.0.1");
    const app = new Hono().use(glamMiddleware({ service: "catalog", logger }));
    const alone = await (await app.request("/health/ready")).json() as { data: Report };
    assert.equal(alone.data.checks, undefined);
  });

  it("keeps the checks of two services in one process apart", async () => {
    const [one, other] = [open({}, { checks: { a: () => true } }), open({}, { checks: { b: () => true } })];
    await using first = one.service;
    await using second = other.service;
    await Promise.all([first.start(), second.start()]);
    const reports = await Promise.all(
      [first, second].map(({ address }) => get(address!.url, "/health/ready")),
    );
    assert.deepEqual(reports.map(({ data }) => statesOf(data)), [{ a: "healthy" }, { b: "healthy" }]);
  });
});

describe("parts that are not required", () => {
  it("only degrade the service", async () => {
    for (
      const [required, status, state] of [[["database"], 200, "degraded"], [
        ["bus"],
        503,
        "unhealthy",
      ]] as const
    ) {
      const bus = Object.defineProperty(createMemoryBus(), "connected", { value: false });
      const { service } = testService({ app: new Hono(), bus, streams: false, required });
      await using _service = service;
      await service.start();
      const ready = await get(service.address!.url, "/health/ready");
      assert.deepEqual([ready.status, ready.data.status], [status, state]);
    }
  });
});

describe("an application without glamMiddleware", () => {
  const apps: readonly (readonly [name: string, app: Hono | undefined])[] = [
    ["that knows no probe", new Hono()],
    ["that answers every path", new Hono().all("*", (c) => c.html("<h1>app</h1>"))],
    ["that fails at every path", new Hono().all("*", () => Promise.reject(undefined))],
    ["that has switched its health off", new Hono().use(glamMiddleware({ logger, health: false }))],
    ["that is not there", undefined],
  ];
  for (const [name, app] of apps) {
    it(`${name} is answered for by the service`, async () => {
      const { service } = testService({ app, graceMs: 10 * PATIENCE_MS, checks: { cache: () => true } });
      await service.start();
      const { url } = service.address!;
      const live = await get(url, "/health/live");
      assert.deepEqual([live.status, live.data.status, live.data.service], [200, "healthy", "test"]);
      const ready = await get(url, "/health/ready?verbose");
      assert.deepEqual([ready.status, statesOf(ready.data)], [200, { cache: "healthy" }]);
      assert.equal(ready.headers.get("x-service-name"), "test");
      assert.match(ready.headers.get("x-request-id") ?? "", /^req_[0-9a-f]{12}$/);
      void service.stop();
      assert.equal((await get(url, "/health/ready")).status, 503);
      await service.stop({ graceMs: 0 });
    });
  }

  it("keeps every other path to itself, and every other method", async () => {
    const { service } = testService({ app: new Hono().all("*", (c) => c.text(`own ${c.req.path}`)) });
    await using _service = service;
    await service.start();
    const { url } = service.address!;
    for (
      const path of ["/health/ready/x", "/x/health/ready", "/api/v1/health", "/health/", "/?/health/ready"]
    ) {
      assert.equal(await (await fetch(url + path)).text(), `own ${path.split("?")[0]}`);
    }
    const posted = await fetch(`${url}/health/ready`, { method: "POST" });
    assert.equal(await posted.text(), "own /health/ready");
  });
});

it("health() reports without a request", async () => {
  const { service } = testService({ checks: { cache: () => false } });
  const { status, checks } = await service.health();
  assert.deepEqual([status, checks?.["cache"]?.status], ["unhealthy", "unhealthy"]);
});
