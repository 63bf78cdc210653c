import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { glamMiddleware, implement, success } from "@glam/shared/api";
import { defineEndpoint } from "@glam/shared/contract";
import { Hono } from "hono";
import * as z from "zod";
import { recordingLogger, send } from "./_support.ts";

const GetItem = defineEndpoint("GET /items/:id", { data: z.object({ name: z.string() }) });

describe("options of docs are refused", () => {
  it("without the application, and with values of another kind", () => {
    const app = new Hono();
    assert.throws(() => glamMiddleware({ docs: {} }), {
      name: "TypeError",
      message: /Expected `app` beside `docs`/,
    });
    for (const path of ["docs", "/", "/docs/", "", 7]) {
      assert.throws(() => glamMiddleware({ app, docs: { path: path as string, expose: true } }), {
        name: "TypeError",
        message: /Expected `docs\.path`/,
      });
    }
    assert.throws(() => glamMiddleware({ app, docs: { expose: "dev" as never } }), {
      name: "TypeError",
      message: /Expected `docs\.expose`/,
    });
    assert.throws(() => glamMiddleware({ app, metrics: { path: "/docs" }, docs: { expose: true } }), {
      name: "TypeError",
      message: /different paths/,
    });
  });
});

describe("with `app`", () => {
  it("an endpoint that stands elsewhere fails every request but the probes, and says where it stands", async () => {
    const { logger, entries } = recordingLogger();
    const sub = new Hono();
    implement(sub, GetItem, () => ({ name: "Lipstick" }));
    const app = new Hono();
    app.use(glamMiddleware({ app, logger }));
    app.get("/other", (c) => success(c, 1));
    app.route("/v1", sub);
    for (const path of ["/other", "/v1/items/7", "/other"]) assert.equal((await send(app, path)).status, 500);
    assert.equal((await send(app, "/health/live")).status, 200);
    const failure = entries.find(({ level }) => level === "error")!.fields!["error"] as Error;
    assert.equal(failure.name, "TypeError");
    assert.match(failure.message, /^The endpoint "GET \/items\/:id" stands at "\/v1\/items\/:id"/);
  });

  it("one that stands where it should is found once, and served", async () => {
    const sub = new Hono();
    implement(sub, GetItem, { mountedAt: "/" }, () => ({ name: "Lipstick" }));
    const app = new Hono();
    app.use(glamMiddleware({ app, logger: recordingLogger().logger }));
    app.route("/", sub);
    for (const _ of [1, 2]) assert.equal((await send(app, "/items/7")).status, 200);
  });

  it("a wrong method is 405, as with methodNotAllowed, its other name", async () => {
    for (const name of ["app", "methodNotAllowed"] as const) {
      const app = new Hono();
      app.use(glamMiddleware({ [name]: app, logger: recordingLogger().logger }));
      app.get("/a", (c) => success(c, 1));
      assert.equal((await send(app, "/a", { method: "POST" })).status, 405);
    }
  });
});
