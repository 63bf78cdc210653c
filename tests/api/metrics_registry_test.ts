import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { success } from "@glam/shared/api";
import { createMetrics } from "@glam/shared/metrics";
import { Counter, Registry } from "prom-client";
import { createApp, send } from "./_support.ts";

const count = (service: string) =>
  `http_requests_total{service="${service}",method="GET",endpoint="/",status="200"} `;

function appOf(service: string, metrics: NonNullable<Parameters<typeof createApp>[0]>["metrics"]) {
  const { app } = createApp({ service, metrics });
  app.get("/", (c) => success(c, 1));
  return app;
}

describe("the metrics option", () => {
  it("shows the user's metrics of the registry it is given", async () => {
    const registry = new Registry();
    const app = appOf("catalog", { registry });
    const synced = new Counter({ name: "items_synced_total", help: "Items", registers: [registry] });
    synced.inc(3);
    await send(app, "/");
    const { text } = await send(app, "/metrics");
    assert.ok(text.includes("items_synced_total 3\n"));
    assert.ok(text.includes(`${count("catalog")}1\n`));
    assert.ok(
      (await registry.metrics()).includes(`${count("catalog")}1\n`),
      "in the registry's own text, too",
    );
    assert.match((await send(app, "/metrics")).headers.get("content-type")!, /^text\/plain/);
  });

  it("lets two applications share a registry, and adds up those of one name", async () => {
    const registry = new Registry();
    const apps = [
      appOf("catalog", { registry }),
      appOf("credits", { registry }),
      appOf("catalog", { registry }),
    ];
    for (const app of apps) await send(app, "/");
    for (const app of apps) {
      const { text } = await send(app, "/metrics");
      assert.ok(text.includes(`${count("catalog")}2\n`));
      assert.ok(text.includes(`${count("credits")}1\n`));
      assert.equal(text.split("# TYPE http_requests_total").length, 2, "one family");
    }
  });

  it("shares the registry with createMetrics", async () => {
    const registry = new Registry();
    const app = appOf("catalog", { registry });
    createMetrics({ service: "worker", registry }).http.observe("GET", "/", 200, 0.1, undefined);
    assert.ok((await send(app, "/metrics")).text.includes(`${count("worker")}1\n`));
  });

  it("gives applications without a registry one of their own", async () => {
    const apps = [
      appOf("catalog", undefined),
      appOf("catalog", {}),
      appOf("credits", { registry: undefined }),
    ];
    await send(apps[0]!, "/");
    const texts = await Promise.all(apps.map(async (app) => (await send(app, "/metrics")).text));
    assert.deepEqual(texts.map((text) => text.includes("http_requests_total{")), [true, false, false]);
  });

  it("refuses a registry with a metric of the same name", () => {
    const registry = new Registry();
    new Counter({ name: "http_requests_total", help: "own", registers: [registry] });
    assert.throws(() => appOf("catalog", { registry }), {
      name: "TypeError",
      message: /http_requests_total/,
    });
  });

  it("false has no endpoint and counts nothing", async () => {
    const app = appOf("catalog", false);
    assert.equal((await send(app, "/")).status, 200);
    assert.equal((await send(app, "/metrics")).status, 404);
    const own = appOf("catalog", false);
    own.get("/metrics", (c) => c.text("own"));
    assert.equal((await send(own, "/metrics")).text, "own");
  });

  it("takes another path, which is not counted, and frees /metrics", async () => {
    const app = appOf("catalog", { path: "/internal/metrics" });
    app.get("/metrics", (c) => c.text("own"));
    assert.equal((await send(app, "/metrics")).text, "own");
    const { text } = await send(app, "/internal/metrics");
    assert.ok(text.includes('endpoint="/metrics"'));
    assert.ok(!text.includes("/internal/metrics"));
  });

  it("takes other buckets", async () => {
    const app = appOf("catalog", { buckets: [0.1, 1, 60] });
    await send(app, "/");
    const { text } = await send(app, "/metrics");
    const bounds = [...text.matchAll(/_bucket\{.*le="([^"]+)"\} 1\n/g)].map((match) => match[1]);
    assert.deepEqual(bounds.slice(-4).map(String), ["0.1", "1.0", "60.0", "+Inf"]);
  });

  it("is answered in full to scrapes in both formats at the same time", async () => {
    const app = appOf("catalog", {});
    await send(app, "/");
    const accepts = [
      "text/plain",
      "application/openmetrics-text",
      "text/plain",
      "application/openmetrics-text",
    ];
    const answers = await Promise.all(
      accepts.map((accept) => send(app, "/metrics", { headers: { accept } })),
    );
    for (const [i, { headers, text }] of answers.entries()) {
      assert.ok(headers.get("content-type")!.startsWith(accepts[i]!));
      assert.equal(text.includes("# EOF"), accepts[i] !== "text/plain");
      assert.ok(text.includes('http_requests_total{service="catalog"'));
    }
  });

  it("escapes what a label may not hold", async () => {
    const { app } = createApp({ service: 'a "quoted" \\ name' });
    await send(app, "/missing");
    const { text } = await send(app, "/metrics");
    assert.ok(text.includes('service="a \\"quoted\\" \\\\ name"'));
  });
});
