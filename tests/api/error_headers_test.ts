import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { glamMiddleware } from "@glam/shared/api";
import { GlamError, RateLimitedError, UnauthorizedError } from "@glam/shared/errors";
import { basicAuth } from "hono/basic-auth";
import { Hono } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import { bodyLimit } from "hono/body-limit";
import { compress } from "hono/compress";
import { setCookie } from "hono/cookie";
import { cors } from "hono/cors";
import { csrf } from "hono/csrf";
import { etag } from "hono/etag";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import { createApp, recordingLogger, send } from "./_support.ts";

const KEPT = {
  "Access-Control-Allow-Origin": "https://shop.example.com",
  "Access-Control-Expose-Headers": "X-Request-ID",
  "Allow": "GET",
  "Content-Security-Policy": "default-src 'none'",
  "Cross-Origin-Resource-Policy": "same-origin",
  "RateLimit": '"default";r=0;t=30',
  "RateLimit-Policy": '"default";q=100;w=60',
  "Referrer-Policy": "no-referrer",
  "Retry-After": "30",
  "Strict-Transport-Security": "max-age=1",
  "WWW-Authenticate": "Bearer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "X-RateLimit-Remaining": "0",
  "Alt-Svc": 'h3=":443"',
  "Clear-Site-Data": '"cookies"',
  "Server-Timing": "db;dur=1",
  "Sunset": "Wed, 21 Oct 2099 07:28:00 GMT",
  "X-App-Version": "7",
  "X-Served-By": "node-1",
};
const DROPPED = {
  "Accept-Ranges": "bytes",
  "CDN-Cache-Control": "max-age=60",
  "Content-Digest": "sha-256=:x:",
  "Content-Disposition": "attachment",
  "Content-Encoding": "gzip",
  "Content-Language": "de",
  "Content-Length": "3",
  "Content-Range": "bytes 0-2/3",
  "ETag": '"1"',
  "Expires": "Wed, 21 Oct 2099 07:28:00 GMT",
  "Last-Modified": "Wed, 21 Oct 2015 07:28:00 GMT",
  "Link": '</items?page=2>; rel="next"',
  "Location": "/items/7",
  "Surrogate-Control": "max-age=60",
  "Transfer-Encoding": "chunked",
  "X-Accel-Redirect": "/protected/file",
};

describe("of the headers set before an error", () => {
  const { app } = createApp();
  app.use("/prepared/*", async (c, next) => {
    for (const [name, value] of Object.entries({ ...KEPT, ...DROPPED })) c.header(name, value);
    c.header("Cache-Control", "public, max-age=3600");
    c.header("Vary", "Origin");
    setCookie(c, "a", "1");
    setCookie(c, "b", "2");
    await next();
  });
  app.get("/prepared/error", () => {
    throw new Error("x");
  });
  app.get("/prepared/client-error", () => {
    throw new UnauthorizedError();
  });
  app.get("/prepared/string", () => {
    throw "x";
  });
  app.get("/prepared/nothing", (() => {}) as never);
  app.get("/prepared/http", () => {
    throw new HTTPException(401);
  });
  app.get("/prepared/text-then-error/*", async (c, next) => {
    await next();
    c.res.headers.set("ETag", '"2"');
    throw new Error("x");
  });
  app.get("/prepared/text-then-error/x", (c) => c.text("abc", 200, { "Content-Length": "3", ETag: '"2"' }));

  const names = ["error", "client-error", "string", "nothing", "http", "text-then-error/x", "missing"];
  for (const name of names) {
    it(`those about the request stay and those about the body go: ${name}`, async () => {
      const { headers, body } = await send(app, `/prepared/${name}`);
      assert.ok(body.error.code);
      for (const [header, value] of Object.entries(KEPT)) assert.equal(headers.get(header), value, header);
      for (const header of Object.keys(DROPPED)) assert.equal(headers.get(header), null, header);
      assert.equal(headers.get("cache-control"), "no-store");
      assert.equal(headers.get("content-type"), "application/json");
      assert.deepEqual(headers.getSetCookie(), ["a=1; Path=/", "b=2; Path=/"]);
      const vary = headers.get("vary")!.split(",").map((field) => field.trim().toLowerCase());
      assert.deepEqual(vary.sort(), ["accept", "origin"]);
    });
  }

  it("those of a middleware that sets them behind its next() stay, on errors, 404 and 405", async () => {
    const app = new Hono();
    app.use(glamMiddleware({ logger: recordingLogger().logger, methodNotAllowed: app }));
    app.use(async (c, next) => {
      await next();
      c.header("X-App-Version", "7");
      c.res.headers.append("Server-Timing", "all;dur=1");
      c.header("ETag", '"1"');
    });
    app.get("/error", () => {
      throw new Error("x");
    });
    for (
      const [method, path, status] of [["GET", "/error", 500], ["GET", "/missing", 404], [
        "PUT",
        "/error",
        405,
      ]]
    ) {
      const answer = await send(app, String(path), { method: String(method) });
      assert.equal(answer.status, status);
      assert.equal(answer.headers.get("x-app-version"), "7");
      assert.equal(answer.headers.get("server-timing"), "all;dur=1");
      assert.equal(answer.headers.get("etag"), null);
      assert.equal(answer.headers.get("content-type"), "application/json");
    }
  });

  it("an error is never sniffed for another type", async () => {
    const { app } = createApp();
    app.get("/error", () => {
      throw new UnauthorizedError("<script>");
    });
    for (const path of ["/error", "/missing"]) {
      for (const accept of ["*/*", "application/problem+json"]) {
        const { headers } = await send(app, path, { headers: { accept } });
        assert.equal(headers.get("x-content-type-options"), "nosniff");
      }
    }
    assert.equal(new UnauthorizedError().getResponse().headers.get("x-content-type-options"), "nosniff");
  });

  it("Vary gets Accept once, and a star stays alone", async () => {
    for (const [before, after] of [["accept, Origin", "accept, Origin"], ["*", "*"]] as const) {
      const { app } = createApp();
      app.get("/", (c) => {
        c.header("Vary", before);
        throw new Error("x");
      });
      assert.equal((await send(app, "/")).headers.get("vary"), after);
    }
  });
});

describe("middleware of Hono beside glamMiddleware", () => {
  it("basic-auth and bearer-auth are the envelope, with WWW-Authenticate", async () => {
    const { app } = createApp();
    app.use("/basic/*", basicAuth({ username: "u", password: "p" }));
    app.use("/bearer/*", bearerAuth({ token: "t" }));
    const basic = await send(app, "/basic/x");
    assert.deepEqual([basic.status, basic.body.error.code], [401, "HTTP_401"]);
    assert.match(basic.headers.get("www-authenticate")!, /^Basic realm=/);
    const bearer = await send(app, "/bearer/x");
    assert.deepEqual([bearer.status, bearer.body.error.code], [401, "HTTP_401"]);
    assert.match(bearer.headers.get("www-authenticate")!, /^Bearer/);
  });

  it("body-limit is a 413 envelope, by length and by counting", async () => {
    const { app } = createApp();
    app.post("/", bodyLimit({ maxSize: 3 }), async (c) => c.text(await c.req.text()));
    const withLength = { method: "POST", body: "four", headers: { "Content-Length": "4" } };
    for (const init of [withLength, { method: "POST", body: new Blob(["four"]).stream(), duplex: "half" }]) {
      const { status, body } = await send(app, "/", init as RequestInit);
      assert.deepEqual([status, body.error.code], [413, "HTTP_413"]);
    }
  });

  it("csrf is a 403 envelope", async () => {
    const { app } = createApp();
    app.post("/", csrf({ origin: "https://shop.example.com" }), (c) => c.text("x"));
    const form = new URLSearchParams({ a: "1" });
    const { status, body } = await send(app, "/", {
      method: "POST",
      body: form,
      headers: { Origin: "https://x" },
    });
    assert.deepEqual([status, body.error.code], [403, "HTTP_403"]);
  });

  it("cors and secure-headers are on errors and on 404, too", async () => {
    const { app } = createApp();
    app.use(cors({ origin: "https://shop.example.com", credentials: true }), secureHeaders());
    app.get("/error", () => {
      throw new Error("x");
    });
    for (const path of ["/error", "/missing"]) {
      const { headers } = await send(app, path, { headers: { Origin: "https://shop.example.com" } });
      assert.equal(headers.get("access-control-allow-origin"), "https://shop.example.com");
      assert.equal(headers.get("access-control-allow-credentials"), "true");
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      assert.match(headers.get("vary")!, /Origin/);
    }
  });

  it("compress and etag neither hide that an answer is Hono's default one, nor describe what replaces it", async () => {
    const { app } = createApp();
    app.use(compress(), etag());
    app.get("/error", () => {
      throw new Error("x");
    });
    app.get("/http", () => {
      throw new HTTPException(400, { message: "x".repeat(5000) });
    });
    app.get("/glam", () => {
      throw new UnauthorizedError();
    });
    for (
      const [path, status, code] of [
        ["/error", 500, "INTERNAL_ERROR"],
        ["/http", 400, "HTTP_400"],
        ["/glam", 401, "UNAUTHORIZED"],
        ["/missing", 404, "HTTP_404"],
      ] as const
    ) {
      for (const encoding of ["gzip", "deflate", "identity"]) {
        const answer = await send(app, path, { headers: { "Accept-Encoding": encoding } });
        assert.deepEqual(
          [answer.status, answer.body?.error.code],
          [status, code],
          `${path} with ${encoding}`,
        );
        assert.equal(answer.headers.get("content-encoding"), null);
        assert.equal(answer.headers.get("etag"), null);
      }
    }
  });
});

describe("Retry-After", () => {
  for (const [value, header] of [[30, "30"], [0, "0"], [1.2, "2"], ["7", "7"]] as const) {
    it(`is ${header} for a retry_after of ${JSON.stringify(value)}`, async () => {
      const { app } = createApp();
      app.get("/", () => {
        throw new GlamError("x", { status: 503, details: { retry_after: value } });
      });
      assert.equal((await send(app, "/")).headers.get("retry-after"), header);
    });
  }

  it("is left out where retry_after is no time", async () => {
    for (const value of [undefined, null, -1, NaN, "soon\r\nX: y", {}]) {
      const { app } = createApp();
      app.get("/", () => {
        throw new GlamError("x", { status: 503, details: { retry_after: value } });
      });
      assert.equal((await send(app, "/")).headers.get("retry-after"), null);
    }
  });

  it("comes from a RateLimitedError, in the envelope and in a problem document", async () => {
    const { app } = createApp();
    app.get("/", () => {
      throw new RateLimitedError("Too fast", { retryAfter: 9 });
    });
    for (const accept of ["application/json", "application/problem+json"]) {
      const { status, headers } = await send(app, "/", { headers: { accept } });
      assert.deepEqual([status, headers.get("retry-after")], [429, "9"]);
    }
  });
});
