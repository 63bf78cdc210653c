/**
 * Operations: a page on which operators see and repair a fleet, and alerts and a dashboard for its services.
 *
 * {@link createOpsApp} is a Hono application to mount in a service; `glam ops` runs it for a whole fleet on one's own
 * machine.
 *
 * ```ts
 * import { createLogger } from "@glam/shared/logging";
 * import { createMemoryBus } from "@glam/shared/messaging";
 * import { createOpsApp, localOnly } from "@glam/shared/ops";
 * import { Hono } from "hono";
 *
 * const app = new Hono();
 * const logger = createLogger("catalog");
 * app.route("/ops", createOpsApp({ authorize: localOnly(), bus: createMemoryBus(), logger }));
 * console.log((await app.request("/ops")).status); // 404, unless APP_ENV says that this is development
 * ```
 *
 * {@link prometheusRules} makes the file that Prometheus reads, once for a fleet or for each service; `glam ops rules` and
 * `glam ops dashboard` do the same on the command line.
 *
 * ```ts
 * import { grafanaDashboard, prometheusRules } from "@glam/shared/ops";
 *
 * const yaml = prometheusRules({ objectives: { availability: 0.9995 } });
 * console.log(yaml.startsWith("groups:")); // true
 * console.log(grafanaDashboard().title); // Services
 * ```
 *
 * @module
 */

export { createOpsApp } from "./create_ops_app.ts";
export { localOnly } from "./local_only.ts";
export type { AuthorizeOps, Operator, OpsOptions, OpsRight, ScheduleLike, SchedulerLike } from "./options.ts";
export {
  type GrafanaDashboard,
  grafanaDashboard,
  type GrafanaDashboardOptions,
} from "./grafana_dashboard.ts";
export {
  type LatencyObjective,
  prometheusRules,
  type PrometheusRulesOptions,
  type ServiceObjectives,
} from "./prometheus_rules.ts";
