import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { success } from "@glam/shared/api";
import { getContext, getRequestId } from "@glam/shared/context";
import { ConflictError, GlamError, isGlamError } from "@glam/shared/errors";
import { waitFor } from "../_support/wait_for.ts";
import { createApp, deferred, send } from "./_support.ts";

/** Rejections that nobody handles while `work` runs. */
async function unhandledDuring(work: () => Promise<unknown>): Promise<unknown[]> {
  const seen: unknown[] = [];
  const listener = (reason: unknown) => void seen.push(reason);
  process.on("unhandledRejection", listener);
  try {
    await work();
    for (let i = 0; i < 3; i++) await new Promise((resolve) => setTimeout(resolve, 0));
  } finally {
    process.off("unhandledRejection", listener);
  }
  return seen;
}

describe("a request over timeoutMs", () => {
  it("is a 504 envelope with every header", async () => {
    const { app, entries } = createApp({ timeoutMs: 10 });
    app.get("/items/:id", async (c) => {
      c.header("X-Frame-Options", "DENY");
      c.header("ETag", '"1"');
      await new Promise(() => {});
      return c.text("never");
    });
    const { status, headers, body } = await send(app, "/items/7", { headers: { "X-Request-ID": "r" } });
    assert.deepEqual([status, body.error.code], [504, "TIMEOUT"]);
    assert.equal(body.meta.request_id, "r");
    assert.deepEqual([headers.get("x-request-id"), headers.get("x-service-name")], ["r", "catalog"]);
    assert.deepEqual([headers.get("x-frame-options"), headers.get("etag")], ["DENY", null]);
    assert.deepEqual(entries.map(({ level }) => level), ["error", "info"]);
    assert.deepEqual([entries[1]?.fields.status, entries[1]?.fields.error_code], [504, "TIMEOUT"]);
    const { text } = await send(app, "/metrics");
    assert.ok(text.includes('method="GET",endpoint="/items/{id}",status="504"} 1\n'));
    assert.ok(text.includes('http_requests_in_progress{service="catalog"} 0\n'));
  });

  it("aborts the signal of c.var and of the context, with the error as its reason", async () => {
    const { app } = createApp({ timeoutMs: 10 });
    const seen = deferred<readonly [boolean, unknown, unknown]>();
    app.get("/", async (c) => {
      const { signal } = c.var;
      const before = signal!.aborted;
      await new Promise<void>((resolve) => signal!.addEventListener("abort", () => resolve()));
      seen.resolve([before, signal!.reason, getContext()?.signal?.reason]);
      throw signal!.reason;
    });
    assert.equal((await send(app, "/")).status, 504);
    const [before, reason, ofContext] = await seen.promise;
    assert.equal(before, false);
    assert.ok(isGlamError(reason));
    assert.deepEqual([reason.code, reason.status], ["TIMEOUT", 504]);
    assert.equal(ofContext, reason);
  });

  it("stops work that heeds the signal", async () => {
    const { app } = createApp({ timeoutMs: 10 });
    app.get("/", async (c) => {
      const { promise, reject } = deferred<never>();
      c.var.signal!.addEventListener("abort", () => reject(c.var.signal!.reason));
      return c.json(await promise);
    });
    const unhandled = await unhandledDuring(async () => assert.equal((await send(app, "/")).status, 504));
    assert.deepEqual(unhandled, []);
  });

  for (const withOther of [false, true]) {
    for (const [name, late] of [["an Error", new Error("late")], ["a string", "late"]] as const) {
      it(`logs ${name} thrown late${withOther ? " behind other middleware" : ""}, and leaves it unhandled nowhere`, async () => {
        const { app, entries } = createApp({ timeoutMs: 10 });
        const gate = deferred();
        let onErrors = 0;
        if (withOther) app.use((_, next) => next());
        app.onError((_, c) => {
          onErrors++;
          return c.text("own", 500);
        });
        app.get("/", async () => {
          await gate.promise;
          throw late;
        });
        const unhandled = await unhandledDuring(async () => {
          const { status, body } = await send(app, "/", { headers: { "X-Request-ID": "r" } });
          assert.deepEqual([status, body.error.code], [504, "TIMEOUT"]);
          const answered = entries.length;
          gate.resolve();
          await waitFor(() => entries.length > answered, "the late error is logged");
          assert.equal(entries.length, answered + 1);
          assert.equal(entries.at(-1)?.level, "warn");
          assert.equal(entries.at(-1)?.fields.error, late);
        });
        assert.deepEqual(unhandled, []);
        assert.ok(onErrors <= 1);
        const { text } = await send(app, "/metrics");
        assert.ok(text.includes('http_requests_in_progress{service="catalog"} 0\n'), "counted once");
      });
    }
  }

  it("with a logger that throws leaves nothing unhandled", async () => {
    const bad = () => {
      throw new Error("logger");
    };
    const logger = { debug: bad, info: bad, warn: bad, error: bad, critical: bad };
    const { app } = createApp({ timeoutMs: 10, logger });
    app.onError((_, c) => c.text("own", 500)); // Hono's own would write to the console
    const gate = deferred();
    app.get("/", async () => {
      await gate.promise;
      throw new Error("late");
    });
    const unhandled = await unhandledDuring(async () => {
      assert.equal((await send(app, "/")).status, 504);
      gate.resolve();
    });
    assert.deepEqual(unhandled, []);
  });

  it("ignores a late answer", async () => {
    const { app, entries } = createApp({ timeoutMs: 10 });
    const gate = deferred();
    const left = deferred();
    app.use(async (_, next) => {
      await next();
      left.resolve();
    });
    app.get("/", async (c) => {
      await gate.promise;
      return success(c, "late");
    });
    const response = await app.request("/");
    gate.resolve();
    await left.promise;
    assert.equal(response.status, 504);
    assert.match(await response.text(), /"TIMEOUT"/);
    assert.equal(entries.length, 2);
  });

  it("is in its context wherever it is when time is up", async () => {
    const { app } = createApp({
      timeoutMs: 10,
      errors: {
        map: (error) =>
          new GlamError(
            `${getRequestId()} ${isGlamError(error) ? error.code : ""}`,
            { status: 503, code: "MAPPED", expose: true },
          ),
      },
    });
    app.get("/", () => new Promise<Response>(() => {}));
    const { body } = await send(app, "/", { headers: { "X-Request-ID": "r" } });
    assert.deepEqual(body.error, { code: "MAPPED", message: "r TIMEOUT" });
  });
});

describe("a request within timeoutMs", () => {
  const { app } = createApp({ timeoutMs: 600_000 }); // a timer left over would keep the test run alive
  let signal: AbortSignal | undefined;
  app.get("/", (c) => {
    signal = c.var.signal;
    return success(c, getContext()?.signal === signal);
  });
  app.get("/conflict", () => {
    throw new ConflictError("taken");
  });
  app.get("/string", () => {
    throw "x";
  });
  app.get("/stream", () => new Response(new Blob(["streamed"]).stream()));

  it("is unaffected, and its signal never aborts", async () => {
    const { status, body } = await send(app, "/");
    assert.deepEqual([status, body.data, signal?.aborted], [200, true, false]);
    assert.equal((await send(app, "/conflict")).status, 409);
    assert.equal((await send(app, "/string")).body.error.code, "INTERNAL_ERROR");
    assert.equal((await send(app, "/missing")).body.error.code, "HTTP_404");
    assert.equal((await send(app, "/stream")).text, "streamed");
  });

  it("has no signal without the option", async () => {
    const { app } = createApp();
    app.get("/", (c) => success(c, [c.var.signal === undefined, getContext()?.signal === undefined]));
    assert.deepEqual((await send(app, "/")).body.data, [true, true]);
  });
});
