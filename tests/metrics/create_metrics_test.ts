import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { glamMiddleware } from "@glam/shared/api";
import { createMetrics } from "@glam/shared/metrics";
import { Hono } from "hono";
import { Counter, Gauge, Registry } from "prom-client";

const TRACEPARENT = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
const OPEN_METRICS = "application/openmetrics-text; version=1.0.0";

/** The samples of the HTTP metrics, without the process metrics. */
function httpLines(body: string): string[] {
  return body.split("\n").filter((line) => /^(# (HELP|TYPE) )?http_/.test(line));
}

describe("createMetrics", () => {
  it("exposes the three HTTP metrics with the names, labels and help of the Python client", async () => {
    const metrics = createMetrics({ service: "catalog", buckets: [0.01, 1] });
    metrics.http.inProgress = 2;
    metrics.http.observe("GET", "/items/{id}", 200, 0.5, undefined);
    metrics.http.observe("GET", "/items/{id}", 404, 0.005, undefined);
    const { contentType, body } = await metrics.expose();
    assert.equal(contentType, "text/plain; version=0.0.4; charset=utf-8");
    assert.deepEqual(httpLines(body), [
      "# HELP http_requests_total Total HTTP requests",
      "# TYPE http_requests_total counter",
      'http_requests_total{service="catalog",method="GET",endpoint="/items/{id}",status="200"} 1',
      'http_requests_total{service="catalog",method="GET",endpoint="/items/{id}",status="404"} 1',
      "# HELP http_request_duration_seconds HTTP request duration in seconds",
      "# TYPE http_request_duration_seconds histogram",
      'http_request_duration_seconds_bucket{service="catalog",method="GET",endpoint="/items/{id}",le="0.01"} 1',
      'http_request_duration_seconds_bucket{service="catalog",method="GET",endpoint="/items/{id}",le="1.0"} 2',
      'http_request_duration_seconds_bucket{service="catalog",method="GET",endpoint="/items/{id}",le="+Inf"} 2',
      'http_request_duration_seconds_sum{service="catalog",method="GET",endpoint="/items/{id}"} 0.505',
      'http_request_duration_seconds_count{service="catalog",method="GET",endpoint="/items/{id}"} 2',
      "# HELP http_requests_in_progress HTTP requests in progress",
      "# TYPE http_requests_in_progress gauge",
      'http_requests_in_progress{service="catalog"} 2',
      "# HELP http_caller_deadlines_total Requests that took longer than their callers waited",
      "# TYPE http_caller_deadlines_total counter",
      'http_caller_deadlines_total{service="catalog"} 0',
    ]);
  });

  it("has the buckets of the Python client unless told otherwise", async () => {
    const metrics = createMetrics({ service: "s" });
    metrics.http.observe("GET", "/", 200, 11, undefined);
    const { body } = await metrics.expose();
    assert.deepEqual(
      [...body.matchAll(/_bucket\{service="s".*le="([^"]+)"\} (\d)/g)].map(([, le, count]) =>
        `${le} ${count}`
      ),
      [
        "0.005",
        "0.01",
        "0.025",
        "0.05",
        "0.075",
        "0.1",
        "0.25",
        "0.5",
        "0.75",
        "1.0",
        "2.5",
        "5.0",
        "7.5",
        "10.0",
      ]
        .map((le) => `${le} 0`).concat("+Inf 1"),
    );
  });

  it("puts an observation that equals a bound into that bound's bucket", async () => {
    const metrics = createMetrics({ service: "s", buckets: [0.1, 0.2] });
    metrics.http.observe("GET", "/", 200, 0.1, undefined);
    assert.match((await metrics.expose()).body, /le="0\.1"\} 1\n/);
  });

  it("counts a method that is none of HTTP's as _OTHER", async () => {
    const metrics = createMetrics({ service: "s" });
    for (const method of ["BREW", "get", "PATCH"]) metrics.http.observe(method, "/", 200, 0, undefined);
    const { body } = await metrics.expose();
    assert.match(body, /http_requests_total\{service="s",method="_OTHER",endpoint="\/",status="200"\} 2/);
    assert.match(body, /http_requests_total\{service="s",method="PATCH",endpoint="\/",status="200"\} 1/);
  });

  it("writes OpenMetrics with the trace of each bucket's last observation where Accept asks for it", async () => {
    const metrics = createMetrics({ service: "s", buckets: [1] });
    metrics.http.observe("GET", "/", 200, 0.25, { traceparent: TRACEPARENT });
    const { contentType, body } = await metrics.expose(`${OPEN_METRICS};q=0.6,text/plain;q=0.3,*/*;q=0.2`);
    assert.equal(contentType, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert.match(body, /le="1\.0"\} 1 # \{trace_id="a{32}"\} 0\.25 \d+(\.\d+)?\n/);
    assert.match(body, /# TYPE http_requests counter\nhttp_requests_total\{/);
    assert.ok(body.endsWith("# EOF\n"));
  });

  for (
    const accept of ["", "*/*", "text/plain", `text/plain;q=0.9,${OPEN_METRICS};q=0.5`, `${OPEN_METRICS};q=0`]
  ) {
    it(`writes the text format for Accept: ${accept || "nothing"}`, async () => {
      const { contentType, body } = await createMetrics({ service: "s" }).expose(accept);
      assert.match(contentType, /^text\/plain; version=0\.0\.4/);
      assert.doesNotMatch(body, /# EOF/);
    });
  }

  it("answers scrapes in both formats at the same time", async () => {
    const metrics = createMetrics({ service: "s" });
    metrics.http.observe("GET", "/", 200, 0, undefined);
    const bodies = await Promise.all(
      Array.from({ length: 20 }, (_, i) => metrics.expose(i % 2 === 0 ? OPEN_METRICS : "text/plain")),
    );
    bodies.forEach(({ body }, i) => {
      assert.equal(body.endsWith("# EOF\n"), i % 2 === 0);
      assert.equal(body.includes("# TYPE http_requests_total counter"), i % 2 === 1);
    });
  });
});

describe("the registry of the metrics", () => {
  it("takes metrics of the application's, beside the process metrics", async () => {
    const metrics = createMetrics({ service: "s" });
    const synced = new Counter({
      name: "synced_total",
      help: "Synced",
      registers: [await metrics.registry()],
    });
    synced.inc(3);
    const { body } = await metrics.expose();
    assert.match(body, /^synced_total 3$/m);
    assert.match(body, /^process_cpu_seconds_total /m);
    assert.match(body, /^# TYPE http_requests_total counter$/m);
  });

  it("shows them at the scrape of a middleware that is given it", async () => {
    const metrics = createMetrics({ service: "s" });
    const registry = await metrics.registry();
    new Gauge({ name: "queue_depth", help: "Depth", registers: [registry] }).set(7);
    const app = new Hono();
    app.use(glamMiddleware({ service: "s", accessLog: false, metrics: { registry } }));
    app.get("/", (c) => c.text("x"));
    await app.request("/");
    const text = await (await app.request("/metrics")).text();
    assert.match(text, /^queue_depth 7$/m);
    assert.match(text, /^process_cpu_seconds_total /m);
    assert.match(text, /^http_requests_total\{service="s",method="GET",endpoint="\/",status="200"\} 1$/m);
  });
});

describe("a registry of the application's", () => {
  it("holds the HTTP metrics beside its own, in either format, with its default labels", async () => {
    const registry = new Registry();
    registry.setDefaultLabels({ region: "eu" });
    new Counter({ name: "items_total", help: "Items", registers: [registry] }).inc(3);
    const metrics = createMetrics({ service: "s", registry });
    metrics.http.observe("GET", "/", 200, 0, undefined);
    assert.equal(await metrics.registry(), registry);
    const { body } = await metrics.expose();
    assert.match(body, /items_total\{region="eu"\} 3/);
    assert.match(
      body,
      /http_requests_total\{service="s",method="GET",endpoint="\/",status="200",region="eu"\} 1/,
    );
    const open = (await metrics.expose(OPEN_METRICS)).body;
    assert.match(open, /# TYPE items counter\nitems_total\{region="eu"\} 3/);
    assert.match(await registry.metrics(), /http_requests_total/, "and the registry is as it was");
    assert.doesNotMatch(body, /process_cpu/, "process metrics are the application's to add");
  });

  it("adds up two middlewares of one name, and keeps two names apart", async () => {
    const registry = new Registry();
    const services = ["a", "a", "b"].map((service) => createMetrics({ service, registry }));
    for (const { http } of services) http.observe("GET", "/", 200, 0.25, undefined);
    const { body } = await services[0]!.expose();
    assert.match(body, /http_requests_total\{service="a",[^}]*\} 2/);
    assert.match(body, /http_requests_total\{service="b",[^}]*\} 1/);
    assert.equal(body.match(/# TYPE http_requests_total/g)?.length, 1);
    assert.match(body, /http_request_duration_seconds_sum\{service="a",[^}]*\} 0\.5/);
  });

  it("is refused when it has a metric of the same name that is not this package's", () => {
    const registry = new Registry();
    new Gauge({ name: "http_requests_total", help: "?", registers: [registry] });
    assert.throws(() => createMetrics({ service: "s", registry }), {
      name: "TypeError",
      message:
        'Cannot register HTTP metrics: the registry has a "http_requests_total" of its own; remove it or pass another registry',
    });
  });

  it("can reset its metrics", async () => {
    const registry = new Registry();
    const { http } = createMetrics({ service: "s", registry });
    http.observe("GET", "/", 200, 0, undefined);
    registry.resetMetrics();
    assert.doesNotMatch(await registry.metrics(), /status="200"/);
  });
});

describe("metrics without a registry", () => {
  it("have a registry of their own each, with process metrics", async () => {
    const [a, b] = [createMetrics({ service: "a" }), createMetrics({ service: "b" })];
    assert.notEqual(await a.registry(), await b.registry());
    const { body } = await a.expose();
    assert.match(body, /^process_start_time_seconds \d/m);
    assert.doesNotMatch(body, /service="b"/);
  });
});

describe("buckets", () => {
  for (const buckets of [[], [1, 1], [2, 1], [NaN], [1, Infinity]]) {
    it(`are refused when they are [${buckets}]`, () => {
      assert.throws(() => createMetrics({ service: "s", buckets }), {
        name: "RangeError",
        message: `Expected \`buckets\` to be ascending finite numbers, got [${buckets.join(", ")}]`,
      });
    });
  }
});
