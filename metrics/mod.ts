/**
 * Prometheus metrics under the names and labels that the fleet's dashboards know: `http_requests_total`,
 * `http_request_duration_seconds` and `http_requests_in_progress`.
 *
 * `glamMiddleware()` of `@glam/shared/api` counts requests and answers `GET /metrics` by itself. Use this module for
 * metrics of your own on the same registry, or to expose them elsewhere.
 *
 * ```ts
 * import { createMetrics } from "@glam/shared/metrics";
 *
 * const metrics = createMetrics({ service: "catalog" });
 * metrics.http.observe("GET", "/items/{id}", 200, 0.012, undefined);
 * const { contentType, body } = await metrics.expose();
 * console.log(contentType); // text/plain; version=0.0.4; charset=utf-8
 * console.log(body.includes('endpoint="/items/{id}"')); // true
 * ```
 *
 * @module
 */

export { createMetrics, type Metrics, type MetricsOptions } from "./create_metrics.ts";
export { type Exposition } from "./exposition.ts";
export { DEFAULT_BUCKETS, type HttpObserver, type HttpTotals } from "./http_recorder.ts";
export { type PrometheusRegistry } from "./registry.ts";
