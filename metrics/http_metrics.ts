import type { HttpRecorder, HttpSeries } from "./http_recorder.ts";
import type { PrometheusRegistry } from "./registry.ts";
import { histogramSamples, type Sample, type SharedMetrics, showShared } from "./shared_metrics.ts";

const DURATION = "http_request_duration_seconds";

const HTTP: SharedMetrics<HttpRecorder> = {
  kind: "HTTP",
  symbol: Symbol.for("@glam/shared.metrics.recorders.v1"),
  metrics: [
    { name: "http_requests_total", help: "Total HTTP requests", type: "counter", samples: requestsTotal },
    { name: DURATION, help: "HTTP request duration in seconds", type: "histogram", samples: requestDuration },
    {
      name: "http_requests_in_progress",
      help: "HTTP requests in progress",
      type: "gauge",
      samples: ({ service, inProgress }) => [{ labels: { service }, value: inProgress }],
    },
    {
      name: "http_caller_deadlines_total",
      help: "Requests that took longer than their callers waited",
      type: "counter",
      samples: ({ service, callerDeadlines }) => [{ labels: { service }, value: callerDeadlines }],
    },
  ],
  reset: (recorder) => recorder.reset(),
  assertFits({ service, bounds }, added) {
    if (service !== added.service || String(bounds) === String(added.bounds)) return;
    throw new RangeError(
      `Expected \`buckets\` of service "${service}" to be those it has on this registry already, [${
        bounds.join(", ")
      }], got [${added.bounds.join(", ")}]`,
    );
  },
};

/**
 * Adds a recorder to the HTTP metrics on `registry`. The numbers of two applications with one service name add up in one
 * series.
 *
 * @throws {TypeError} when the registry has a metric of one of the four names that is not this package's.
 * @throws {RangeError} when the registry has the same service with other buckets: their counts cannot be added up.
 */
export function registerHttpMetrics(registry: PrometheusRegistry, recorder: HttpRecorder): void {
  showShared(HTTP, registry, recorder);
}

function* requestsTotal(recorder: HttpRecorder): Generator<Sample> {
  for (const series of recorder.series()) {
    for (const [status, { count: value }] of series.statuses) {
      yield { labels: { ...labelsOf(recorder, series), status: String(status) }, value };
    }
  }
}

function* requestDuration(recorder: HttpRecorder): Generator<Sample> {
  for (const series of recorder.series()) {
    yield* histogramSamples(DURATION, labelsOf(recorder, series), series, (bucket) => {
      const exemplar = series.exemplar(bucket);
      return exemplar && {
        labelSet: { trace_id: exemplar.traceId },
        value: exemplar.value,
        timestamp: exemplar.timestamp,
      };
    });
  }
}

function labelsOf({ service }: HttpRecorder, { method, endpoint }: HttpSeries): Record<string, string> {
  return { service, method, endpoint };
}
