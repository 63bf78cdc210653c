import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { glamMiddleware, success } from "@glam/shared/api";
import { NotFoundError } from "@glam/shared/errors";
import { Hono } from "hono";
import { createApp, recordingLogger, send } from "./_support.ts";

describe("a path that no route matches", () => {
  it("is a 404 envelope, with and without other middleware", async () => {
    for (const withOther of [false, true]) {
      const { app } = createApp();
      if (withOther) app.use((_, next) => next());
      app.get("/items/:id", (c) => success(c, 1));
      for (const path of ["/missing", "/", "/items", "/items/1/2", "/items/1/", "//", "/%zz", "/%ff"]) {
        const { status, body } = await send(app, path);
        assert.equal(status, 404, path);
        assert.deepEqual(body.error, { code: "HTTP_404", message: "Not Found" });
      }
    }
  });

  it("has no body for HEAD", async () => {
    const { app } = createApp();
    const { status, text, headers } = await send(app, "/missing", { method: "HEAD" });
    assert.deepEqual([status, text, headers.get("content-type")], [404, "", "application/json"]);
  });

  it("is a 404 envelope in a sub-app, whose notFound Hono ignores", async () => {
    const { app } = createApp();
    const sub = new Hono().get("/ok", (c) => c.text("x"));
    sub.use((_, next) => next());
    sub.notFound((c) => c.text("never called", 404));
    app.route("/sub", sub);
    assert.deepEqual((await send(app, "/sub/missing")).body.error, {
      code: "HTTP_404",
      message: "Not Found",
    });
  });

  it("is told from a handler's own answer", async () => {
    const { app } = createApp();
    app.get("/calls", (c) => c.notFound());
    app.get("/throws", () => {
      throw new NotFoundError("No such thing");
    });
    app.get("/own", (c) => c.json({ detail: "own" }, 404));
    assert.equal((await send(app, "/calls")).body.error.code, "HTTP_404");
    assert.equal((await send(app, "/throws")).body.error.message, "No such thing");
    assert.deepEqual((await send(app, "/own")).body, { detail: "own" });
  });

  it("is a 404 when a handler passes on and nobody answers", async () => {
    const { app } = createApp();
    app.get("/", (_, next) => next());
    assert.equal((await send(app, "/")).body.error.code, "HTTP_404");
  });
});

describe("a method that a path has no route for", () => {
  const make = (methodNotAllowed = true) => {
    const app = new Hono();
    app.use(glamMiddleware({
      service: "catalog",
      logger: recordingLogger().logger,
      ...(methodNotAllowed && { methodNotAllowed: app }),
    }));
    app.use("/guarded/*", (_, next) => next());
    app.get("/items", (c) => success(c, 1));
    app.post("/items", (c) => success(c, 1));
    app.get("/items/:id{[0-9]+}", (c) => success(c, 1));
    app.delete("/items/:id", (c) => success(c, 1));
    app.put("/only-put", (c) => success(c, 1));
    app.options("/options", (c) => c.body(null, 204));
    app.on("PURGE", "/cache", (c) => success(c, 1));
    app.all("/any", (c) => success(c, 1));
    app.get("/optional/:tab?", (c) => success(c, 1));
    app.get("/files/*", (c) => success(c, 1));
    const sub = new Hono().patch("/thing/:id", (c) => c.text("x")).use((_, next) => next());
    app.route("/sub", sub);
    return app;
  };

  const CASES: readonly (readonly [request: string, allow: string])[] = [
    ["DELETE /items", "GET, HEAD, POST"],
    ["PUT /items/7", "DELETE, GET, HEAD"],
    ["GET /items/seven", "DELETE"],
    ["HEAD /items/seven", "DELETE"],
    ["GET /only-put", "PUT"],
    ["HEAD /only-put", "PUT"],
    ["OPTIONS /items", "GET, HEAD, POST"],
    ["GET /options", "OPTIONS"],
    ["GET /cache", "PURGE"],
    ["PROPFIND /items", "GET, HEAD, POST"],
    ["POST /optional", "GET, HEAD"],
    ["POST /optional/x", "GET, HEAD"],
    ["POST /files/a/b", "GET, HEAD"],
    ["GET /sub/thing/7", "PATCH"],
    ["POST /items/7?x=1", "DELETE, GET, HEAD"],
  ];
  for (const [request, allow] of CASES) {
    it(`is 405 with Allow: ${allow} for ${request}`, async () => {
      const [method, path] = request.split(" ") as [string, string];
      const { status, headers, body } = await send(make(), path, { method });
      assert.equal(status, 405);
      assert.equal(headers.get("allow"), allow);
      assert.notEqual(headers.get("x-request-id"), null);
      if (method !== "HEAD") {
        assert.deepEqual(body.error, { code: "HTTP_405", message: "Method Not Allowed" });
      }
    });

    it(`is 404 without the option for ${request}`, async () => {
      const [method, path] = request.split(" ") as [string, string];
      const { status, headers } = await send(make(false), path, { method });
      assert.deepEqual([status, headers.get("allow")], [404, null]);
    });
  }

  it("is 404 where the only route is one for HEAD, which Hono never reaches", async () => {
    const app = make();
    app.on("HEAD", "/head-only", (c) => c.text("x"));
    for (const method of ["HEAD", "PUT", "OPTIONS"]) {
      const { status, headers } = await send(app, "/head-only", { method });
      assert.deepEqual([status, headers.get("allow")], [404, null]);
    }
  });

  it("is answered by app.all, HEAD by GET", async () => {
    const app = make();
    for (const method of ["GET", "DELETE", "OPTIONS", "PROPFIND"]) {
      assert.equal((await send(app, "/any", { method })).status, 200);
    }
    assert.equal((await send(app, "/items", { method: "HEAD" })).status, 200);
  });

  it("is still 404 where only middleware matches, or nothing", async () => {
    const app = make();
    for (const path of ["/guarded/x", "/missing", "/sub/missing"]) {
      for (const method of ["GET", "POST"]) {
        const { status, headers } = await send(app, path, { method });
        assert.deepEqual([status, headers.get("allow")], [404, null]);
      }
    }
  });

  it("leaves a handler's own 404 of a known method alone", async () => {
    const app = make();
    app.get("/lookup/:id", (c) => c.notFound());
    app.delete("/lookup/:id", (c) => c.notFound());
    const { status, headers } = await send(app, "/lookup/7");
    assert.deepEqual([status, headers.get("allow")], [404, null]);
  });

  it("knows routes that were added through basePath and with another router", async () => {
    const { LinearRouter } = await import("hono/router/linear-router");
    const app = new Hono({ router: new LinearRouter() });
    app.use(glamMiddleware({ logger: recordingLogger().logger, methodNotAllowed: app }));
    app.basePath("/api").basePath("/v1").post("/items/:id", (c) => c.text("x"));
    const { status, headers } = await send(app, "/api/v1/items/7");
    assert.deepEqual([status, headers.get("allow")], [405, "POST"]);
  });

  it("does not run middleware or handlers to find out", async () => {
    const calls: string[] = [];
    const app = new Hono();
    app.use(glamMiddleware({ logger: recordingLogger().logger, methodNotAllowed: app }));
    app.post("/items", () => {
      calls.push("handler");
      return new Response();
    });
    assert.equal((await send(app, "/items")).status, 405);
    assert.deepEqual(calls, []);
  });
});

describe("the middleware's own endpoints", () => {
  for (const path of ["/metrics", "/api/v1/health", "/health/live", "/health/ready"]) {
    for (const method of ["POST", "DELETE", "OPTIONS"]) {
      it(`are 405 with Allow for ${method} ${path}, without any option`, async () => {
        const { app } = createApp();
        const { status, headers, body } = await send(app, path, { method });
        assert.deepEqual([status, headers.get("allow"), body.error.code], [405, "GET, HEAD", "HTTP_405"]);
      });
    }
  }
});
