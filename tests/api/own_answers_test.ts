import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { onError } from "@glam/shared/api";
import { ConflictError, GlamError, isGlamError } from "@glam/shared/errors";
import { type Context, type ErrorHandler, Hono, type NotFoundHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { stream } from "hono/streaming";
import { createApp, type Json, send } from "./_support.ts";

const LONG = "Something went wrong. ".repeat(10_000);

/** Every way to write an answer, with the type and the body that it has. */
const WAYS: readonly (readonly [
  name: string,
  write: (c: Context, status: never) => Response | Promise<Response>,
  type: string | null,
  body: string,
])[] = [
  ["text", (c, status) => c.text("it broke", status), "text/plain; charset=UTF-8", "it broke"],
  ["long text", (c, status) => c.text(LONG, status), "text/plain; charset=UTF-8", LONG],
  ["JSON", (c, status) => c.json({ own: true }, status), "application/json", '{"own":true}'],
  ["html", (c, status) => c.html("<h1>Oh</h1>", status), "text/html; charset=UTF-8", "<h1>Oh</h1>"],
  ["nothing", (c, status) => c.body(null, status), null, ""],
  [
    "a Response",
    (_, status) => new Response("it broke", { status, headers: { "Content-Type": "text/plain" } }),
    "text/plain",
    "it broke",
  ],
  [
    "a stream",
    (c, status) => {
      c.status(status);
      c.header("Content-Type", "text/plain; charset=UTF-8");
      return stream(c, async (stream) => {
        for (let i = 0; i < 100; i++) await stream.write(`line ${i}\n`);
      });
    },
    "text/plain; charset=UTF-8",
    Array.from({ length: 100 }, (_, i) => `line ${i}\n`).join(""),
  ],
];

function assertType(actual: string | null, expected: string | null) {
  assert.equal(
    actual?.toLowerCase().replace("; ", ";") ?? null,
    expected?.toLowerCase().replace("; ", ";") ?? null,
  );
}

describe("an answer of the application's own onError is left alone", () => {
  const thrown = [new Error("x"), new ConflictError("x"), new HTTPException(409, { message: "x" })];
  for (const [name, write, type, body] of WAYS) {
    it(`${name}, of the application or of a sub-app`, async () => {
      for (const error of thrown) {
        for (const where of ["app", "sub-app"]) {
          for (const status of [500, 409]) {
            const { app, entries } = createApp();
            const sub = new Hono();
            (where === "app" ? app as unknown as Hono : sub).onError((_, c) => {
              c.header("ETag", '"own"');
              c.header("Cache-Control", "max-age=5");
              return write(c, status as never);
            });
            sub.get("/fails", () => {
              throw error;
            });
            app.route("/sub", sub);
            const answer = await send(app, "/sub/fails");
            assert.equal(answer.status, status);
            assert.equal(answer.text, body);
            assertType(answer.headers.get("content-type"), type);
            if (name !== "a Response") assert.equal(answer.headers.get("cache-control"), "max-age=5");
            assert.equal(answer.headers.get("vary"), null);
            assert.equal(answer.headers.get("x-service-name"), "catalog");
            assert.equal(entries.at(-1)?.fields.status, status);
            if (status === 500) assert.equal(entries[0]?.fields.error, error, "it is logged all the same");
          }
        }
      }
    });
  }

  it("which is built from the error's own response", async () => {
    const { app } = createApp();
    app.onError(async (error, c) => {
      if (!isGlamError(error)) throw error;
      const response = error.getResponse();
      return c.json({ ...await response.json() as Json, extra: 1 }, response.status as never);
    });
    app.get("/", () => {
      throw new ConflictError("taken");
    });
    const { status, body } = await send(app, "/");
    assert.equal(status, 409);
    assert.equal(body.extra, 1);
  });

  it("which repeats the message of an HTTPException as c.text()", async () => {
    const { app } = createApp();
    app.onError((error, c) => c.text(error.message, (error as HTTPException).status));
    app.get("/", () => {
      throw new HTTPException(418, { message: "I'm a teapot" });
    });
    assert.equal((await send(app, "/")).text, "I'm a teapot");
  });

  it("whose error has getters that throw", async () => {
    const { app } = createApp();
    const error = new Error("x");
    for (const name of ["getResponse", "res", "status", "message"]) {
      Object.defineProperty(error, name, {
        get: () => {
          throw new Error("getter");
        },
      });
    }
    const own: ErrorHandler = (_, c) => c.text("own", 500);
    app.onError(own);
    app.get("/", () => {
      throw error;
    });
    const { status, text, headers } = await send(app, "/");
    assert.deepEqual([status, text, headers.get("x-service-name")], [500, "own", "catalog"]);
  });

  it("but errors that it does not cover are answered by the middleware", async () => {
    const { app } = createApp();
    const sub = new Hono().onError((_, c) => c.text("own", 500)).get("/", (c) => c.text("fine"));
    app.route("/sub", sub);
    app.get("/", () => {
      throw new ConflictError("taken");
    });
    assert.equal((await send(app, "/")).body.error.code, "CONFLICT");
  });
});

describe("an answer of the application's own notFound is left alone", () => {
  for (const [name, write, type, body] of WAYS) {
    it(name, async () => {
      for (const [withOther, path] of [[false, "/missing"], [true, "/missing"], [true, "/calls"]] as const) {
        const { app } = createApp();
        const own: NotFoundHandler = (c) => write(c, 404 as never);
        app.notFound(own);
        if (withOther) app.use((_, next) => next());
        app.get("/calls", (c) => c.notFound());
        const answer = await send(app, path);
        assert.equal(answer.status, 404);
        assert.equal(answer.text, body);
        assertType(answer.headers.get("content-type"), type);
        assert.equal(answer.headers.get("x-service-name"), "catalog");
      }
    });
  }

  it("with any status", async () => {
    const { app } = createApp();
    app.notFound((c) => c.html("<main>", 200));
    const { status, text } = await send(app, "/some/page");
    assert.deepEqual([status, text], [200, "<main>"]);
  });
});

describe("an answer of a handler is left alone", () => {
  for (const status of [400, 404, 405, 500, 503]) {
    for (const [name, write, type, body] of WAYS) {
      it(`${name} with status ${status}`, async () => {
        const { app, entries } = createApp();
        app.get("/", (c) => write(c, status as never));
        const answer = await send(app, "/");
        assert.deepEqual([answer.status, answer.text], [status, body]);
        assertType(answer.headers.get("content-type"), type);
        assert.equal(answer.headers.get("cache-control"), null);
        assert.deepEqual(entries.map(({ level }) => level), ["info"]);
      });
    }
  }

  it("also when middleware answers for a handler that failed", async () => {
    const { app } = createApp();
    app.use(async (c, next) => {
      await next();
      if (c.error !== undefined) c.res = c.json({ fallback: true }, 200);
    });
    app.get("/", () => {
      throw new Error("x");
    });
    const { status, body } = await send(app, "/");
    assert.deepEqual([status, body], [200, { fallback: true }]);
  });
});

describe("the response of an HTTPException", () => {
  const withRes = (res: Response, status = res.status) => {
    const made = createApp();
    made.app.get("/", () => {
      throw new HTTPException(status as never, { res });
    });
    return made;
  };

  it("is left alone when it is JSON or a problem document", async () => {
    for (
      const type of [
        "application/json",
        "application/problem+json",
        "application/vnd.own+json; charset=utf-8",
      ]
    ) {
      const res = new Response('{"own":1}', { status: 409, headers: { "Content-Type": type, ETag: '"1"' } });
      const { status, text, headers } = await send(withRes(res).app, "/");
      assert.deepEqual([status, text, headers.get("content-type")], [409, '{"own":1}', type]);
      assert.equal(headers.get("etag"), '"1"');
    }
  });

  it("is left alone when it is html", async () => {
    const res = new Response("<p>", { status: 401, headers: { "Content-Type": "text/html" } });
    assert.equal((await send(withRes(res).app, "/")).text, "<p>");
  });

  it("is replaced when it is text or empty", async () => {
    for (const body of ["Unauthorized", null]) {
      const { status, body: json } = await send(withRes(new Response(body, { status: 401 })).app, "/");
      assert.deepEqual([status, json.error.code], [401, "HTTP_401"]);
    }
  });

  for (const how of ["by the middleware", "by onError of this package", "by onError alone"]) {
    const withRes = (res: Response, message?: string) => {
      const app = how === "by onError alone" ? new Hono() : createApp().app as unknown as Hono;
      if (how !== "by the middleware") app.onError(onError);
      app.get("/", (c) => {
        c.header("X-Before", "1");
        throw new HTTPException(res.status as never, { res, ...message !== undefined && { message } });
      });
      return app;
    };

    it(`gives its text and its headers to the envelope where it is text, ${how}`, async () => {
      const headers = {
        "X-Reason": "plan",
        "WWW-Authenticate": "Bearer",
        ETag: '"1"',
        "Content-Language": "en",
      };
      const answer = await send(withRes(new Response("Not for you\n", { status: 403, headers })), "/");
      assert.deepEqual(answer.body.error, { code: "HTTP_403", message: "Not for you" });
      assert.equal(answer.headers.get("content-type"), "application/json");
      assert.equal(answer.headers.get("x-reason"), "plan");
      assert.equal(answer.headers.get("x-before"), "1");
      assert.equal(answer.headers.get("www-authenticate"), "Bearer");
      assert.equal(answer.headers.get("etag"), null);
      assert.equal(answer.headers.get("content-language"), null);
    });

    it(`gives no text where the exception has a message, the status is a server's or the text is a page, ${how}`, async () => {
      const messageOf = async (app: Hono) => (await send(app, "/")).body.error.message;
      assert.equal(await messageOf(withRes(new Response("text", { status: 403 }), "message")), "message");
      assert.equal(await messageOf(withRes(new Response("text", { status: 503 }))), "Service Unavailable");
      assert.equal(await messageOf(withRes(new Response("x".repeat(5000), { status: 403 }))), "Forbidden");
      assert.equal(await messageOf(withRes(new Response(null, { status: 403 }))), "Forbidden");
      assert.equal(
        await messageOf(withRes(new Response(new Uint8Array([0xff, 0xfe]), { status: 403 }))),
        "Forbidden",
      );
    });

    it(`is left alone where it is no text, ${how}`, async () => {
      const headers = { "Content-Type": "application/xml", ETag: '"1"' };
      const answer = await send(withRes(new Response("<e/>", { status: 400, headers })), "/");
      assert.deepEqual([answer.status, answer.text], [400, "<e/>"]);
      assert.deepEqual([answer.headers.get("content-type"), answer.headers.get("etag")], [
        "application/xml",
        '"1"',
      ]);
    });
  }

  it("does not get its text into an error that errors.map made", async () => {
    const { app } = createApp({ errors: { map: (cause) => new ConflictError("Mapped", { cause }) } });
    app.get("/", () => {
      throw new HTTPException(403, { res: new Response("text", { status: 403 }) });
    });
    assert.equal((await send(app, "/")).body.error.message, "Mapped");
  });

  it("is a redirect as it is, and no failed request", async () => {
    const { app, entries } = withRes(new Response(null, { status: 302, headers: { Location: "/login" } }));
    const { status, headers } = await send(app, "/");
    assert.deepEqual([status, headers.get("location")], [302, "/login"]);
    assert.deepEqual(entries.map(({ level }) => level), ["info"]);
  });
});

describe("a GlamError without the middleware", () => {
  it("is the envelope under a bare Hono application", async () => {
    const app = new Hono();
    app.get("/", () => {
      throw new GlamError("Slow down", { status: 429, code: "SLOW", details: { retry_after: 1.5 } });
    });
    const { status, headers, body } = await send(app, "/");
    assert.deepEqual([status, headers.get("content-type"), headers.get("retry-after")], [
      429,
      "application/json",
      "2",
    ]);
    assert.deepEqual(body.error, { code: "SLOW", message: "Slow down", details: { retry_after: 1.5 } });
    assert.deepEqual(Object.keys(body.meta), ["request_id", "correlation_id", "timestamp"]);
  });
});
