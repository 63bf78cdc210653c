import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { Hono } from "hono";
import { stream, streamSSE, streamText } from "hono/streaming";
import { createApp, deferred, read, send } from "./_support.ts";

describe("responses that are no envelope", () => {
  const { app } = createApp();
  app.get("/no-content", (c) => c.body(null, 204));
  app.get("/not-modified", (c) => {
    c.header("ETag", '"1"');
    return c.body(null, 304);
  });
  app.get("/redirect", (c) => c.redirect("/elsewhere", 308));
  app.get("/static-redirect", () => Response.redirect("http://localhost/elsewhere", 303));
  app.get(
    "/bytes",
    () => new Response(new Uint8Array([0, 255, 1]), { headers: { "Content-Type": "image/png" } }),
  );
  app.get("/json", (c) => c.json({ own: 1 }));
  app.get("/text", (c) => c.text("x"));

  it("keep status, headers and an empty body for 204, 304 and redirects", async () => {
    for (
      const [path, status, location] of [
        ["/no-content", 204, null],
        ["/not-modified", 304, null],
        ["/redirect", 308, "/elsewhere"],
        ["/static-redirect", 303, "http://localhost/elsewhere"],
      ] as const
    ) {
      const answer = await send(app, path);
      assert.deepEqual([answer.status, answer.text, answer.headers.get("location")], [status, "", location]);
      assert.equal(answer.headers.get("content-type"), null);
      assert.notEqual(answer.headers.get("x-request-id"), null);
    }
    assert.equal((await send(app, "/not-modified")).headers.get("etag"), '"1"');
  });

  it("keep their bytes", async () => {
    const response = await app.request("/bytes");
    assert.deepEqual([...new Uint8Array(await response.arrayBuffer())], [0, 255, 1]);
    assert.equal(response.headers.get("content-type"), "image/png");
    assert.equal((await send(app, "/json")).text, '{"own":1}');
    assert.equal((await send(app, "/text")).text, "x");
  });
});

describe("a stream", () => {
  it("reaches the client piece by piece, before it ends", async () => {
    const { app } = createApp();
    const seen = deferred();
    app.get("/", (c) =>
      streamText(c, async (stream) => {
        await stream.write("first");
        await seen.promise; // only once the client has read the first piece
        await stream.write("second");
      }));
    const response = await app.request("/");
    assert.notEqual(response.headers.get("x-request-id"), null);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    assert.equal((await reader.read()).value, "first");
    seen.resolve();
    assert.equal((await reader.read()).value, "second");
    assert.equal((await reader.read()).done, true);
  });

  it("of server-sent events is untouched", async () => {
    const { app } = createApp();
    app.get("/", (c) =>
      streamSSE(c, async (stream) => {
        await stream.writeSSE({ event: "tick", id: "1", data: "a" });
        await stream.writeSSE({ data: "b" });
      }));
    const { headers, text } = await send(app, "/");
    assert.match(headers.get("content-type")!, /^text\/event-stream/);
    assert.equal(text, "event: tick\ndata: a\nid: 1\n\ndata: b\n\n");
  });

  it("that fails keeps its status and what it wrote, and the next request works", async () => {
    const { app } = createApp();
    app.get("/", (c) =>
      stream(c, async (stream) => {
        await stream.write("first");
        throw new Error("in the stream");
      }, () => Promise.resolve()));
    const { status, text } = await send(app, "/");
    assert.deepEqual([status, text], [200, "first"]);
    assert.equal((await send(app, "/missing")).status, 404);
  });

  it("of an error status is not read by the middleware", async () => {
    for (const status of [404, 500, 503]) {
      const { app } = createApp();
      let pulled = 0;
      app.get("/", () => {
        const body = new ReadableStream({
          pull(controller) {
            controller.enqueue(new TextEncoder().encode(`piece ${++pulled} `));
            if (pulled === 3) controller.close();
          },
        }, { highWaterMark: 0 });
        return new Response(body, { status, headers: { "Content-Type": "text/event-stream" } });
      });
      const response = await app.request("/");
      assert.equal(pulled, 0);
      assert.equal(await response.text(), "piece 1 piece 2 piece 3 ");
    }
  });

  it("that the client leaves is cancelled", async () => {
    const { app } = createApp();
    const cancelled = deferred<unknown>();
    app.get("/", () => new Response(new ReadableStream({ cancel: (reason) => cancelled.resolve(reason) })));
    await (await app.request("/")).body!.cancel("gone");
    assert.equal(await cancelled.promise, "gone");
  });
});

describe("a response that no server can send", () => {
  const used = async (res: Response) => {
    await res.text();
    return res;
  };
  const CASES: Readonly<Record<string, () => Response | Promise<Response>>> = {
    "of another application, read": async () =>
      await used(await new Hono().get("/", (c) => c.text("x")).request("/")),
    "of fetch(), read": async () => await used(await fetch("data:text/plain,x")),
    "of fetch(), being read": async () => {
      const res = await fetch("data:text/plain,x");
      res.body!.getReader();
      return res;
    },
    "of its own, read": () => used(new Response("x")),
    "of its own with status 404, read": () => used(new Response("x", { status: 404 })),
  };
  for (const [name, handler] of Object.entries(CASES)) {
    it(`is an envelope, a line and a count: ${name}`, async () => {
      const { app, entries } = createApp();
      app.get("/", handler);
      const answer = await send(app, "/");
      assert.deepEqual([answer.status, answer.body?.error.code], [500, "INTERNAL_ERROR"]);
      assert.notEqual(answer.headers.get("x-request-id"), null);
      const [failed, completed] = entries;
      assert.match(
        String(failed?.fields.error),
        /The handler of GET \/ returned a response whose body was read before/,
      );
      assert.equal(completed?.fields.status, 500);
      const { text } = await send(app, "/metrics");
      assert.match(
        text,
        /http_requests_total\{service="catalog",method="GET",endpoint="\/",status="500"\} 1/,
      );
      assert.match(text, /http_requests_in_progress\{service="catalog"\} 0/);
    });
  }

  it("is also one that a middleware has read", async () => {
    const { app } = createApp();
    app.use(async (c, next) => {
      await next();
      await c.res.text();
    });
    app.get("/", (c) => c.json({ a: 1 }));
    assert.equal((await send(app, "/")).body?.error.code, "INTERNAL_ERROR");
  });
});

describe("a response of fetch(), whose headers are immutable", () => {
  it("gets the headers and is otherwise passed on, whatever its status", async () => {
    const upstream = createServer((request, response) => {
      const status = Number(request.url!.slice(1));
      response.writeHead(status, {
        "Content-Type": "text/plain; charset=utf-8",
        "X-Upstream": "1",
        "X-Request-ID": "of-upstream",
        "Set-Cookie": ["a=1", "b=2"],
      });
      response.end(status === 204 || status === 304 ? undefined : `from upstream ${status}`);
    });
    await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = upstream.address() as AddressInfo;
      const { app } = createApp({ exposeTrace: true });
      app.get("/proxy/:status", (c) => fetch(`http://127.0.0.1:${port}/${c.req.param("status")}`));
      for (const status of [200, 204, 404, 500]) {
        const answer = await read(
          await app.request(`/proxy/${status}`, { headers: { "X-Request-ID": "ours" } }),
        );
        assert.deepEqual([answer.status, answer.text], [
          status,
          status === 204 ? "" : `from upstream ${status}`,
        ]);
        assert.equal(answer.headers.get("x-upstream"), "1");
        assert.equal(answer.headers.get("x-request-id"), "ours");
        assert.equal(answer.headers.get("x-service-name"), "catalog");
        assert.notEqual(answer.headers.get("traceparent"), null);
        assert.deepEqual(answer.headers.getSetCookie(), ["a=1", "b=2"]);
      }
    } finally {
      upstream.closeAllConnections();
      await new Promise((resolve) => upstream.close(resolve));
    }
  });

  it("may come from another application in the process", async () => {
    const { app } = createApp();
    const other = new Hono().get("/inner", (c) => c.text("inner"));
    app.get("/outer", () => other.request("/inner"));
    const { text, headers } = await send(app, "/outer");
    assert.deepEqual([text, headers.get("x-service-name")], ["inner", "catalog"]);
  });
});
