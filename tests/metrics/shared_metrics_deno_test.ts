import assert from "node:assert/strict";
import { it } from "node:test";
import { Counter, Registry } from "prom-client";
import { histogramSamples, type SharedMetrics, showShared } from "../../metrics/shared_metrics.ts";

interface Recorder {
  readonly name: string;
  value: number;
}

const GROUP: SharedMetrics<Recorder> = {
  kind: "test",
  symbol: Symbol.for("@glam/shared.metrics.tests.v1"),
  metrics: [
    {
      name: "test_total",
      help: "Summed",
      type: "counter",
      samples: ({ name, value }) => [{ labels: { name }, value }],
    },
    {
      name: "test_seen",
      help: "Seen by all",
      type: "gauge",
      merge: "last",
      samples: ({ value }) => Promise.resolve([{ labels: {}, value }]),
    },
  ],
  reset: (recorder) => recorder.value = 0,
  assertFits(known, added) {
    if (known.name === added.name && known.value < 0) throw new RangeError("They do not fit");
  },
};

async function lines(registry: Registry): Promise<string[]> {
  return (await registry.metrics()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

it("recorders on one registry add up by their labels, or the last one counts, until they are hidden", async () => {
  const registry = new Registry();
  const [a, b, c] = [{ name: "x", value: 1 }, { name: "x", value: 2 }, { name: "y", value: 4 }];
  const hide = showShared(GROUP, registry, a);
  showShared(GROUP, registry, b);
  showShared({ ...GROUP }, registry, c); // of another copy of the package
  assert.deepEqual(await lines(registry), [
    'test_total{name="x"} 3',
    'test_total{name="y"} 4',
    "test_seen 4",
  ]);
  hide();
  a.value = 100;
  b.value = 3;
  assert.deepEqual(await lines(registry), [
    'test_total{name="x"} 3',
    'test_total{name="y"} 4',
    "test_seen 4",
  ]);
  registry.resetMetrics();
  assert.deepEqual([a.value, b.value, c.value], [100, 0, 0]);
});

it("a registry that has one of the names for itself is left as it was", () => {
  const registry = new Registry();
  new Counter({ name: "test_seen", help: "theirs", registers: [registry] });
  assert.throws(() => showShared(GROUP, registry, { name: "x", value: 1 }), {
    name: "TypeError",
    message: 'Cannot register test metrics: the registry has a "test_seen" of its own; ' +
      "remove it or pass another registry",
  });
  assert.equal(registry.getSingleMetric("test_total"), undefined);
});

it("a recorder that does not fit beside another is refused, and not shown", async () => {
  const registry = new Registry();
  showShared(GROUP, registry, { name: "x", value: -1 });
  assert.throws(() => showShared(GROUP, registry, { name: "x", value: 5 }), /They do not fit/);
  assert.deepEqual(await lines(registry), ['test_total{name="x"} -1', "test_seen -1"]);
});

it("the buckets of a histogram are written cumulative, with their exemplars", () => {
  const distribution = { bounds: [0.5, 1], counts: [2, 0, 1], sum: 7.5 };
  const exemplar = { labelSet: { trace_id: "t" }, value: 6, timestamp: 1 };
  const samples = [...histogramSamples("h", { a: "b" }, distribution, (i) => i === 2 ? exemplar : undefined)];
  assert.deepEqual(samples, [
    { metricName: "h_bucket", labels: { a: "b", le: "0.5" }, value: 2 },
    { metricName: "h_bucket", labels: { a: "b", le: "1.0" }, value: 2 },
    { metricName: "h_bucket", labels: { a: "b", le: "+Inf" }, value: 3, exemplar },
    { metricName: "h_sum", labels: { a: "b" }, value: 7.5 },
    { metricName: "h_count", labels: { a: "b" }, value: 3 },
  ]);
});
