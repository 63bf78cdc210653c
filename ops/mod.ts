/**
 * Operations: alerts and a dashboard for services of this package.
 *
 * Use it once for a fleet, or for each service, to make the files that Prometheus and Grafana read. `glam ops rules` and
 * `glam ops dashboard` do the same on the command line.
 *
 * ```ts
 * import { prometheusRules } from "@glam/shared/ops";
 *
 * const yaml = prometheusRules({ objectives: { availability: 0.9995 } });
 * console.log(yaml.startsWith("groups:")); // true
 * ```
 *
 * @module
 */

export {
  type LatencyObjective,
  prometheusRules,
  type PrometheusRulesOptions,
  type ServiceObjectives,
} from "./prometheus_rules.ts";
