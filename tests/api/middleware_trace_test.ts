import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { success } from "@glam/shared/api";
import { getContext, parseTraceparent, propagationHeaders } from "@glam/shared/context";
import { serveApp } from "../_support/served_app.ts";
import { createApp, send } from "./_support.ts";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const CALLER = `00-${TRACE_ID}-b7ad6b7169203331-01`;

describe("the trace of a request", () => {
  it("is the caller's, with a parent id of this hop", async () => {
    const { app } = createApp();
    app.get("/", (c) => success(c, getContext()));
    const headers = { traceparent: CALLER, tracestate: "vendor=1,other=2", baggage: "tier=gold" };
    const { traceparent, tracestate, baggage } = (await send(app, "/", { headers })).body.data;
    const parsed = parseTraceparent(traceparent)!;
    assert.equal(parsed.traceId, TRACE_ID);
    assert.notEqual(parsed.parentId, "b7ad6b7169203331");
    assert.equal(parsed.flags, 1);
    assert.equal(tracestate, "vendor=1,other=2");
    assert.equal(baggage, "tier=gold");
  });

  for (
    const bad of [
      CALLER.toUpperCase(),
      `ff${CALLER.slice(2)}`,
      `00-${"0".repeat(32)}-b7ad6b7169203331-01`,
      "x",
    ]
  ) {
    it(`is a new one, without the caller's tracestate, when traceparent is ${bad.slice(0, 20)}`, async () => {
      const { app } = createApp();
      app.get("/", (c) => success(c, getContext()));
      const { body } = await send(app, "/", { headers: { traceparent: bad, tracestate: "vendor=1" } });
      const parsed = parseTraceparent(body.data.traceparent)!;
      assert.notEqual(parsed.traceId, TRACE_ID);
      assert.equal(body.data.tracestate, undefined);
    });
  }

  for (
    const [what, headers, expected] of [
      ["all of it", { traceparent: CALLER, tracestate: "vendor=1", baggage: "tier=gold" }, {
        traceId: TRACE_ID,
        tracestate: "vendor=1",
        baggage: "tier=gold",
      }],
      ["baggage alone", { baggage: "tier=gold" }, { tracestate: undefined, baggage: "tier=gold" }],
      ["tracestate without its traceparent", { tracestate: "vendor=1" }, {
        tracestate: undefined,
        baggage: undefined,
      }],
    ] as const
  ) {
    it(`is there for what goes on after the answer: ${what}`, async () => {
      const { app } = createApp({ metrics: false }); // an exemplar would have read it by then
      const answered = Promise.withResolvers<void>();
      let late: Promise<ReturnType<typeof getContext>> | undefined;
      app.get("/", (c) => {
        late = answered.promise.then(() => getContext());
        return success(c, null);
      });
      await using server = await serveApp(app.fetch as never);
      const response = await fetch(`http://127.0.0.1:${server.port}/`, { headers });
      await response.body?.cancel();
      answered.resolve();
      const { traceparent, tracestate, baggage } = (await late)!;
      const { traceId } = parseTraceparent(traceparent!)!;
      assert.deepEqual({ ...("traceId" in expected && { traceId }), tracestate, baggage }, expected);
    });
  }

  it("goes on with the ids in the headers of outgoing requests", async () => {
    const { app } = createApp();
    app.get("/", (c) => success(c, Object.fromEntries(new Headers(propagationHeaders() as HeadersInit))));
    const { headers, body } = await send(app, "/", { headers: { traceparent: CALLER } });
    assert.equal(body.data["x-request-id"], headers.get("x-request-id"));
    assert.equal(body.data["x-correlation-id"], headers.get("x-correlation-id"));
    assert.equal(parseTraceparent(body.data.traceparent)?.traceId, TRACE_ID);
  });
});

describe("exposeTrace", () => {
  const { app } = createApp({ exposeTrace: true });
  app.get("/", (c) => success(c, getContext()?.traceparent));
  app.get("/immutable", () => Response.redirect("http://localhost/"));
  app.get("/error", () => {
    throw new Error("x");
  });

  it("puts the context's traceparent on the response", async () => {
    const { headers, body } = await send(app, "/");
    assert.notEqual(parseTraceparent(headers.get("traceparent")!), undefined);
    assert.equal(headers.get("traceparent"), body.data);
  });

  for (
    const path of ["/", "/immutable", "/error", "/missing", "/metrics", "/api/v1/health", "/health/live"]
  ) {
    it(`puts the caller's trace on ${path}`, async () => {
      const { headers } = await send(app, path, { headers: { traceparent: CALLER } });
      assert.equal(parseTraceparent(headers.get("traceparent")!)?.traceId, TRACE_ID);
    });
  }
});
