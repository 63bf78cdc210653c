import { namedQuality } from "../internal/accept.ts";
import { collect, type Collected, countFailure, failureMetric } from "./_collect.ts";
import { loadRegistry, type PrometheusRegistry } from "./registry.ts";

/** What a scrape gets. */
export interface Exposition {
  /** Value of `Content-Type`. */
  readonly contentType: string;
  /** The metrics as text. */
  readonly body: string;
}

/**
 * The metrics of a registry in the format that `accept` asks for: OpenMetrics 1.0 with exemplars where it is named with a
 * quality of at least that of `text/plain`, else the Prometheus text format 0.0.4.
 *
 * A metric whose collector throws, gives what cannot be written, or takes over 3 seconds is left out, and counted by
 * `metrics_collector_failures_total`.
 *
 * A registry writes one format only, and switching it would change a scrape that runs at the same time. So each scrape
 * makes a registry of its own.
 */
export async function expose(registry: PrometheusRegistry, accept: string): Promise<Exposition> {
  const Registry = await loadRegistry();
  const openMetrics = namedQuality(accept, "application/openmetrics-text");
  const isOpenMetrics = openMetrics > 0 && openMetrics >= namedQuality(accept, "text/plain");
  const labels = (registry as { _defaultLabels?: object })._defaultLabels ?? {};
  const write = async (all: readonly Collected[]): Promise<Exposition> => {
    const view = new Registry();
    // Typed by the constructor's content type alone.
    if (isOpenMetrics) view.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
    view.setDefaultLabels(labels);
    for (const each of all) view.registerMetric(copyOf(each) as never);
    return { contentType: view.contentType, body: await view.metrics() };
  };
  const writable = async (each: Collected) => {
    try {
      await write([each]);
      return true;
    } catch {
      countFailure(registry, each.metric, "error");
      return false;
    }
  };
  let collected = await collect(registry);
  try {
    return await write(withFailures(registry, collected));
  } catch { // a collector gave what cannot be written
    const isWritable = await Promise.all(collected.map(writable));
    collected = collected.filter((_, i) => isWritable[i]);
    return await write(withFailures(registry, collected));
  }
}

function withFailures(registry: PrometheusRegistry, collected: readonly Collected[]): readonly Collected[] {
  const metric = failureMetric(registry);
  return metric === undefined ? collected : [...collected, { metric, values: metric.get() }];
}

/** What prom-client writes: writing OpenMetrics changes the name of a counter in the object that it is given. */
function copyOf({ metric: { name, type }, values }: Collected): object {
  const copy = { name, type, get: () => Promise.resolve({ ...values, name: copy.name }) };
  return copy;
}

/**
 * A bucket's bound as the Python client and OpenMetrics write it, `1` as `1.0`: `sum by (le)` over a mixed fleet then adds
 * up equal bounds.
 */
export function formatBound(bound: number | undefined): string {
  if (bound === undefined) return "+Inf";
  return Number.isInteger(bound) ? bound.toFixed(1) : String(bound);
}
