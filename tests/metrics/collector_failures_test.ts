import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createMetrics } from "@glam/shared/metrics";
import { Counter, Gauge, Registry } from "prom-client";

const FORMATS = ["text/plain", "application/openmetrics-text; version=1.0.0"];

function make() {
  const registry = new Registry();
  const metrics = createMetrics({ service: "catalog", registry });
  metrics.http.observe("GET", "/", 200, 0.01, undefined);
  new Counter({ name: "items_synced_total", help: "x", registers: [registry] }).inc(3);
  const gauge = (name: string, collect: (this: Gauge) => unknown) =>
    new Gauge({ name, help: "x", registers: [registry], collect: collect as () => void });
  return { registry, metrics, gauge };
}

function assertRest(body: string): void {
  assert.match(body, /^http_requests_total\{.*\} 1$/m);
  assert.match(body, /^items_synced_total 3$/m);
}

const failures = (body: string) =>
  body.split("\n").filter((line) => line.startsWith("metrics_collector_failures"));

describe("a collector", () => {
  for (const accept of FORMATS) {
    it(`that throws leaves out its own metric alone, and is counted: ${accept}`, async () => {
      const { metrics, gauge } = make();
      gauge("broken", () => {
        throw new Error("no answer");
      });
      gauge("rejects", () => Promise.reject(new Error("no answer")));
      for (const count of [1, 2]) {
        const { body } = await metrics.expose(accept);
        assertRest(body);
        assert.doesNotMatch(body, /^(# (HELP|TYPE) )?(broken|rejects)/m);
        assert.deepEqual(failures(body), [
          `metrics_collector_failures_total{metric="broken",reason="error"} ${count}`,
          `metrics_collector_failures_total{metric="rejects",reason="error"} ${count}`,
        ]);
      }
    });

    it(`that gives what cannot be written does as well: ${accept}`, async () => {
      const { metrics, registry } = make();
      registry.registerMetric(
        { name: "odd", help: "x", type: "gauge", get: () => ({ name: "odd", values: 7 }) } as never,
      );
      const { body } = await metrics.expose(accept);
      assertRest(body);
      assert.deepEqual(failures(body), ['metrics_collector_failures_total{metric="odd",reason="error"} 1']);
    });
  }

  it("that hangs leaves out its own metric alone, is counted, and is not started again until it has ended", async () => {
    const { metrics, gauge } = make();
    const answer = Promise.withResolvers<number>();
    let calls = 0;
    gauge("slow", async function () {
      calls++;
      this.set(await answer.promise);
    });
    for (const count of [1, 2]) {
      const { body } = await metrics.expose();
      assertRest(body);
      assert.deepEqual(failures(body), [
        `metrics_collector_failures_total{metric="slow",reason="timeout"} ${count}`,
      ]);
    }
    assert.equal(calls, 1);
    answer.resolve(7);
    const { body } = await metrics.expose();
    assert.match(body, /^slow 7$/m);
    assert.equal(failures(body).length, 1, "what failed before stays counted");
  });

  it("that works is no series of failures", async () => {
    const { metrics, gauge } = make();
    gauge("fine", function () {
      this.set(1);
    });
    const { body } = await metrics.expose();
    assert.match(body, /^fine 1$/m);
    assert.deepEqual(failures(body), []);
  });

  it("of the same name as the count of failures stays", async () => {
    const { metrics, registry, gauge } = make();
    new Counter({ name: "metrics_collector_failures_total", help: "x", registers: [registry] }).inc(5);
    gauge("broken", () => {
      throw new Error("no answer");
    });
    assert.deepEqual(failures((await metrics.expose()).body), ["metrics_collector_failures_total 5"]);
  });
});
