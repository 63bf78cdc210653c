import type { collectDefaultMetrics, Registry } from "prom-client";
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

/** The class of registries, imported when a registry is first needed. */
export function loadRegistry(): Promise<typeof Registry> {
  return loading ??= outsideContext(async () => (await import("prom-client/lib/registry.js")).default);
}

let loading: Promise<typeof Registry> | undefined;

/** prom-client's collector of the metrics of the process, which workerd does not have and its bundles leave out. */
export async function loadDefaultMetrics(): Promise<typeof collectDefaultMetrics> {
  return (await outsideContext(() => import("prom-client"))).collectDefaultMetrics;
}
