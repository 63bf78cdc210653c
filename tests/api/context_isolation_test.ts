import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { success } from "@glam/shared/api";
import { getContext, getCorrelationId, getRequestId, setContext } from "@glam/shared/context";
import { streamText } from "hono/streaming";
import { byExtent } from "../_support/extent.ts";
import { createApp, jsonLogger, read } from "./_support.ts";

const pause = (i: number) => new Promise<void>((resolve) => setTimeout(resolve, i % 5));

const REQUESTS = byExtent({ whole: 1000, short: 200 });

describe(`${REQUESTS} requests at the same time`, () => {
  it("never see each other's context across awaits, timers, microtasks, events and streams", async () => {
    const { logger, lines } = jsonLogger();
    const { app } = createApp({ logger, timeoutMs: 600_000 });
    const seen = (id: string) => {
      const context = getContext();
      assert.equal(context?.requestId, id);
      assert.equal(context?.merchantId, `m-${id}`);
      assert.equal(getCorrelationId(), `c-${id}`);
    };
    app.use(async (c, next) => {
      await pause(c.var.requestId.length);
      assert.equal(getContext()?.merchantId, undefined, "nothing of an earlier request");
      setContext({ merchantId: `m-${c.var.requestId}` });
      await next();
      seen(c.var.requestId);
    });
    app.get("/value/:i", async (c) => {
      const id = c.var.requestId;
      const i = Number(c.req.param("i"));
      for (let round = 0; round < 4; round++) {
        await pause(i + round);
        seen(id);
        await Promise.all([
          pause(i).then(() => seen(id)),
          new Promise<void>((done) =>
            queueMicrotask(() => {
              seen(id);
              done();
            })
          ),
        ]);
        const target = new EventTarget();
        target.addEventListener("x", () => seen(id));
        target.dispatchEvent(new Event("x"));
      }
      logger.info("handled", { expected: id });
      return success(c, getRequestId());
    });
    app.get("/stream/:i", (c) => {
      const id = c.var.requestId;
      return streamText(c, async (stream) => {
        for (let round = 0; round < 3; round++) {
          await pause(Number(c.req.param("i")) + round);
          seen(id);
          await stream.write(`${getRequestId()} `);
        }
      });
    });
    app.get("/error/:i", async (c) => {
      await pause(Number(c.req.param("i")));
      throw new Error(c.var.requestId);
    });
    const { error } = console;
    console.error = () => {};
    try {
      await Promise.all(Array.from({ length: REQUESTS }, async (_, i) => {
        const kind = ["value", "stream", "error", "missing"][i % 4]!;
        const id = `req-${i}`;
        const headers = { "X-Request-ID": id, "X-Correlation-ID": `c-${id}` };
        const answer = await read(await app.request(`/${kind}/${i}`, { headers }));
        assert.equal(answer.headers.get("x-request-id"), id);
        assert.equal(answer.headers.get("x-correlation-id"), `c-${id}`);
        if (kind === "stream") assert.equal(answer.text, `${id} `.repeat(3));
        else assert.equal(answer.body.meta.request_id, id);
        if (kind === "value") assert.equal(answer.body.data, id);
        if (kind === "error") assert.equal(answer.body.error.details.error_id, id);
      }));
    } finally {
      console.error = error;
    }
    assert.equal(getContext(), undefined);
    assert.equal(lines.filter(({ message }) => message === "Request completed").length, REQUESTS);
    for (const { request_id, correlation_id, merchant_id, path, expected, exception } of lines) {
      if (path !== undefined) assert.equal(request_id, `req-${path.split("/")[2]}`);
      if (expected !== undefined) assert.equal(request_id, expected);
      if (exception !== undefined) assert.ok(exception.startsWith(`Error: ${request_id}\n`));
      assert.equal(correlation_id, `c-${request_id}`);
      assert.equal(merchant_id, `m-${request_id}`);
    }
  });

  it("do not leak into what comes after them", async () => {
    const { app } = createApp();
    app.get("/", (c) => {
      setContext({ userId: "u" });
      return success(c, 1);
    });
    await app.request("/");
    assert.equal(getContext(), undefined);
    const { app: other } = createApp();
    other.get("/", (c) => success(c, getContext()?.userId ?? null));
    await app.request("/");
    assert.equal((await read(await other.request("/"))).body.data, null);
    await assert.rejects(async () => await Promise.resolve(setContext({ userId: "x" })), TypeError);
  });
});
