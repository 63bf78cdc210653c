import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { glamMiddleware, type GlamOptions } from "@glam/shared/api";
import { getRequestId } from "@glam/shared/context";
import { NotFoundError } from "@glam/shared/errors";
import { Hono } from "hono";
import { recordingLogger, send } from "./_support.ts";

const broken = new Error("notFound failed");

/** An application whose `notFound` throws, behind one middleware or two. */
function make(thrown: unknown, options: GlamOptions & { readonly second?: boolean } = {}) {
  const { logger, entries } = recordingLogger();
  const { second = false, ...rest } = options;
  const app = new Hono();
  app.use(glamMiddleware({ service: "catalog", logger, ...rest }));
  if (second) app.use((_, next) => next());
  app.notFound(() => {
    throw thrown;
  });
  return { app, entries };
}

for (const second of [false, true]) {
  describe(`an error of notFound${second ? ", with another middleware" : ""}`, () => {
    it("is answered by the application's own onError", async () => {
      const { app, entries } = make(broken, { second });
      app.onError((error, c) => c.text(`own: ${error.message} in ${getRequestId()}`, 400, { "X-Own": "1" }));
      const answer = await send(app, "/missing", { headers: { "X-Request-ID": "req_1" } });
      assert.deepEqual([answer.status, answer.text], [400, "own: notFound failed in req_1"]);
      assert.equal(answer.headers.get("x-own"), "1");
      assert.equal(answer.headers.get("x-request-id"), "req_1");
      assert.equal(answer.headers.get("x-service-name"), "catalog");
      assert.deepEqual(entries.map(({ message, fields }) => [message, fields.status]), [[
        "Request completed",
        400,
      ]]);
      const { text } = await send(app, "/metrics");
      assert.match(
        text,
        /http_requests_total\{service="catalog",method="GET",endpoint="[^"]*",status="400"\} 1/,
      );
      assert.match(text, /http_requests_in_progress\{service="catalog"\} 0/);
    });

    it("is the envelope where the application has none", async () => {
      for (
        const [thrown, status, code] of [[broken, 500, "INTERNAL_ERROR"], [
          new NotFoundError("No page"),
          404,
          "NOT_FOUND",
        ]] as const
      ) {
        const { app } = make(thrown, { second });
        const { status: answered, body } = await send(app, "/missing");
        assert.deepEqual([answered, body?.error.code], [status, code]);
      }
    });

    it("is the envelope where it is no Error, which Hono gives to no onError", async () => {
      const { app } = make("text", { second });
      app.onError((_, c) => c.text("own", 400));
      assert.equal((await send(app, "/missing")).body?.error.code, "INTERNAL_ERROR");
    });

    it("is the envelope where onError fails as well, and the log has both errors", async () => {
      const { app, entries } = make(broken, { second });
      app.onError(() => {
        throw new Error("onError failed");
      });
      assert.equal((await send(app, "/missing")).body?.error.code, "INTERNAL_ERROR");
      const { error } = entries[0]!.fields;
      assert.ok(error instanceof AggregateError);
      assert.deepEqual(error.errors.map(({ message }: Error) => message), [
        "onError failed",
        "notFound failed",
      ]);
    });
  });
}

describe("what the middleware itself refuses", () => {
  it("is not for onError: its own endpoints, and the timeout", async () => {
    const { app } = make(broken, { timeoutMs: 5 });
    app.onError((_, c) => c.text("own", 400));
    app.notFound(() => new Promise(() => {}));
    assert.equal((await send(app, "/health/live", { method: "POST" })).status, 405);
    assert.equal((await send(app, "/missing")).body?.error.code, "TIMEOUT");
  });
});

it("a middleware that another function awaits answers by itself", async () => {
  const glam = glamMiddleware({ service: "catalog", logger: recordingLogger().logger });
  const app = new Hono();
  app.use(async (c, next) => await glam(c, next));
  app.notFound(() => {
    throw broken;
  });
  app.onError((_, c) => c.text("own", 400));
  assert.equal((await send(app, "/missing")).body?.error.code, "INTERNAL_ERROR");
  assert.match((await send(app, "/metrics")).text, /http_requests_in_progress\{service="catalog"\} 0/);
});
