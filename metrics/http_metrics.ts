import { formatBound } from "./exposition.ts";
import type { HttpRecorder, HttpSeries } from "./http_recorder.ts";
import type { PrometheusRegistry } from "./registry.ts";

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly metricName?: string;
  readonly exemplar?: {
    readonly labelSet: { readonly trace_id: string };
    readonly value: number;
    readonly timestamp: number;
  };
}

/** One of the HTTP metrics, as a registry sees it: it reads its recorders when it is scraped. */
interface HttpMetric {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly [RECORDERS]: Set<HttpRecorder>;
  get(): Promise<object>;
  reset(): void;
}

// The same symbol in every copy of the package: several of them may meet in one registry.
const RECORDERS: unique symbol = Symbol.for("@glam/shared.metrics.recorders.v1") as never;

const DEFINITIONS = [
  { name: "http_requests_total", help: "Total HTTP requests", type: "counter", samples: requestsTotal },
  {
    name: "http_request_duration_seconds",
    help: "HTTP request duration in seconds",
    type: "histogram",
    samples: requestDuration,
  },
  {
    name: "http_requests_in_progress",
    help: "HTTP requests in progress",
    type: "gauge",
    samples: inProgress,
  },
] as const;

/**
 * Shows what `recorder` observes on `registry`, beside the recorders that are on it already.
 *
 * @throws {TypeError} when the registry has a metric of one of the three names that is not this package's.
 * @throws {RangeError} when the registry has the same service with other buckets: their counts cannot be added up.
 */
export function registerHttpMetrics(registry: PrometheusRegistry, recorder: HttpRecorder): void {
  const existing = DEFINITIONS.map(({ name }) => registry.getSingleMetric(name) as HttpMetric | undefined);
  const foreign = existing.find((metric) => metric !== undefined && metric[RECORDERS] === undefined);
  if (foreign !== undefined) {
    throw new TypeError(
      `Cannot register HTTP metrics: the registry has a "${foreign.name}" of its own; remove it or pass another registry`,
    );
  }
  for (const { service, bounds } of existing[0]?.[RECORDERS] ?? []) {
    if (service === recorder.service && String(bounds) !== String(recorder.bounds)) {
      throw new RangeError(
        `Expected \`buckets\` of service "${service}" to be those it has on this registry already, [${
          bounds.join(", ")
        }], got [${recorder.bounds.join(", ")}]`,
      );
    }
  }
  DEFINITIONS.forEach((definition, i) => {
    const metric = existing[i];
    if (metric === undefined) registry.registerMetric(createHttpMetric(definition, recorder) as never);
    else metric[RECORDERS].add(recorder);
  });
}

function createHttpMetric(
  { name, help, type, samples }: typeof DEFINITIONS[number],
  recorder: HttpRecorder,
): HttpMetric {
  const recorders = new Set([recorder]);
  return {
    name,
    help,
    type,
    [RECORDERS]: recorders,
    get: () => Promise.resolve({ name, help, type, aggregator: "sum", values: merge(recorders, samples) }),
    reset: () => recorders.forEach((each) => each.reset()),
  };
}

/** The samples of all recorders; two applications of one service name add up in one series. */
function merge(
  recorders: Iterable<HttpRecorder>,
  samples: (recorder: HttpRecorder) => Iterable<Sample>,
): Sample[] {
  const merged = new Map<string, Sample>();
  for (const recorder of recorders) {
    for (const sample of samples(recorder)) {
      const key = JSON.stringify([sample.metricName, sample.labels]);
      const other = merged.get(key);
      merged.set(
        key,
        other === undefined ? sample : { ...other, ...sample, value: other.value + sample.value },
      );
    }
  }
  return [...merged.values()];
}

function* requestsTotal(recorder: HttpRecorder): Generator<Sample> {
  for (const series of recorder.series()) {
    for (const [status, { count: value }] of series.statuses) {
      yield { labels: { ...labelsOf(recorder, series), status: String(status) }, value };
    }
  }
}

function* requestDuration(recorder: HttpRecorder): Generator<Sample> {
  const name = "http_request_duration_seconds";
  for (const series of recorder.series()) {
    const labels = labelsOf(recorder, series);
    let total = 0;
    for (let bucket = 0; bucket < series.counts.length; bucket++) {
      total += series.counts[bucket]!;
      const exemplar = series.exemplar(bucket);
      yield {
        metricName: `${name}_bucket`,
        labels: { ...labels, le: formatBound(series.bounds[bucket]) },
        value: total,
        ...(exemplar !== undefined && {
          exemplar: {
            labelSet: { trace_id: exemplar.traceId },
            value: exemplar.value,
            timestamp: exemplar.timestamp,
          },
        }),
      };
    }
    yield { metricName: `${name}_sum`, labels, value: series.sum };
    yield { metricName: `${name}_count`, labels, value: total };
  }
}

function* inProgress(recorder: HttpRecorder): Generator<Sample> {
  yield { labels: { service: recorder.service }, value: recorder.inProgress };
}

function labelsOf(recorder: HttpRecorder, series: HttpSeries): Record<string, string> {
  return { service: recorder.service, method: series.method, endpoint: series.endpoint };
}
