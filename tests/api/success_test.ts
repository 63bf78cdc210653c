import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  created,
  createResponse,
  envelopeOf,
  errorEnvelope,
  errorResponse,
  paginated,
  paginatedResponse,
  success,
  successResponse,
} from "@glam/shared/api";
import { runWithContext } from "@glam/shared/context";
import { Hono } from "hono";
import { setCookie } from "hono/cookie";
import * as z from "zod";
import { createApp, send } from "./_support.ts";

const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe("success", () => {
  it("answers 200 with exactly data and meta", async () => {
    const { app } = createApp();
    app.get("/", (c) => success(c, { id: 7, nested: { list: [1, null] } }));
    const before = Date.now();
    const { status, headers, body } = await send(app, "/", { headers: { "X-Request-ID": "r" } });
    assert.deepEqual([status, headers.get("content-type")], [200, "application/json"]);
    assert.deepEqual(Object.keys(body), ["data", "meta"]);
    assert.deepEqual(Object.keys(body.meta), ["request_id", "correlation_id", "timestamp"]);
    assert.deepEqual(body.data, { id: 7, nested: { list: [1, null] } });
    assert.match(body.meta.timestamp, UTC);
    assert.ok(Date.parse(body.meta.timestamp) >= before && Date.parse(body.meta.timestamp) <= Date.now());
    assert.equal(headers.get("cache-control"), null);
    assert.equal(headers.get("link"), null);
  });

  it("writes a bigint as its decimal text, in a list and a page as well", async () => {
    const { app } = createApp();
    app.get("/one", (c) => success(c, { views: 2n ** 70n, nested: [{ n: 0n, text: "x", none: undefined }] }));
    app.get("/page", (c) => paginated(c, [{ views: -7n }], { page: 1, limit: 1, total: 1 }));
    app.post("/", (c) => created(c, 7n));
    const data = async (path: string, method = "GET") => (await send(app, path, { method })).body.data;
    assert.deepEqual(await data("/one"), {
      views: "1180591620717411303424",
      nested: [{ n: "0", text: "x" }],
    });
    assert.deepEqual(await data("/page"), [{ views: "-7" }]);
    assert.equal(await data("/", "POST"), "7");
  });

  const VALUES: readonly (readonly [unknown, unknown])[] = [
    [null, null],
    [undefined, null],
    [0, 0],
    ["", ""],
    [false, false],
    [[], []],
    [new Date(0), "1970-01-01T00:00:00.000Z"],
    [{ a: undefined, b: 1 }, { b: 1 }],
    [{ toJSON: () => "own" }, "own"],
    ['quote " \\ \u2028 </script> \u{1F600}', 'quote " \\ \u2028 </script> \u{1F600}'],
    [() => {}, null],
  ];
  for (const [value, expected] of VALUES) {
    it(`writes ${typeof value} ${JSON.stringify(expected)} as data`, async () => {
      const { app } = createApp();
      app.get("/", (c) => success(c, value));
      assert.deepEqual((await send(app, "/")).body.data, expected);
    });
  }

  it("keeps headers, cookies and status that were set before, and adds those of init", async () => {
    const { app } = createApp();
    app.get("/", (c) => {
      c.header("ETag", '"1"');
      c.header("Cache-Control", "max-age=5");
      c.header("Vary", "Origin");
      setCookie(c, "a", "1");
      setCookie(c, "b", "2");
      c.status(202);
      return success(c, 1, { headers: { "X-Total": "7", "Cache-Control": "private" } });
    });
    const { status, headers, body } = await send(app, "/");
    assert.equal(status, 202);
    assert.deepEqual([headers.get("etag"), headers.get("vary"), headers.get("x-total")], [
      '"1"',
      "Origin",
      "7",
    ]);
    assert.equal(headers.get("cache-control"), "private");
    assert.deepEqual(headers.getSetCookie(), ["a=1; Path=/", "b=2; Path=/"]);
    assert.deepEqual(Object.keys(body), ["data", "meta"]);
  });

  it("keeps headers that middleware set before and after", async () => {
    const { app } = createApp();
    app.use(async (c, next) => {
      c.header("X-Before", "1");
      c.res.headers.set("X-Before-Direct", "1");
      await next();
      c.header("X-After", "1");
    });
    app.get("/", (c) => success(c, 1));
    const { headers } = await send(app, "/");
    for (const name of ["x-before", "x-before-direct", "x-after"]) assert.equal(headers.get(name), "1", name);
  });

  it("takes status and links by init", async () => {
    const { app } = createApp();
    app.get("/", (c) => {
      c.status(201);
      return success(c, 1, { status: 203, links: { self: "/?a=1" }, headers: undefined });
    });
    const { status, body } = await send(app, "/");
    assert.equal(status, 203);
    assert.deepEqual(Object.keys(body), ["data", "meta", "links"]);
    assert.deepEqual(body.links, { self: "/?a=1" });
  });

  it("works without the middleware, with ids of its own, and in another context", async () => {
    const app = new Hono().get("/", (c) => success(c, 1));
    assert.match((await send(app, "/")).body.meta.request_id, /^req_[0-9a-f]{12}$/);
    const { body } = await runWithContext({ requestId: 'needs "escaping"' }, () => send(app, "/"));
    assert.equal(body.meta.request_id, 'needs "escaping"');
  });

  it("has headers but no body for HEAD", async () => {
    const { app } = createApp();
    app.get("/", (c) => success(c, 1, { headers: { "X-Total": "7" } }));
    const { status, text, headers } = await send(app, "/", { method: "HEAD" });
    assert.deepEqual([status, text, headers.get("x-total")], [200, "", "7"]);
    assert.equal(headers.get("content-type"), "application/json");
  });

  it("with data that JSON cannot write is a 500 envelope", async () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    const throwing = {
      toJSON: () => {
        throw new Error("secret");
      },
    };
    for (const data of [cycle, { ...cycle, big: 7n }, throwing]) {
      const { app, entries } = createApp();
      app.get("/", (c) => {
        c.header("ETag", '"1"');
        return success(c, data);
      });
      const { status, headers, body } = await send(app, "/");
      assert.deepEqual([status, body.error.code, headers.get("etag")], [500, "INTERNAL_ERROR", null]);
      assert.equal(entries[0]?.level, "error");
    }
  });
});

describe("created", () => {
  const CASES: readonly (readonly [location: string | undefined, header: string | null])[] = [
    [undefined, null],
    ["/items/7", "/items/7"],
    ["https://shop.example.com/items/7?a=b#c", "https://shop.example.com/items/7?a=b#c"],
    ["/items/a b", "/items/a%20b"],
    ["/items/ü", "/items/%C3%BC"],
    ["/items/\u{1F600}", "/items/%F0%9F%98%80"],
    ["/items/a%20b", "/items/a%20b"],
    ["/items/x\r\nSet-Cookie: a=1", "/items/x%0D%0ASet-Cookie:%20a=1"],
    ["/items/\ud800", "/items/%EF%BF%BD"],
  ];
  for (const [location, header] of CASES) {
    it(`answers 201 with Location: ${header}`, async () => {
      const { app } = createApp();
      app.post("/items", (c) => {
        c.header("X-Kept", "1");
        return created(c, { id: 7 }, location);
      });
      const { status, headers, body } = await send(app, "/items", { method: "POST" });
      assert.deepEqual([status, headers.get("location"), headers.get("x-kept")], [201, header, "1"]);
      assert.deepEqual(Object.keys(body), ["data", "meta"]);
      assert.deepEqual(body.data, { id: 7 });
    });
  }
});

describe("the pure builders", () => {
  it("leave out what has no value", () => {
    assert.deepEqual(Object.keys(createResponse({})), ["meta"]);
    assert.deepEqual(Object.keys(createResponse({ data: undefined, links: undefined })), ["meta"]);
    assert.deepEqual(Object.keys(createResponse({ data: null })), ["data", "meta"]);
    assert.deepEqual(Object.keys(createResponse({ data: 0, links: { self: "/" } })), [
      "data",
      "meta",
      "links",
    ]);
    assert.deepEqual(Object.keys(successResponse(1)), ["data", "meta"]);
    assert.deepEqual(errorResponse("X", "y").error, { code: "X", message: "y" });
    assert.deepEqual(errorResponse("X", "y", { details: { a: 0 } }).error.details, { a: 0 });
    const meta = successResponse(1).meta;
    assert.match(meta.request_id, /^req_[0-9a-f]{12}$/);
    assert.match(meta.correlation_id, /^corr_[0-9a-f]{12}$/);
    assert.match(meta.timestamp, UTC);
  });

  it("take ids from the options, else from the current context", () => {
    runWithContext({ requestId: "r", correlationId: "c" }, () => {
      const { request_id, correlation_id } = successResponse(1, { requestId: "own" }).meta;
      assert.deepEqual([request_id, correlation_id], ["own", "c"]);
    });
  });

  it("copy the items of a page", () => {
    const items = [1, 2];
    const page = paginatedResponse(items, { page: 1, limit: 2, total: 3, url: "/items?a=b" });
    items.push(3);
    assert.deepEqual(page.data, [1, 2]);
    assert.equal(page.links.next, "/items?a=b&page=2&limit=2");
    assert.throws(() => paginatedResponse([], { page: 0, limit: 2, total: 3, url: "/" }), RangeError);
  });
});

describe("the envelope's schemas", () => {
  it("accept what the helpers and the middleware answer", async () => {
    const { app } = createApp();
    app.get("/one", (c) => success(c, { id: 7 }));
    app.get("/page", (c) => paginated(c, [{ id: 7 }], { page: 1, limit: 1, total: 2 }));
    const item = z.object({ id: z.number() });
    envelopeOf(item).parse((await send(app, "/one")).body);
    const page = envelopeOf(z.array(item)).parse((await send(app, "/page")).body);
    assert.deepEqual(page.data, [{ id: 7 }]);
    assert.equal(page.links?.next, "/page?page=2&limit=1");
    assert.equal(errorEnvelope.parse((await send(app, "/missing")).body).error.code, "HTTP_404");
  });

  it("refuse what is none", () => {
    assert.equal(errorEnvelope.safeParse(successResponse(1)).success, false);
    assert.equal(envelopeOf(z.string()).safeParse(successResponse(1)).success, false);
    assert.equal(envelopeOf(z.number()).safeParse({ data: 1 }).success, false);
  });
});
