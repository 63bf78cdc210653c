import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HealthOptions } from "@glam/shared/api";
import { getRequestId } from "@glam/shared/context";
import { createApp, deferred, send } from "./_support.ts";

const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const REPORT = "/api/v1/health";
const LIVE = "/health/live";
const READY = "/health/ready";

function appWith(checks: HealthOptions["checks"], options: HealthOptions = {}) {
  return createApp({ health: { checks, ...options } });
}

const fails = () => {
  throw new Error("password of db.internal is wrong");
};

describe("GET /api/v1/health", () => {
  it("is an envelope around status, service and timestamp", async () => {
    const { status, headers, body } = await send(createApp().app, REPORT);
    assert.equal(status, 200);
    assert.equal(headers.get("content-type"), "application/json");
    assert.equal(headers.get("cache-control"), "no-store");
    assert.deepEqual(Object.keys(body), ["data", "meta"]);
    assert.deepEqual(Object.keys(body.data), ["status", "service", "timestamp"]);
    assert.deepEqual([body.data.status, body.data.service], ["healthy", "catalog"]);
    assert.match(body.data.timestamp, UTC);
  });

  const CHECKS: readonly (readonly [name: string, check: () => unknown, status: string])[] = [
    ["returns nothing", () => {}, "healthy"],
    ["returns true", () => true, "healthy"],
    ["returns null", () => null, "healthy"],
    ["resolves", () => Promise.resolve(), "healthy"],
    ["returns status healthy", () => ({ status: "healthy", latency_ms: 3 }), "healthy"],
    ["returns status degraded", () => Promise.resolve({ status: "degraded" }), "degraded"],
    ["returns status unhealthy", () => ({ status: "unhealthy" }), "unhealthy"],
    ["returns false", () => false, "unhealthy"],
    ["throws", fails, "unhealthy"],
    ["rejects", () => Promise.reject(new Error("x")), "unhealthy"],
    ["throws undefined", () => Promise.reject(undefined), "unhealthy"],
  ];
  for (const [name, check, expected] of CHECKS) {
    it(`is 200 and ${expected} when a required check ${name}`, async () => {
      const { app } = appWith({ database: check });
      const { status, body } = await send(app, REPORT);
      assert.deepEqual([status, body.data.status], [200, expected]);
      assert.deepEqual(Object.keys(body.data), ["status", "service", "timestamp", "checks"]);
      assert.deepEqual(Object.keys(body.data.checks), ["database"]);
      assert.equal(body.data.checks.database.status, expected);
    });
  }

  it("is degraded when only a check that is not required fails", async () => {
    const { app } = appWith({ database: () => true, cache: { check: fails, required: false } });
    const { data } = (await send(app, REPORT)).body;
    assert.equal(data.status, "degraded");
    assert.deepEqual([data.checks.database.status, data.checks.cache.status], ["healthy", "unhealthy"]);
    assert.equal((await send(app, READY)).status, 200);
  });

  it("is unhealthy when a required and another check fail, in any order", async () => {
    const optional = { check: fails, required: false };
    for (const checks of [{ a: fails, b: optional }, { a: optional, b: fails }]) {
      assert.equal((await send(appWith(checks).app, REPORT)).body.data.status, "unhealthy");
    }
  });

  it("shows no cause, which is logged once for each change", async () => {
    let healthy = true;
    const { app, entries } = appWith({ database: () => healthy || fails() });
    const changes = () => entries.map(({ level, message }) => `${level} ${message}`);
    await send(app, REPORT);
    assert.deepEqual(changes(), []);
    healthy = false;
    for (const path of [REPORT, READY, REPORT]) {
      const { text } = await send(app, path);
      for (const part of ["password", "db.internal", "Error"]) assert.ok(!text.includes(part));
    }
    assert.equal(entries.length, 1);
    assert.equal(entries[0]?.fields.check, "database");
    assert.match((entries[0]?.fields.error as Error).message, /password of db.internal/);
    healthy = true;
    for (const path of [REPORT, READY]) assert.equal((await send(app, path)).body.data.status, "healthy");
    assert.equal(entries.length, 2);
    assert.equal(entries[1]?.level, "info");
    healthy = false;
    await send(app, REPORT);
    assert.equal(entries.length, 3);
  });

  it("runs the checks at the same time, in the probe's context", async () => {
    const first = deferred();
    const seen: unknown[] = [];
    const { app } = appWith({
      waits: () => first.promise,
      frees: () => {
        seen.push(getRequestId());
        first.resolve();
      },
    });
    const { body } = await send(app, REPORT, { headers: { "X-Request-ID": "probe" } });
    assert.equal(body.data.status, "healthy");
    assert.deepEqual(seen, ["probe"]);
  });

  it("gives up on a check that hangs, aborts its signal, and does not start it again", async () => {
    const hung = deferred<boolean>();
    const reasons: unknown[] = [];
    let started = 0;
    const { app, entries } = appWith({
      queue: {
        timeoutMs: 10,
        check: (signal) => {
          started++;
          signal.addEventListener("abort", () => reasons.push(signal.reason));
          return hung.promise;
        },
      },
      other: () => true,
    });
    for (const path of [REPORT, READY, REPORT]) {
      const { data } = (await send(app, path)).body;
      assert.deepEqual([data.checks.queue.status, data.checks.other.status], ["unhealthy", "healthy"]);
    }
    assert.equal(started, 1);
    assert.equal(reasons.length, 1);
    assert.equal(entries.length, 1, "logged once");
    hung.resolve(true);
    await hung.promise;
    assert.equal((await send(app, REPORT)).body.data.status, "healthy");
  });

  it("joins probes that come at the same time", async () => {
    const gate = deferred();
    let started = 0;
    const { app } = appWith({
      database: () => {
        started++;
        return gate.promise;
      },
    });
    const probes = Array.from({ length: 50 }, () => app.request(REPORT));
    await new Promise((resolve) => setTimeout(resolve, 0));
    gate.resolve();
    for (const probe of probes) assert.equal((await probe).status, 200);
    assert.equal(started, 1);
  });

  it("survives a check that fails after its deadline", async () => {
    const hung = deferred<boolean>();
    const { app } = appWith({ queue: { timeoutMs: 5, check: () => hung.promise } });
    assert.equal((await send(app, REPORT)).body.data.status, "unhealthy");
    hung.reject(new Error("late"));
    await assert.rejects(hung.promise);
    await new Promise((resolve) => setTimeout(resolve, 0)); // an unhandled rejection would fail the test run
    assert.equal((await send(app, READY)).status, 503);
  });

  it("survives a logger that throws", async () => {
    const bad = () => {
      throw new Error("logger");
    };
    const logger = { debug: bad, info: bad, warn: bad, error: bad, critical: bad };
    const { app } = createApp({ logger, health: { checks: { database: fails } } });
    assert.equal((await send(app, REPORT)).body.data?.status, "unhealthy");
    assert.equal((await send(app, READY)).status, 503);
  });
});

describe("GET /health/live", () => {
  it("touches no dependency and is 200 whatever they are", async () => {
    let touched = 0;
    const database = () => {
      touched++;
      fails();
    };
    const { app } = appWith({ database }, { isDraining: () => true });
    const { status, body } = await send(app, LIVE);
    assert.deepEqual([status, body.data.status, touched], [200, "healthy", 0]);
    assert.equal(body.data.checks, undefined);
  });
});

describe("GET /health/ready", () => {
  it("is 200 when required checks pass, 503 when one fails", async () => {
    assert.equal((await send(createApp().app, READY)).status, 200);
    assert.equal((await send(appWith({ a: () => true }).app, READY)).status, 200);
    assert.equal((await send(appWith({ a: () => ({ status: "degraded" }) }).app, READY)).status, 200);
    const { status, body } = await send(appWith({ a: () => true, b: fails }).app, READY);
    assert.deepEqual([status, body.data.status], [503, "unhealthy"]);
    assert.deepEqual([body.data.checks.a.status, body.data.checks.b.status], ["healthy", "unhealthy"]);
  });

  it("is 503 while the service is draining, without running checks", async () => {
    let draining = false;
    let touched = 0;
    const { app } = appWith({ a: () => void touched++ }, { isDraining: () => draining });
    assert.equal((await send(app, READY)).status, 200);
    draining = true;
    const { status, body } = await send(app, READY);
    assert.deepEqual([status, body.data.status, touched], [503, "unhealthy", 1]);
    assert.equal((await send(app, REPORT)).status, 200, "the report stays an answer");
  });
});

describe("health endpoints", () => {
  it("answer HEAD with the same status and no body", async () => {
    const { app } = appWith({ a: fails });
    for (const [path, expected] of [[REPORT, 200], [LIVE, 200], [READY, 503]] as const) {
      const { status, text } = await send(app, path, { method: "HEAD" });
      assert.deepEqual([status, text], [expected, ""]);
    }
  });

  it("take another path for the report", async () => {
    const { app } = createApp({ health: { path: "/status" } });
    assert.equal((await send(app, "/status")).body.data.status, "healthy");
    assert.equal((await send(app, REPORT)).status, 404);
    assert.equal((await send(app, LIVE)).status, 200);
  });

  it("are the application's own with health: false", async () => {
    const { app } = createApp({ health: false });
    app.get(LIVE, (c) => c.text("own"));
    assert.equal((await send(app, LIVE)).text, "own");
    for (const path of [REPORT, READY]) assert.equal((await send(app, path)).status, 404);
  });

  it("are not in the access log, but in the metrics", async () => {
    const { app, entries } = appWith({ a: () => true });
    for (const path of [REPORT, LIVE, READY, "/metrics"]) await send(app, path);
    assert.deepEqual(entries, []);
    const { text } = await send(app, "/metrics");
    for (const path of [REPORT, LIVE, READY]) assert.ok(text.includes(`endpoint="${path}"`), path);
  });
});
