import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { glamMiddleware, notFound, onError, paginated, success } from "@glam/shared/api";
import { getContext } from "@glam/shared/context";
import { ConflictError } from "@glam/shared/errors";
import { Hono } from "hono";
import { streamText } from "hono/streaming";
import { type Answer, createApp, recordingLogger, send } from "./_support.ts";

const GIVEN = { "X-Request-ID": "req-from-caller", "X-Correlation-ID": "corr-from-caller" };

function idsOf({ headers }: Answer): (string | null)[] {
  return ["x-request-id", "x-correlation-id", "x-service-name"].map((name) => headers.get(name));
}

describe("ids of a request", () => {
  for (const id of ["a", "Az09._:=+/-", "x".repeat(128)]) {
    it(`are the caller's when they are well formed: ${id.slice(0, 20)} (${id.length})`, async () => {
      const { app } = createApp();
      app.get("/", (c) => success(c, 1));
      const answer = await send(app, "/", { headers: { "X-Request-ID": id, "X-Correlation-ID": id } });
      assert.deepEqual(idsOf(answer), [id, id, "catalog"]);
      assert.equal(answer.body.meta.request_id, id);
      assert.equal(answer.body.meta.correlation_id, id);
    });
  }

  for (const id of ["", "a b", "a,b", "a;b", "<b>", 'a"b', "a\\b", "a\tb", "{}", "\u00e9", "x".repeat(129)]) {
    it(`are made when the caller's are not well formed: ${JSON.stringify(id.slice(0, 20))}`, async () => {
      const { app } = createApp();
      const answer = await send(app, "/", { headers: { "X-Request-ID": id, "X-Correlation-ID": id } });
      assert.match(answer.headers.get("x-request-id")!, /^req_[0-9a-f]{12}$/);
      assert.match(answer.headers.get("x-correlation-id")!, /^corr_[0-9a-f]{12}$/);
    });
  }

  it("are made when the caller sends the header twice", async () => {
    const { app } = createApp();
    const headers: [string, string][] = [["X-Request-ID", "a"], ["X-Request-ID", "b"]];
    assert.match((await send(app, "/", { headers })).headers.get("x-request-id")!, /^req_[0-9a-f]{12}$/);
  });

  it("are taken one by one", async () => {
    const { app } = createApp();
    const { headers } = await send(app, "/", { headers: { "X-Correlation-ID": "c" } });
    assert.equal(headers.get("x-correlation-id"), "c");
    assert.match(headers.get("x-request-id")!, /^req_/);
  });

  it("are new for each request", async () => {
    const { app } = createApp();
    const ids = await Promise.all(
      Array.from({ length: 100 }, async () => (await send(app, "/")).headers.get("x-request-id")),
    );
    assert.equal(new Set(ids).size, 100);
  });

  it("are in c.var and in the context, with service, method and path", async () => {
    const { app } = createApp();
    app.delete(
      "/items/:id",
      (c) => success(c, { ids: [c.var.requestId, c.var.correlationId], ...getContext() }),
    );
    const { body } = await send(app, "/items/7?q=1", { method: "DELETE", headers: GIVEN });
    const { ids, requestId, correlationId, service, method, path } = body.data;
    assert.deepEqual(ids, ["req-from-caller", "corr-from-caller"]);
    assert.deepEqual([requestId, correlationId], ids);
    assert.deepEqual([service, method, path], ["catalog", "DELETE", "/items/7"]);
  });

  it("never bring a tenant or a user from the client's headers", async () => {
    const { app } = createApp();
    app.get("/", (c) => success(c, getContext()));
    const headers = {
      "X-Merchant-ID": "m",
      "X-Merchant-Domain": "d",
      "X-User-ID": "u",
      "X-Service-Name": "s",
    };
    const { merchantId, merchantDomain, userId, service } = (await send(app, "/", { headers })).body.data;
    assert.deepEqual([merchantId, merchantDomain, userId, service], [
      undefined,
      undefined,
      undefined,
      "catalog",
    ]);
  });
});

describe("response headers", () => {
  const { app } = createApp({
    health: { checks: { database: () => false } },
    metrics: { path: "/internal/metrics" },
  });
  app.get("/success", (c) => success(c, 1));
  app.get("/page", (c) => paginated(c, [], { page: 1, limit: 10, total: 0 }));
  app.get("/text", (c) => c.text("plain"));
  app.get("/html", (c) => c.html("<p>"));
  app.get("/empty", (c) => c.body(null, 204));
  app.get("/unchanged", (c) => c.body(null, 304));
  app.get("/redirect", (c) => c.redirect("/text"));
  app.get("/immutable", () => Response.redirect("http://localhost/text"));
  app.get("/stream", (c) => streamText(c, async (stream) => void await stream.write("x")));
  app.get("/error", () => {
    throw new Error("x");
  });
  app.get("/conflict", () => {
    throw new ConflictError("x");
  });
  app.get("/string", () => {
    throw "x";
  });
  app.get("/own-ids", (c) => c.text("x", 200, { "X-Request-ID": "theirs", "X-Service-Name": "theirs" }));
  app.get("/own-ids-of-init", (c) => success(c, 1, { headers: { "X-Request-ID": "theirs" } }));
  app.get("/nothing", (() => {}) as never);
  const expected = ["req-from-caller", "corr-from-caller", "catalog"];
  const requests = [
    ...app.routes.filter(({ method }) => method === "GET").map(({ path }) => `GET ${path}`),
    "GET /missing",
    "GET /internal/metrics",
    "GET /api/v1/health",
    "GET /health/live",
    "GET /health/ready",
    "POST /internal/metrics",
    "POST /health/live",
    "HEAD /success",
    "HEAD /missing",
    "HEAD /internal/metrics",
    "OPTIONS /success",
    "PURGE /success",
  ];
  for (const line of requests) {
    it(`carry ids and service on ${line}`, async () => {
      const [method, path] = line.split(" ") as [string, string];
      const answer = await send(app, path, { method, headers: GIVEN });
      assert.deepEqual(idsOf(answer), expected);
      assert.equal(answer.headers.get("traceparent"), null, "off by default");
      if (answer.body?.meta !== undefined) {
        const { request_id, correlation_id } = answer.body.meta;
        assert.deepEqual([request_id, correlation_id], expected.slice(0, 2), "the envelope says the same");
      }
    });
  }
});

describe("the service's name", () => {
  const nameOf = async () => {
    const app = new Hono();
    app.use(glamMiddleware({ logger: recordingLogger().logger }));
    return (await send(app, "/")).headers.get("x-service-name");
  };

  it("is SERVICE_NAME, else glam-service, where the option is missing", async () => {
    const before = process.env.SERVICE_NAME;
    try {
      process.env.SERVICE_NAME = "from-env";
      assert.equal(await nameOf(), "from-env");
      process.env.SERVICE_NAME = "";
      assert.equal(await nameOf(), "glam-service");
      delete process.env.SERVICE_NAME;
      assert.equal(await nameOf(), "glam-service");
    } finally {
      if (before !== undefined) process.env.SERVICE_NAME = before;
    }
  });
});

describe("a second glamMiddleware", () => {
  const inner = () => {
    const { logger, entries } = recordingLogger();
    return { entries, middleware: glamMiddleware({ service: "inner", logger, exposeTrace: true }) };
  };
  const lines = ({ length }: { length: number }, other: { length: number }) => [length, other.length];

  it("passes through in the same application", async () => {
    const { app, entries } = createApp();
    const second = inner();
    app.use(second.middleware);
    app.get("/", (c) => success(c, getContext()?.service));
    const answer = await send(app, "/");
    assert.equal(answer.body.data, "catalog");
    assert.equal(answer.headers.get("x-service-name"), "catalog");
    assert.equal(answer.headers.get("traceparent"), null);
    assert.deepEqual(lines(entries, second.entries), [1, 0]);
  });

  for (const how of ["route", "basePath"] as const) {
    it(`passes through in a sub-app mounted with ${how}`, async () => {
      const { app, entries } = createApp();
      const second = inner();
      const sub = how === "route" ? new Hono() : app.basePath("/sub") as unknown as Hono;
      sub.use(second.middleware);
      sub.get("/ok", (c) => success(c, 1));
      sub.get("/fails", () => {
        throw new ConflictError("taken");
      });
      if (how === "route") app.route("/sub", sub);
      for (const [path, status] of [["/sub/ok", 200], ["/sub/fails", 409], ["/sub/missing", 404]] as const) {
        const answer = await send(app, path);
        assert.equal(answer.status, status);
        assert.equal(answer.headers.get("x-service-name"), "catalog");
        assert.equal(answer.body.meta.request_id, answer.headers.get("x-request-id"));
      }
      assert.deepEqual(lines(entries, second.entries), [3, 0]);
    });
  }

  it("answers with the ids of the headers in an application mounted with mount", async () => {
    const { app } = createApp();
    const other = new Hono();
    other.use(inner().middleware);
    other.get("/ok", (c) => success(c, 1));
    app.mount("/other", other.fetch);
    const answer = await send(app, "/other/ok");
    assert.equal(answer.status, 200);
    assert.equal(answer.body.meta.request_id, answer.headers.get("x-request-id"));
  });

  it("is the only one where the parent has none, however the sub-app is mounted", async () => {
    const { app: sub } = createApp();
    sub.get("/ok", (c) => success(c, 1));
    const parent = new Hono().route("/sub", sub);
    parent.onError(onError).notFound(notFound);
    const answer = await send(parent, "/sub/ok");
    assert.deepEqual([answer.status, answer.headers.get("x-service-name")], [200, "catalog"]);
    const missing = await send(parent, "/sub/missing");
    assert.deepEqual([missing.status, missing.body.error.code], [404, "HTTP_404"]);
    assert.equal(missing.body.meta.request_id, missing.headers.get("x-request-id"));
  });
});
