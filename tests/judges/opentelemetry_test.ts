// The real OpenTelemetry SDK: where there is an active span, the trace is its own and not ours.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { glamMiddleware, success } from "@glam/shared/api";
import { getContext, propagationHeaders, runWithContext } from "@glam/shared/context";
import {
  context,
  createTraceState,
  propagation,
  type Span,
  type SpanContext,
  trace,
  TraceFlags,
} from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AlwaysOffSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { Hono } from "hono";

const TRACE = "12345678901234567890123456789012";
const PARENT = "1234567890123456";
const CALLER = { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: "caller=1", baggage: "user=7" };

/** What a handler sees of the trace. */
interface Seen {
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  readonly baggage: string | undefined;
  readonly calls: { readonly [name: string]: string }[];
}

function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-0${traceFlags}`;
}

function headers(trusted: boolean): { readonly [name: string]: string } {
  return Object.fromEntries(propagationHeaders({}, { trusted }));
}

function seen(): Seen {
  const { traceparent, tracestate, baggage } = getContext() ?? {};
  return { traceparent, tracestate, baggage, calls: [headers(true), headers(false)] };
}

describe("an active OpenTelemetry span", () => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const tracer = provider.getTracer("test");

  before(() => {
    assert.ok(context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
  });
  after(async () => {
    context.disable();
    propagation.disable();
    await provider.shutdown();
  });

  /** An application that starts a server span for each request, as the instrumentation of a server does. */
  function createApp(startSpan: () => Span, handle: () => unknown): Hono {
    const app = new Hono();
    app.use(async (_, next) => {
      const span = startSpan();
      await context.with(trace.setSpan(context.active(), span), next);
      span.end();
    });
    app.use(glamMiddleware({ service: "traced", accessLog: false, exposeTrace: true }));
    app.get("/", async (c) => {
      await new Promise((resolve) => setTimeout(resolve, 0));
      return success(c, await handle());
    });
    return app;
  }

  it("is the trace of the request's context, of its answer and of its calls, and not the caller's", async () => {
    let span!: Span;
    const app = createApp(() => span = tracer.startSpan("GET /"), seen);
    const response = await app.request("/", { headers: CALLER });
    const expected = traceparentOf(span.spanContext());
    const { data } = await response.json() as { data: Seen };
    assert.ok(!expected.includes(TRACE));
    assert.equal(response.headers.get("traceparent"), expected);
    assert.equal(data.traceparent, expected);
    assert.equal(data.tracestate, undefined, "the caller's tracestate belongs to the caller's trace");
    assert.equal(data.baggage, "user=7", "baggage belongs to no trace");
    const [toPeer, toStranger] = data.calls;
    assert.equal(toPeer!["traceparent"], expected);
    assert.equal(toPeer!["tracestate"], undefined);
    assert.equal(toPeer!["baggage"], "user=7");
    assert.equal(toStranger!["traceparent"], expected);
  });

  it("that a handler started is the parent of the handler's calls, and of no others", async () => {
    let server!: Span, child!: Span;
    const app = createApp(() => server = tracer.startSpan("GET /"), async () => {
      const inside = await tracer.startActiveSpan("call", async (span) => {
        child = span;
        await Promise.resolve();
        const result = headers(true);
        span.end();
        return result;
      });
      return [inside, headers(true)];
    });
    const response = await app.request("/");
    const { data: [inside, outside] } = await response.json();
    assert.equal(inside.traceparent, traceparentOf(child.spanContext()));
    assert.equal(outside.traceparent, traceparentOf(server.spanContext()));
    assert.notEqual(inside.traceparent, outside.traceparent);
  });

  it("that goes on with the caller's trace keeps its id, and has its own tracestate", async () => {
    const remote = trace.setSpanContext(context.active(), {
      traceId: TRACE,
      spanId: PARENT,
      traceFlags: TraceFlags.SAMPLED,
      isRemote: true,
      traceState: createTraceState("caller=1").set("ours", "2"),
    });
    let span!: Span;
    const app = createApp(() => span = tracer.startSpan("GET /", {}, remote), seen);
    const response = await app.request("/", { headers: CALLER });
    const { data } = await response.json() as { data: Seen };
    assert.equal(span.spanContext().traceId, TRACE);
    assert.notEqual(span.spanContext().spanId, PARENT);
    assert.equal(data.traceparent, traceparentOf(span.spanContext()));
    assert.equal(data.tracestate, "ours=2,caller=1");
    assert.equal(data.calls[0]!["tracestate"], "ours=2,caller=1");
    assert.equal(data.calls[1]!["tracestate"], undefined, "a stranger gets no tracestate");
  });

  it("that is not sampled is the trace all the same, with flags that say so", async () => {
    const quiet = new BasicTracerProvider({ sampler: new AlwaysOffSampler() }).getTracer("quiet");
    let span!: Span;
    const app = createApp(() => span = quiet.startSpan("GET /"), seen);
    const response = await app.request("/", { headers: CALLER });
    const { data } = await response.json() as { data: Seen };
    assert.equal(data.traceparent, `00-${span.spanContext().traceId}-${span.spanContext().spanId}-00`);
  });

  it("without a valid id is none: the caller's trace goes on", async () => {
    const app = createApp(
      () => trace.wrapSpanContext({ traceId: "0".repeat(32), spanId: "0".repeat(16), traceFlags: 0 }),
      seen,
    );
    const response = await app.request("/", { headers: CALLER });
    const { data } = await response.json() as { data: Seen };
    assert.ok(data.traceparent?.startsWith(`00-${TRACE}-`));
    assert.equal(data.tracestate, "caller=1");
  });

  it("wins in a background job, and in headers a header that is there wins over it", () => {
    tracer.startActiveSpan("job", (span) => {
      runWithContext({ service: "job" }, () => {
        assert.equal(headers(false)["traceparent"], traceparentOf(span.spanContext()));
        const kept = propagationHeaders({ traceparent: CALLER.traceparent, tracestate: "mine=1" }, {
          trusted: true,
        });
        assert.equal(kept.get("traceparent"), CALLER.traceparent);
        assert.equal(kept.get("tracestate"), "mine=1");
      });
      span.end();
    });
  });

  it("is in the exemplar of the request's duration", async () => {
    let span!: Span;
    const app = createApp(() => span = tracer.startSpan("GET /"), () => null);
    await (await app.request("/")).text();
    const { traceId } = span.spanContext();
    const scrape = await app.request("/metrics", { headers: { Accept: "application/openmetrics-text" } });
    assert.ok((await scrape.text()).includes(`trace_id="${traceId}"`));
  });

  it("of one request is not seen by another that runs beside it", async () => {
    const spans: Span[] = [];
    const app = createApp(() => {
      const span = tracer.startSpan("GET /");
      spans.push(span);
      return span;
    }, seen);
    const answers = await Promise.all(Array.from({ length: 50 }, () => app.request("/")));
    const traces = await Promise.all(
      answers.map(async (answer) => (await answer.json()).data.calls[0].traceparent),
    );
    assert.deepEqual(traces.sort(), spans.map((span) => traceparentOf(span.spanContext())).sort());
    assert.ok(exporter.getFinishedSpans().length >= spans.length);
  });

  it("is looked for only while there is one: without it our own trace goes on", async () => {
    const app = new Hono();
    app.use(glamMiddleware({ service: "traced", accessLog: false }));
    app.get("/", (c) => success(c, seen()));
    const { data } = await (await app.request("/", { headers: CALLER })).json() as { data: Seen };
    const [, traceId, ours] = data.traceparent!.split("-");
    const [, sameId, next] = data.calls[0]!["traceparent"]!.split("-");
    assert.equal(traceId, TRACE);
    assert.equal(sameId, TRACE);
    assert.equal(new Set([PARENT, ours, next]).size, 3, "each hop has a parent id of its own");
    assert.equal(data.calls[0]!["tracestate"], "caller=1");
  });
});
