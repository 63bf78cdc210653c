import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GlamError, InfrastructureError, NotFoundError } from "@glam/shared/errors";
import { HTTPException } from "hono/http-exception";
import * as z from "zod";
import { type Answer, createApp, send } from "./_support.ts";

const INTERNAL = [500, "INTERNAL_ERROR", "An unexpected error occurred"] as const;

function throwingProxy(): object {
  const fail = () => {
    throw new Error("trap");
  };
  return new Proxy({}, { get: fail, has: fail, getPrototypeOf: fail, ownKeys: fail });
}

function withGetters(target: object): object {
  for (
    const name of ["name", "message", "code", "status", "res", "getResponse", "stack", "cause", "toString"]
  ) {
    Object.defineProperty(target, name, {
      get: () => {
        throw new Error("getter");
      },
    });
  }
  return target;
}

const zodError = z.object({ id: z.number() }).safeParse({ id: "x" }).error!;

const THROWN: readonly (readonly [string, unknown, number, string, string])[] = [
  ["an Error", new Error("secret"), ...INTERNAL],
  ["a TypeError", new TypeError("secret"), ...INTERNAL],
  ["a GlamError", new GlamError("Taken", { code: "TAKEN", status: 409 }), 409, "TAKEN", "Taken"],
  ["a NotFoundError", new NotFoundError("No item 7"), 404, "NOT_FOUND", "No item 7"],
  [
    "an InfrastructureError",
    new InfrastructureError("secret"),
    503,
    "INFRASTRUCTURE_ERROR",
    "Service Unavailable",
  ],
  ["an HTTPException", new HTTPException(403), 403, "HTTP_403", "Forbidden"],
  ["an HTTPException with a message", new HTTPException(403, { message: "No" }), 403, "HTTP_403", "No"],
  ["an HTTPException 404", new HTTPException(404, { message: "Gone" }), 404, "HTTP_404", "Gone"],
  [
    "an HTTPException over 499",
    new HTTPException(503, { message: "secret" }),
    503,
    "HTTP_503",
    "Service Unavailable",
  ],
  ["a ZodError", zodError, 422, "VALIDATION_ERROR", "Request validation failed"],
  ["a string", "secret", ...INTERNAL],
  ["an empty string", "", ...INTERNAL],
  ["a plain object", { message: "secret", status: 418 }, ...INTERNAL],
  ["an object without prototype", Object.create(null), ...INTERNAL],
  ["an array", ["secret"], ...INTERNAL],
  ["undefined", undefined, ...INTERNAL],
  ["null", null, ...INTERNAL],
  ["a number", 0, ...INTERNAL],
  ["false", false, ...INTERNAL],
  ["a bigint", 7n, ...INTERNAL],
  ["a symbol", Symbol("secret"), ...INTERNAL],
  ["a function", () => "secret", ...INTERNAL],
  ["an object with throwing getters", withGetters({}), ...INTERNAL],
  ["an Error with throwing getters", withGetters(new Error("secret")), ...INTERNAL],
  ["a proxy that throws", throwingProxy(), ...INTERNAL],
  ["a frozen GlamError", Object.freeze(new NotFoundError("No item 7")), 404, "NOT_FOUND", "No item 7"],
  ["a frozen Error", Object.freeze(new Error("secret")), ...INTERNAL],
];

function assertAnswer(answer: Answer, status: number, code: string, message: string) {
  assert.equal(answer.status, status);
  assert.equal(answer.headers.get("content-type"), "application/json");
  assert.deepEqual(Object.keys(answer.body), ["error", "meta"]);
  assert.equal(answer.body.error.code, code);
  assert.equal(answer.body.error.message, message);
  assert.deepEqual(Object.keys(answer.body.meta), ["request_id", "correlation_id", "timestamp"]);
  assert.match(answer.body.meta.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal(answer.body.meta.request_id, answer.headers.get("x-request-id"));
  if (code === "INTERNAL_ERROR") {
    assert.deepEqual(answer.body.error.details, { error_id: answer.body.meta.request_id });
  }
  assert.ok(!answer.text.includes("secret"));
}

describe("what a handler throws becomes the error envelope", () => {
  for (const [name, value, ...expected] of THROWN) {
    it(`${name}, thrown, rejected, or from middleware`, async () => {
      const { app, entries } = createApp();
      app.get("/sync", () => {
        throw value;
      });
      app.get("/async", async () => {
        await Promise.resolve();
        throw value;
      });
      app.use("/before/*", () => {
        throw value;
      });
      app.use("/after/*", async (_, next) => {
        await next();
        throw value;
      });
      app.get("/after/text", (c) => c.text("fine", 200, { ETag: '"1"' }));
      app.get("/after/nothing", (() => {}) as never);
      const paths = ["/sync", "/async", "/before/x", "/after/nothing"];
      // Bun gives the response of an HTTPException no Content-Type. Hono adds the one of the text before, and then it looks
      // like what an onError of the application would write.
      const isAmbiguous = "Bun" in globalThis && name.startsWith("an HTTPException");
      if (!isAmbiguous) paths.push("/after/text", "/after/missing");
      for (const path of paths) {
        entries.length = 0;
        assertAnswer(await send(app, path), ...expected);
        assert.equal(entries.at(-1)?.fields.error_code, expected[1]);
        assert.equal(
          entries.length,
          expected[0] >= 500 ? 2 : 1,
          "the access line, and one for a server error",
        );
      }
    });
  }

  it("a ZodError tells each field", async () => {
    const { app } = createApp();
    app.get("/", () => {
      throw zodError;
    });
    const [first, ...rest] = (await send(app, "/")).body.error.details.validation_errors;
    assert.deepEqual(Object.keys(first).sort(), ["field", "message", "type"]);
    assert.deepEqual([first.field, first.type, rest.length], ["id", "invalid_type", 0]);
  });

  it("details that JSON cannot write do not break the answer", async () => {
    const { app } = createApp();
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    app.get("/", () => {
      throw new GlamError("x", { status: 409, code: "X", details: { big: 7n, cycle, kept: 0 } });
    });
    const { status, body } = await send(app, "/");
    assert.equal(status, 409);
    assert.deepEqual(body.error.details, { big: "7", kept: 0 });
  });
});

describe("what else goes wrong becomes a 500", () => {
  const secret = () => {
    throw new Error("secret");
  };

  it("a handler that returns nothing, which the log explains", async () => {
    const { app, entries } = createApp();
    app.get("/items/:id", (() => {}) as never);
    assertAnswer(await send(app, "/items/7"), ...INTERNAL);
    assert.match(String((entries[0]?.fields.error as Error).message), /GET \/items\/7.*no response/);
  });

  it("a handler that returns nothing behind middleware that touches the response", async () => {
    const { app } = createApp();
    app.use(async (c, next) => {
      await next();
      c.res.headers.set("X-Frame-Options", "DENY");
    });
    app.get("/", (() => {}) as never);
    assertAnswer(await send(app, "/"), ...INTERNAL);
  });

  for (const [thrown, value] of [["an Error", new Error("secret")], ["a string", "secret"]] as const) {
    it(`${thrown} thrown by notFound, alone and with other middleware`, async () => {
      for (const withOther of [false, true]) {
        const { app, entries } = createApp();
        if (withOther) app.use((_, next) => next());
        app.notFound(() => {
          throw value;
        });
        assertAnswer(await send(app, "/missing"), ...INTERNAL);
        assert.equal(entries.filter(({ level }) => level === "error").length, 1);
      }
    });

    it(`${thrown} thrown by onError, with both errors in the log`, async () => {
      const { app, entries } = createApp();
      app.onError(() => {
        throw value;
      });
      app.get("/", () => {
        throw new Error("the first");
      });
      assertAnswer(await send(app, "/"), ...INTERNAL);
      const seen: unknown[] = [];
      for (const { fields } of entries) {
        for (const at of (fields.error as AggregateError | undefined)?.errors ?? []) {
          seen.push((at as Error).message ?? at);
        }
      }
      assert.ok(seen.includes("secret"), "what onError threw");
      assert.ok(seen.includes("the first"), "what onError was called for");
    });
  }

  it("next() called twice", async () => {
    const { app } = createApp();
    app.use(async (_, next) => {
      await next();
      await next();
    });
    app.get("/", (c) => c.text("x"));
    assertAnswer(await send(app, "/"), ...INTERNAL);
  });

  it("an error thrown in a sub-app and in its middleware", async () => {
    const { app } = createApp();
    const sub = createApp().app;
    sub.use("/guarded/*", secret);
    sub.get("/fails", secret);
    app.route("/sub", sub);
    assertAnswer(await send(app, "/sub/fails"), ...INTERNAL);
    assertAnswer(await send(app, "/sub/guarded/x"), ...INTERNAL);
  });

  it("data that JSON cannot write", async () => {
    const { app } = createApp();
    app.get("/", (c) => c.json({ big: 7n } as never));
    assertAnswer(await send(app, "/"), ...INTERNAL);
  });
});
