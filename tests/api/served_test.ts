import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { glamMiddleware, paginated, success, validate } from "@glam/shared/api";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { streamText } from "hono/streaming";
import * as z from "zod";
import { serveApp } from "../_support/served_app.ts";
import { exchangeOne, requestText } from "../_support/raw_http.ts";
import { type Answer, type App, post, read, recordingLogger } from "./_support.ts";

// The servers of the runtimes bring request and response classes of their own: what app.request() shows must hold here.

function createServedApp(): App {
  const app: App = new Hono();
  const { logger } = recordingLogger();
  app.use(glamMiddleware({ service: "catalog", logger, methodNotAllowed: app, exposeTrace: true }));
  app.get("/success", (c) => success(c, { id: 7 }));
  app.get("/page", (c) => paginated(c, [1], { page: 1, limit: 1, total: 2 }));
  app.get("/error", () => {
    throw new Error("secret");
  });
  app.get("/string", () => {
    throw "secret";
  });
  app.get("/exception", () => {
    throw new HTTPException(403, { message: "Not yours" });
  });
  app.get("/exception-text", () => {
    throw new HTTPException(401, {
      res: new Response("no", { status: 401, headers: { "WWW-Authenticate": "Basic" } }),
    });
  });
  app.get("/exception-json", () => {
    throw new HTTPException(409, { res: Response.json({ own: 1 }) });
  });
  app.get("/nothing", (() => {}) as never);
  app.get("/redirect", (c) => c.redirect("/success"));
  app.get("/empty", (c) => c.body(null, 204));
  app.get("/stream", (c) => streamText(c, async (stream) => void await stream.write("streamed")));
  app.post(
    "/items",
    validate("json", z.object({ name: z.string() }), { maxBodyBytes: 100 }),
    async (c) => success(c, [c.req.valid("json").name, await c.req.text()]),
  );
  const sub = new Hono().onError((error, c) => c.text(`own: ${error.message}`, 500)).get("/error", () => {
    throw new Error("x");
  });
  app.route("/sub", sub);
  return app;
}

async function withServer(
  work: (ask: (path: string, init?: RequestInit) => Promise<Answer>, port: number) => Promise<void>,
) {
  const { error } = console;
  console.error = () => {};
  try {
    await using server = await serveApp(createServedApp().fetch as never);
    const ask = async (path: string, init?: RequestInit) =>
      await read(await fetch(server.url + path, { redirect: "manual", ...init }));
    await work(ask, server.port);
  } finally {
    console.error = error;
  }
}

describe("over a socket", () => {
  it("answers, errors, 404 and 405 are what they are without one", () =>
    withServer(async (ask) => {
      for (
        const [path, status, code] of [
          ["/success", 200, undefined],
          ["/page", 200, undefined],
          ["/error", 500, "INTERNAL_ERROR"],
          ["/string", 500, "INTERNAL_ERROR"],
          ["/exception", 403, "HTTP_403"],
          ["/exception-text", 401, "HTTP_401"],
          ["/nothing", 500, "INTERNAL_ERROR"],
          ["/missing", 404, "HTTP_404"],
          ["/items", 405, "HTTP_405"],
          ["/api/v1/health", 200, undefined],
        ] as const
      ) {
        const { headers, body, text, ...answer } = await ask(path, { headers: { "X-Request-ID": "r" } });
        assert.deepEqual([answer.status, body?.error?.code], [status, code], path);
        assert.equal(headers.get("content-type"), "application/json");
        assert.deepEqual([headers.get("x-request-id"), body.meta.request_id], ["r", "r"]);
        assert.notEqual(headers.get("traceparent"), null);
        assert.ok(!text.includes("secret"));
      }
      assert.equal((await ask("/exception-text")).headers.get("www-authenticate"), "Basic");
      assert.deepEqual((await ask("/exception-json")).body, { own: 1 });
      assert.equal((await ask("/sub/error")).text, "own: x");
      assert.equal((await ask("/items")).headers.get("allow"), "POST");
      assert.match((await ask("/page")).headers.get("link")!, /rel="next"/);
    }));

  it("redirects, empty bodies, streams and HEAD have their headers", () =>
    withServer(async (ask) => {
      for (
        const [method, path, status, text] of [
          ["GET", "/redirect", 302, ""],
          ["GET", "/empty", 204, ""],
          ["GET", "/stream", 200, "streamed"],
          ["HEAD", "/success", 200, ""],
          ["HEAD", "/missing", 404, ""],
          ["HEAD", "/metrics", 200, ""],
        ] as const
      ) {
        const answer = await ask(path, { method });
        assert.deepEqual([answer.status, answer.text], [status, text], path);
        assert.equal(answer.headers.get("x-service-name"), "catalog");
      }
    }));

  it("bodies are validated, with a length and in chunks", () =>
    withServer(async (ask) => {
      const body = JSON.stringify({ name: "n" });
      const big = JSON.stringify({ name: "n".repeat(100) });
      const chunked = (text: string) => ({
        ...post(""),
        body: new Blob([text]).stream(),
        duplex: "half",
      } as RequestInit);
      for (const init of [post(body), chunked(body)]) {
        const { status, body: answer } = await ask("/items", init);
        assert.deepEqual([status, answer.data], [200, ["n", body]]);
      }
      for (const init of [post(big), chunked(big)]) assert.equal((await ask("/items", init)).status, 413);
      for (const init of [post("{"), chunked("{")]) assert.equal((await ask("/items", init)).status, 422);
      assert.equal((await ask("/items", { method: "POST", body })).status, 415);
      assert.equal((await ask("/items", { ...post(body) })).status, 200, "the connection is still good");
    }));

  it("each header comes once", () =>
    withServer(async (_, port) => {
      for (const path of ["/success", "/error", "/missing", "/metrics", "/health/ready"]) {
        const request = requestText("GET", path, [["X-Request-ID", "r"], ["X-Correlation-ID", "c"]]);
        const response = await exchangeOne(port, request);
        assert.deepEqual(["x-request-id", "x-correlation-id", "x-service-name"].map(response.header), [
          "r",
          "c",
          "catalog",
        ]);
        assert.notEqual(response.header("content-type"), undefined);
      }
    }));

  it("ids that a header line could be split with are replaced", () =>
    withServer(async (_, port) => {
      for (const id of ["a\tb", "a\u00ff", "a; b", "x".repeat(200)]) {
        const response = await exchangeOne(port, requestText("GET", "/success", [["X-Request-ID", id]]));
        assert.match(response.header("x-request-id")!, /^req_[0-9a-f]{12}$/);
      }
    }));
});
