import { outsideContext } from "../internal/outside_context.ts";

/** A Prometheus registry: any copy or version of prom-client's `Registry` is one. */
export interface PrometheusRegistry {
  /** Content type of {@link PrometheusRegistry.metrics}. */
  readonly contentType: string;
  /** All metrics. */
  getMetricsAsArray(): readonly object[];
  /** The metric of that name. */
  getSingleMetric(name: string): object | undefined;
  /** The exposition in the registry's own format. */
  metrics(): Promise<string>;
  /** Adds a metric; `never`, since each copy of prom-client accepts only the classes of its own. */
  registerMetric(metric: never): void;
}

/** prom-client, imported when a registry is first needed. */
export function loadPromClient(): Promise<typeof import("prom-client")> {
  return loading ??= outsideContext(() => import("prom-client"));
}

let loading: Promise<typeof import("prom-client")> | undefined;
