import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { glamMiddleware, notFound, onError, success } from "@glam/shared/api";
import { ConflictError } from "@glam/shared/errors";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { createApp, read, recordingLogger, send } from "./_support.ts";

const fail = () => {
  throw new Error("secret");
};
const conflict = () => {
  throw new ConflictError("taken");
};

/** What goes to the console while `work` runs. */
async function consoleDuring(work: () => Promise<unknown>): Promise<string> {
  const methods = ["debug", "error", "info", "log", "warn"] as const;
  const originals = methods.map((method) => console[method]);
  const written: string[] = [];
  for (const method of methods) {
    console[method] = (...args: unknown[]) =>
      void written.push(
        args.map((arg) => arg instanceof Error ? `${arg.message}\n${arg.stack}` : String(arg)).join(" "),
      );
  }
  try {
    await work();
  } finally {
    methods.forEach((method, i) => console[method] = originals[i]!);
  }
  return written.join("\n");
}

describe("onError and notFound as handlers of an application", () => {
  for (const withMiddleware of [true, false]) {
    const name = withMiddleware ? "behind glamMiddleware" : "without glamMiddleware";
    const make = () => {
      const app = withMiddleware ? createApp().app as unknown as Hono : new Hono();
      app.onError(onError);
      app.notFound(notFound);
      app.get("/fails", fail);
      app.get("/conflict", conflict);
      app.get("/calls", (c) => c.notFound());
      return app;
    };

    it(`answer with the envelope ${name}`, async () => {
      const app = make();
      for (
        const [path, status, code, message] of [
          ["/fails", 500, "INTERNAL_ERROR", "An unexpected error occurred"],
          ["/conflict", 409, "CONFLICT", "taken"],
          ["/calls", 404, "HTTP_404", "Not Found"],
          ["/missing", 404, "HTTP_404", "Not Found"],
        ] as const
      ) {
        let answer!: Awaited<ReturnType<typeof send>>;
        await consoleDuring(async () => answer = await read(await app.request(path)));
        assert.deepEqual([answer.status, answer.headers.get("content-type")], [status, "application/json"]);
        assert.deepEqual([answer.body.error.code, answer.body.error.message], [code, message]);
        assert.match(answer.body.meta.request_id, /^req_/);
        assert.ok(!answer.text.includes("secret"));
        if (status === 500) assert.equal(answer.body.error.details.error_id, answer.body.meta.request_id);
        if (withMiddleware) assert.equal(answer.body.meta.request_id, answer.headers.get("x-request-id"));
      }
    });

    it(`answer with a problem document to those who ask for it ${name}`, async () => {
      const app = make();
      for (const path of ["/conflict", "/missing"]) {
        const { headers, body } = await send(app, path, { headers: { accept: "application/problem+json" } });
        assert.equal(headers.get("content-type"), "application/problem+json");
        assert.equal(body.status, path === "/missing" ? 404 : 409);
      }
    });
  }

  it("log an unknown error once behind glamMiddleware", async () => {
    const { app, entries } = createApp();
    app.onError(onError);
    app.get("/", fail);
    await send(app, "/");
    assert.deepEqual(entries.map(({ level, fields }) => [level, fields.error_code]), [
      ["error", "INTERNAL_ERROR"],
      ["info", "INTERNAL_ERROR"],
    ]);
    assert.equal((entries[0]?.fields.error as Error).message, "secret");
  });

  it("log an unknown error without glamMiddleware, too, with the id that the client gets", async () => {
    const app = new Hono();
    app.onError(onError);
    app.get("/", fail);
    let errorId = "";
    const written = await consoleDuring(async () => {
      errorId = (await read(await app.request("/"))).body.error.details.error_id;
    });
    assert.match(written, /secret/);
    assert.ok(written.includes(errorId));
  });

  it("cover middleware that runs before glamMiddleware", async () => {
    const outer = new Hono();
    outer.use("/early/*", conflict);
    outer.route("/", createApp().app);
    outer.onError(onError);
    const { status, body } = await send(outer, "/early/x");
    assert.deepEqual([status, body.error.code], [409, "CONFLICT"]);
  });

  it("use errors.map and exposeInternal of the middleware", async () => {
    const { app } = createApp({ errors: { map: () => new ConflictError("mapped") } });
    app.onError(onError);
    app.get("/", fail);
    assert.equal((await send(app, "/")).body.error.message, "mapped");

    const { app: open } = createApp({ errors: { exposeInternal: true } });
    open.onError(onError);
    open.get("/", () => {
      throw new ConflictError("detailed", { status: 500 });
    });
    assert.equal((await send(open, "/")).body.error.message, "detailed");
  });

  it("leave an error that comes after them to the middleware", async () => {
    const { app } = createApp();
    app.notFound(notFound);
    app.use("/late/*", async (_, next) => {
      await next();
      fail();
    });
    app.get("/calls", async (c) => {
      await c.notFound();
      return fail();
    });
    for (const path of ["/late/missing", "/calls"]) {
      const { status, body } = await send(app, path);
      assert.deepEqual([status, body?.error.code], [500, "INTERNAL_ERROR"], path);
    }
  });

  it("keep 405 and the endpoint of the metrics", async () => {
    const { logger } = { logger: undefined };
    const app = new Hono();
    const { glamMiddleware } = await import("@glam/shared/api");
    app.use(glamMiddleware({ service: "catalog", methodNotAllowed: app, accessLog: false, logger }));
    app.notFound(notFound);
    app.get("/items/:id", (c) => success(c, 1));
    const { status, headers } = await send(app, "/items/7", { method: "DELETE" });
    assert.deepEqual([status, headers.get("allow")], [405, "GET, HEAD"]);
    const { text } = await send(app, "/metrics");
    assert.match(text, /method="DELETE",endpoint="unmatched",status="405"/);
  });
});

describe("the onError of an application that sets none", () => {
  it("leaves the console to glamMiddleware, which knows the application", async () => {
    const app = new Hono();
    const { entries, logger } = recordingLogger();
    app.use(glamMiddleware({ logger, app }));
    app.get("/", fail);
    app.get("/text", () => {
      throw new HTTPException(418, { message: "tea" });
    });
    assert.deepEqual((await send(app, "/missing")).status, 404);
    const written = await consoleDuring(async () => {
      const { status, body } = await read(await app.request("/"));
      assert.deepEqual([status, body.error.code, body.error.message.includes("secret")], [
        500,
        "INTERNAL_ERROR",
        false,
      ]);
    });
    assert.equal(written, "");
    assert.equal(entries.filter(({ fields }) => (fields.error as Error)?.message === "secret").length, 1);
    const { status, body } = await send(app, "/text");
    assert.deepEqual([status, body.error.message], [418, "tea"]);
  });

  it("stays where it is one of the application's own, set before or later", async () => {
    for (const isLater of [false, true]) {
      const app = new Hono();
      const setOnError = () => app.onError((_, c) => c.text("own", 503));
      if (!isLater) setOnError();
      app.use(glamMiddleware({ logger: recordingLogger().logger, app }));
      app.get("/", fail);
      if (isLater) setOnError();
      for (const _ of [1, 2]) assert.equal((await send(app, "/")).text, "own");
    }
  });

  it("is that of the application that mounts it", async () => {
    const sub = new Hono();
    sub.use(glamMiddleware({ logger: recordingLogger().logger, app: sub }));
    sub.get("/fails", fail);
    const outer = new Hono().route("/sub", sub);
    outer.onError((_, c) => c.text("outer", 503));
    for (const _ of [1, 2]) assert.equal((await send(outer, "/sub/fails")).text, "outer");
  });
});
