import { namedQuality } from "../internal/accept.ts";
import { loadPromClient, type PrometheusRegistry } from "./registry.ts";

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
 * A registry writes one format only, and switching it would change a scrape that runs at the same time. So each scrape
 * makes a registry of its own.
 */
export async function expose(registry: PrometheusRegistry, accept: string): Promise<Exposition> {
  const { Registry } = await loadPromClient();
  const openMetrics = namedQuality(accept, "application/openmetrics-text");
  const view = new Registry();
  if (openMetrics > 0 && openMetrics >= namedQuality(accept, "text/plain")) {
    view.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never); // typed by the constructor's content type alone
  }
  view.setDefaultLabels((registry as { _defaultLabels?: object })._defaultLabels ?? {});
  for (const metric of registry.getMetricsAsArray()) {
    view.registerMetric(copyOf(metric as ScrapedMetric) as never);
  }
  return { contentType: view.contentType, body: await view.metrics() };
}

interface ScrapedMetric {
  readonly name: string;
  readonly type?: unknown;
  get(): Promise<object>;
  getForPromString?(): Promise<object>;
}

/** A copy of a metric: writing OpenMetrics changes the name of a counter in the object that it is given. */
function copyOf(metric: ScrapedMetric): ScrapedMetric {
  const copy = {
    name: metric.name,
    type: metric.type,
    get: async () => ({ ...await (metric.getForPromString?.() ?? metric.get()), name: copy.name }),
  };
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
