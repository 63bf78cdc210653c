import { DeadlineExceeded, withDeadline } from "../internal/clock.ts";
import type { PrometheusRegistry } from "./registry.ts";

/** A metric of a registry, as prom-client's classes have it. */
export interface Metric {
  readonly name: string;
  readonly type?: unknown;
  get(): Promise<object> | object;
  getForPromString?(): Promise<object> | object;
}

/** The numbers of a metric. */
export interface Collected {
  readonly metric: Metric;
  readonly values: object;
}

/** The metric that counts the collectors that failed. */
export const FAILURES = "metrics_collector_failures_total";

/** Milliseconds that the collectors of a scrape have, side by side: well below the 10 s after which Prometheus gives up. */
const COLLECT_MS = 3000;

const failuresOf = new WeakMap<PrometheusRegistry, Map<string, Failure>>();
const running = new WeakMap<Metric, Promise<object>>();

interface Failure {
  readonly metric: string;
  readonly reason: "error" | "timeout";
  count: number;
}

/**
 * Collects the metrics of a registry. A metric whose collector throws or takes too long is left out and counted; the others
 * are there.
 */
export async function collect(registry: PrometheusRegistry): Promise<Collected[]> {
  const metrics = registry.getMetricsAsArray() as readonly Metric[];
  const collected = await Promise.all(metrics.map(async (metric) => {
    try {
      return {
        metric,
        values: await withDeadline(join(metric), COLLECT_MS, `It took over ${COLLECT_MS} ms`),
      };
    } catch (error) {
      countFailure(registry, metric, error instanceof DeadlineExceeded ? "timeout" : "error");
      return undefined;
    }
  }));
  return collected.filter((each) => each !== undefined);
}

/** Runs a collector; one that hangs is not started again: scrapes must not pile up on what it waits for. */
function join(metric: Metric): Promise<object> {
  let values = running.get(metric);
  if (values === undefined) {
    values = call(metric).finally(() => running.delete(metric));
    running.set(metric, values);
  }
  return values;
}

async function call(metric: Metric): Promise<object> {
  return await (metric.getForPromString?.() ?? metric.get());
}

/** Counts a metric that could not be collected or written. */
export function countFailure(
  registry: PrometheusRegistry,
  { name }: Metric,
  reason: Failure["reason"],
): void {
  let failures = failuresOf.get(registry);
  if (failures === undefined) failuresOf.set(registry, failures = new Map());
  const key = `${reason} ${name}`;
  const failure = failures.get(key);
  if (failure === undefined) failures.set(key, { metric: name, reason, count: 1 });
  else failure.count++;
}

/** The metric that says which collectors failed, how, and how often; `undefined` where none did. */
export function failureMetric(registry: PrometheusRegistry): Metric | undefined {
  const failures = failuresOf.get(registry);
  if (failures === undefined || registry.getSingleMetric(FAILURES) !== undefined) return undefined;
  const values = Array.from(
    failures.values(),
    ({ metric, reason, count: value }) => ({ labels: { metric, reason }, value }),
  );
  const help = "Scrapes that left out a metric because its collector failed";
  return { name: FAILURES, type: "counter", get: () => ({ name: FAILURES, help, type: "counter", values }) };
}
