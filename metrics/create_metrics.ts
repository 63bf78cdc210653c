import type { Registry } from "prom-client";
import { detectRuntime } from "../internal/runtime.ts";
import { expose, type Exposition } from "./exposition.ts";
import { registerHttpMetrics } from "./http_metrics.ts";
import { DEFAULT_BUCKETS, type HttpObserver, HttpRecorder } from "./http_recorder.ts";
import { loadDefaultMetrics, loadRegistry, type PrometheusRegistry } from "./registry.ts";

/** Options of {@link createMetrics}. */
export interface MetricsOptions {
  /** Value of the `service` label. */
  readonly service: string;
  /**
   * The prom-client registry to add the metrics to, beside your own.
   * @default a registry for these metrics alone, with prom-client's process metrics where the runtime has them
   */
  readonly registry?: PrometheusRegistry | undefined;
  /**
   * Upper bounds of the duration histogram's buckets, in seconds, ascending.
   * @default [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
   */
  readonly buckets?: readonly number[] | undefined;
}

/** The metrics of one service. */
export interface Metrics {
  /** Value of the `service` label. */
  readonly service: string;
  /** Counts HTTP requests. */
  readonly http: HttpObserver;
  /**
   * The registry, for metrics of your own: the one that was given, else that of these metrics. The first call imports
   * prom-client. Its type is prom-client's, so that a metric takes it as one of its `registers`.
   */
  registry(): Promise<Registry>;
  /** Adds metrics to the registry when it is first asked for, at once where it is there. */
  withRegistry(add: (registry: PrometheusRegistry) => void): void;
  /** The text for a scrape with this `Accept` header. */
  expose(accept?: string): Promise<Exposition>;
}

/**
 * The metrics of a service. prom-client is imported at the first scrape, or when the registry is first asked for.
 *
 * @example A metric of your own
 * ```ts
 * import { createMetrics } from "@glam/shared/metrics";
 * import { Counter } from "prom-client";
 *
 * const metrics = createMetrics({ service: "catalog" });
 * const registers = [await metrics.registry()];
 * const synced = new Counter({ name: "items_synced_total", help: "Items synced", registers });
 * synced.inc(3);
 * console.log((await metrics.expose()).body.includes("items_synced_total 3")); // true
 * ```
 *
 * @throws {RangeError} when the buckets are not ascending finite numbers.
 * @throws {TypeError} when the registry has metrics of the same names that are not this package's.
 */
export function createMetrics(options: MetricsOptions): Metrics {
  const { service, registry, buckets = DEFAULT_BUCKETS } = options;
  if (
    buckets.length === 0 ||
    buckets.some((bound, i) => !Number.isFinite(bound) || bound <= (buckets[i - 1] ?? -Infinity))
  ) {
    throw new RangeError(`Expected \`buckets\` to be ascending finite numbers, got [${buckets.join(", ")}]`);
  }
  const http = new HttpRecorder(service, [...buckets]);
  if (registry !== undefined) registerHttpMetrics(registry, http);
  let own: Promise<Registry> | undefined;
  // The registry of any copy of prom-client takes the metrics of any other: `registers` needs `registerMetric` alone.
  const getRegistry = () =>
    own ??= registry === undefined
      ? createRegistry(http).then(addAll)
      : Promise.resolve(registry as Registry);
  let known: PrometheusRegistry | undefined = registry;
  const waiting: ((registry: PrometheusRegistry) => void)[] = [];
  const addAll = (created: Registry) => {
    known = created;
    for (const add of waiting.splice(0)) add(created);
    return created;
  };
  return {
    service,
    http,
    registry: getRegistry,
    withRegistry: (add) => known === undefined ? void waiting.push(add) : add(known),
    expose: async (accept = "") => await expose(await getRegistry(), accept),
  };
}

async function createRegistry(http: HttpRecorder): Promise<Registry> {
  const Registry = await loadRegistry();
  const registry = new Registry();
  registerHttpMetrics(registry, http);
  // On workerd prom-client would read the file descriptors of a process, which there is not.
  if (detectRuntime() !== "workerd") {
    const collectDefaultMetrics = await loadDefaultMetrics();
    collectDefaultMetrics({ register: registry });
    for (const name of MISNAMED) registry.removeSingleMetric(name);
  }
  return registry;
}

// Gauges with names of counters, which `promtool check metrics` refuses; each is the sum of a labelled gauge that is kept.
const MISNAMED = [
  "nodejs_active_handles_total",
  "nodejs_active_requests_total",
  "nodejs_active_resources_total",
];
