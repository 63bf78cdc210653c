import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { success } from "@glam/shared/api";
import { setContext } from "@glam/shared/context";
import { ConflictError } from "@glam/shared/errors";
import { createApp, jsonLogger, send } from "./_support.ts";

describe("the access log", () => {
  it("has one line for each request, with its fields and ids", async () => {
    const { logger, lines } = jsonLogger();
    const { app } = createApp({ logger });
    app.post("/items/:id", (c) => success(c, 1, { status: 202 }));
    const headers = {
      "X-Request-ID": "r",
      "X-Correlation-ID": "c",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    };
    await send(app, "/items/7?token=secret", { method: "POST", headers });
    assert.equal(lines.length, 1);
    const { level, service, request_id, correlation_id, trace_id, method, path, status, ...rest } = lines[0];
    assert.deepEqual({ level, service, request_id, correlation_id, trace_id, method, path, status }, {
      level: "INFO",
      service: "catalog",
      request_id: "r",
      correlation_id: "c",
      trace_id: "0af7651916cd43dd8448eb211c80319c",
      method: "POST",
      path: "/items/7",
      status: 202,
    });
    assert.equal(typeof rest.duration_ms, "number");
    assert.ok(rest.duration_ms >= 0);
    assert.equal("error_code" in rest, false);
    assert.ok(!JSON.stringify(lines).includes("secret"), "the query is not logged");
  });

  it("has the error's code, whoever answered", async () => {
    const { app, entries } = createApp();
    app.get("/conflict", () => {
      throw new ConflictError("taken");
    });
    app.get("/error", () => {
      throw new Error("x");
    });
    for (
      const [path, status, code] of [
        ["/conflict", 409, "CONFLICT"],
        ["/error", 500, "INTERNAL_ERROR"],
        ["/missing", 404, "HTTP_404"],
      ] as const
    ) {
      entries.length = 0;
      await send(app, path);
      const lines = entries.filter(({ message }) => message === "Request completed");
      assert.equal(lines.length, 1);
      const { fields } = lines[0]!;
      assert.deepEqual([fields.path, fields.status, fields.error_code], [path, status, code]);
    }
  });

  it("leaves out probes and scrapes, also those that fail", async () => {
    const { app, entries } = createApp({ health: { path: "/status" }, metrics: { path: "/m" } });
    for (const path of ["/status", "/health/live", "/health/ready", "/m"]) {
      for (const method of ["GET", "HEAD", "POST"]) await send(app, path, { method });
    }
    assert.deepEqual(entries, []);
    await send(app, "/metrics");
    assert.equal(entries.length, 1, "an ordinary path here");
  });

  it("is off with accessLog: false, and errors are logged all the same", async () => {
    const { app, entries } = createApp({ accessLog: false });
    app.get("/", (c) => success(c, 1));
    app.get("/error", () => {
      throw new Error("x");
    });
    for (const path of ["/", "/missing", "/error"]) await send(app, path);
    assert.deepEqual(entries.map(({ level, message }) => [level, message]), [["error", "Request failed"]]);
  });

  it("keeps control characters of a path in one line", async () => {
    const { logger, lines } = jsonLogger();
    const { app } = createApp({ logger });
    await send(app, "/a%0A%7B%22level%22%3A%22ERROR%22%7D%1B[31m");
    assert.equal(lines.length, 1);
    assert.equal(lines[0].level, "INFO");
    assert.match(lines[0].path, /^\/a(%0A|\n|\\n)/);
  });

  it("of a handler has the ids of its request, and what authentication added", async () => {
    const { logger, lines } = jsonLogger();
    const { app } = createApp({ logger });
    app.use(async (_, next) => {
      setContext({ merchantId: "m1", userId: "u1" });
      await next();
    });
    app.get("/", async (c) => {
      logger.info("first");
      await new Promise((resolve) => setTimeout(resolve, 1));
      logger.info("second");
      return success(c, 1);
    });
    await send(app, "/", { headers: { "X-Request-ID": "r", "X-Correlation-ID": "c" } });
    assert.deepEqual(lines.map(({ message }) => message), ["first", "second", "Request completed"]);
    for (const { request_id, correlation_id, merchant_id, user_id } of lines) {
      assert.deepEqual([request_id, correlation_id, merchant_id, user_id], ["r", "c", "m1", "u1"]);
    }
  });
});

describe("a logger that throws", () => {
  const bad = () => {
    throw new Error("logger");
  };
  const logger = { debug: bad, info: bad, warn: bad, error: bad, critical: bad };

  it("does not break a request", async () => {
    const { app } = createApp({ logger });
    app.get("/", (c) => success(c, 1));
    app.get("/error", () => {
      throw new Error("x");
    });
    app.get("/string", () => {
      throw "x";
    });
    for (
      const [path, status] of [["/", 200], ["/error", 500], ["/string", 500], ["/missing", 404]] as const
    ) {
      const answer = await send(app, path);
      assert.equal(answer.status, status);
      assert.notEqual(answer.body, undefined);
      assert.equal(answer.headers.get("x-service-name"), "catalog");
    }
    const { text } = await send(app, "/metrics");
    assert.ok(text.includes('http_requests_in_progress{service="catalog"} 0\n'));
  });
});
