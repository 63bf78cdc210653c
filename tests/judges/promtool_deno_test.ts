// What Prometheus itself says of `GET /metrics`, and what it does not notice. Deno only: it starts a tool.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { glamMiddleware, type GlamOptions, success, validate } from "@glam/shared/api";
import { Hono } from "hono";
import { Counter, Gauge, Histogram, Registry, Summary } from "prom-client";
import * as z from "zod";
import { captureErrors } from "../robustness/_hostile_app.ts";
import { type ExpositionFormat, type Family, parseExposition } from "../_support/exposition.ts";
import { checkMetrics } from "../_support/promtool.ts";
import { serveApp } from "../_support/served_app.ts";

const OPEN_METRICS = "application/openmetrics-text; version=1.0.0";

function createApp(options: GlamOptions): Hono {
  const app = new Hono();
  app.use(glamMiddleware({ logger: captureErrors(), methodNotAllowed: app, ...options }));
  app.get("/items/:id{[0-9]+}", (c) => success(c, c.req.param("id")));
  app.post("/items", validate("json", z.object({ name: z.string() })), (c) => success(c, null));
  app.get('/odd"pa\\th/:name?', (c) => success(c, null));
  app.get("/broken", () => {
    throw "not even an error";
  });
  app.get("/slow", async (c) => {
    await new Promise((resolve) => setTimeout(resolve, 15));
    return success(c, null);
  });
  return app;
}

/** Requests of every kind, over a socket. */
async function sendTraffic(url: string): Promise<void> {
  const requests: [path: string, init?: RequestInit][] = [
    ["/items/1"],
    ["/items/2"],
    ["/items/2", { method: "HEAD" }],
    ["/items/2", { method: "DELETE" }],
    ["/items/2", { method: "BREW" }],
    ["/items", { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } }],
    ["/items", { method: "POST", body: '{"name":"a"}', headers: { "Content-Type": "application/json" } }],
    ["/odd%22pa%5Cth/x"],
    ["/broken"],
    ["/slow"],
    ["/nobody/has/this"],
    ["/health/ready"],
    ["/metrics", { method: "POST" }],
  ];
  for (const [path, init] of requests) await (await fetch(url + path, init)).arrayBuffer();
}

/** The metrics that `app` shows after real traffic, in both formats. */
async function scrape(app: Hono): Promise<{ readonly text: string; readonly openMetrics: string }> {
  await using server = await serveApp(app.fetch);
  await sendTraffic(server.url);
  const get = async (accept: string, contentType: RegExp) => {
    const response = await fetch(`${server.url}/metrics`, { headers: { Accept: accept } });
    assert.match(response.headers.get("content-type")!, contentType);
    return await response.text();
  };
  const text = await get("*/*", /^text\/plain; version=0\.0\.4; charset=utf-8$/);
  const openMetrics = await get(
    OPEN_METRICS,
    /^application\/openmetrics-text; version=1\.0\.0; charset=utf-8$/,
  );
  return { text, openMetrics };
}

function familyOf(families: readonly Family[], name: string): Family {
  const family = families.find((each) => each.name === name);
  assert.ok(family, `${name} is there`);
  return family;
}

/** The sum of a family's samples of one name. */
function total(family: Family, name: string): number {
  return family.samples.filter((sample) => sample.name === name).reduce((sum, { value }) => sum + value, 0);
}

describe("promtool check metrics", () => {
  it("finds nothing wrong after real traffic, process metrics included", async () => {
    const { text } = await scrape(createApp({ service: "catalog" }));
    assert.match(text, /^process_cpu_seconds_total /m);
    assert.equal(await checkMetrics(text), "");
  });

  it("finds nothing wrong where two applications share a registry", async () => {
    const registry = new Registry();
    const first = createApp({ service: "catalog", metrics: { registry } });
    await scrape(first);
    const { text } = await scrape(createApp({ service: "orders", metrics: { registry } }));
    assert.match(text, /service="catalog"/);
    assert.match(text, /service="orders"/);
    assert.equal(await checkMetrics(text), "");
  });

  it("does find what is wrong", async () => {
    assert.notEqual(await checkMetrics("# TYPE a counter\na 1\n"), "");
    assert.notEqual(await checkMetrics("nonsense"), "");
  });
});

describe("the metrics of a service", () => {
  /** Checks both formats by the letter. */
  async function parseBoth(app: Hono): Promise<Readonly<Record<ExpositionFormat, Family[]>>> {
    const { text, openMetrics } = await scrape(app);
    return {
      text: parseExposition(text, "text"),
      openmetrics: parseExposition(openMetrics, "openmetrics"),
    };
  }

  it("keep to the letter of both formats, process metrics included", async () => {
    const { text, openmetrics } = await parseBoth(createApp({ service: "catalog" }));
    familyOf(text, "process_cpu_seconds_total");
    familyOf(openmetrics, "process_cpu_seconds");
    assert.equal(total(familyOf(text, "http_requests_total"), "http_requests_total"), 12);
  });

  it("escape what a label may hold", async () => {
    const service = 'a "quoted" \\ service';
    for (const families of Object.values(await parseBoth(createApp({ service })))) {
      const { samples } = familyOf(families, "http_request_duration_seconds");
      assert.ok(samples.every(({ labels }) => labels.get("service") === service));
      assert.ok(samples.some(({ labels }) => labels.get("endpoint") === '/odd"pa\\th/{name}'));
      assert.ok(samples.some(({ labels }) => labels.get("method") === "_OTHER"));
    }
  });

  it("have exemplars with a trace id in OpenMetrics", async () => {
    const { openmetrics } = await parseBoth(createApp({ service: "catalog" }));
    const exemplars = familyOf(openmetrics, "http_request_duration_seconds").samples.flatMap(({ exemplar }) =>
      exemplar ?? []
    );
    assert.ok(exemplars.length > 0);
    for (const { labels, timestamp } of exemplars) {
      assert.deepEqual([...labels.keys()], ["trace_id"]);
      assert.match(labels.get("trace_id")!, /^[0-9a-f]{32}$/);
      assert.ok(
        timestamp !== undefined && timestamp > 1.7e9 && timestamp < 1e11,
        "seconds, not milliseconds",
      );
    }
  });

  it("of two applications of one service add up on a shared registry", async () => {
    const registry = new Registry();
    await scrape(createApp({ service: "catalog", metrics: { registry } }));
    const both = await parseBoth(createApp({ service: "catalog", metrics: { registry } }));
    assert.equal(total(familyOf(both.text, "http_requests_total"), "http_requests_total"), 24);
    assert.equal(total(familyOf(both.openmetrics, "http_requests"), "http_requests_total"), 24);
  });

  it("of two applications of one service with other buckets are refused, or keep to the letter", async () => {
    const registry = new Registry();
    const create = (buckets: number[]) => createApp({ service: "catalog", metrics: { registry, buckets } });
    await scrape(create([0.01, 1]));
    let second: Hono;
    try {
      second = create([0.001, 0.5, 5]);
    } catch (error) {
      assert.match((error as Error).message, /buckets/);
      return;
    }
    await parseBoth(second);
  });

  it("stand beside metrics of every other kind on the registry, its default labels included", async () => {
    const registry = new Registry();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never); // typed by the constructor's content type alone
    registry.setDefaultLabels({ region: "eu", zone: 'a"b' });
    const registers = [registry];
    new Counter({
      name: "jobs_total",
      help: "Jobs\nof a \\ kind",
      labelNames: ["kind"],
      registers,
      enableExemplars: true,
    })
      .inc({ labels: { kind: "a\nb" }, value: 2, exemplarLabels: { trace_id: "f".repeat(32) } } as never);
    new Gauge({ name: "level", help: "A level", labelNames: ["of"], registers }).set({ of: "x" }, -Infinity);
    new Summary({ name: "size_bytes", help: "Sizes", registers }).observe(7);
    new Histogram({
      name: "wait_seconds",
      help: "Waits",
      buckets: [0.5, 2.5],
      registers,
      enableExemplars: true,
    })
      .observe({ value: 1, exemplarLabels: { trace_id: "e".repeat(32) } } as never);
    const app = createApp({ service: "catalog", metrics: { registry } });
    for (const families of Object.values(await parseBoth(app))) {
      for (const { samples } of families) {
        assert.ok(
          samples.every(({ labels }) => labels.get("region") === "eu" && labels.get("zone") === 'a"b'),
        );
      }
      const names = families.map(({ name }) => name.replace(/_total$/, ""));
      const expected = ["jobs", "level", "size_bytes", "wait_seconds", "http_requests"];
      assert.deepEqual(expected.filter((name) => !names.includes(name)), []);
    }
  });

  it("come out the same twice, and while others scrape in the other format", async () => {
    const app = createApp({ service: "catalog" });
    const { text: before } = await scrape(app);
    const scrapes = await Promise.all(Array.from({ length: 20 }, async (_, i) => {
      const accept = i % 2 === 0 ? "text/plain" : OPEN_METRICS;
      const response = await app.request("/metrics", { headers: { Accept: accept } });
      return await response.text();
    }));
    const http = (families: readonly Family[]) =>
      families.filter(({ name }) => name.startsWith("http_")).flatMap(({ samples }) =>
        samples.map(({ name, labels, value }) => JSON.stringify([name, [...labels], value]))
      );
    const expected = http(parseExposition(before, "text"));
    scrapes.forEach((text, i) => {
      assert.deepEqual(http(parseExposition(text, i % 2 === 0 ? "text" : "openmetrics")), expected);
    });
  });
});
