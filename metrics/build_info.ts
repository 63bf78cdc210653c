import type { PrometheusRegistry } from "./registry.ts";
import { type SharedMetrics, showShared } from "./shared_metrics.ts";

/** What runs. */
export interface BuildInfo {
  /** Version of the service, where it is known. */
  readonly version: string | undefined;
  /** The runtime with its version, such as `deno 2.5.6`. */
  readonly runtime: string;
  /** Version of this package. */
  readonly package: string;
}

interface ServiceBuild {
  readonly service: string;
  readonly build: BuildInfo;
}

const BUILD: SharedMetrics<ServiceBuild> = {
  kind: "build",
  symbol: Symbol.for("@glam/shared.metrics.build.v1"),
  metrics: [{
    name: "glam_build_info",
    help: "Versions of the service, its runtime and @glam/shared",
    type: "gauge",
    merge: "last",
    samples: ({ service, build: { version = "unknown", runtime, package: own } }) => [
      { labels: { service, version, runtime, package: own }, value: 1 },
    ],
  }],
  reset: () => {},
};

const shown = new WeakMap<PrometheusRegistry, Set<string>>();

/** Adds the metric `glam_build_info`, which is 1, for a service; once for each build and registry. */
export function showBuildInfo(registry: PrometheusRegistry, service: string, build: BuildInfo): void {
  const key = JSON.stringify([service, build.version, build.runtime, build.package]);
  let keys = shown.get(registry);
  if (keys === undefined) shown.set(registry, keys = new Set());
  if (keys.has(key)) return;
  keys.add(key);
  showShared(BUILD, registry, { service, build: { ...build } });
}
