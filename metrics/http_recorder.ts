import type { RequestContext } from "../context/request_context.ts";
import { knownTraceOf } from "../context/trace.ts";
import { traceIdOf } from "../context/traceparent.ts";

/** Upper bounds of the duration buckets in seconds: those of the Python client. */
export const DEFAULT_BUCKETS: readonly number[] = [
  0.005,
  0.01,
  0.025,
  0.05,
  0.075,
  0.1,
  0.25,
  0.5,
  0.75,
  1,
  2.5,
  5,
  7.5,
  10,
];

const KNOWN_METHODS: ReadonlySet<string> = new Set([
  "CONNECT",
  "DELETE",
  "GET",
  "HEAD",
  "OPTIONS",
  "PATCH",
  "POST",
  "PUT",
  "TRACE",
]);

// Reading a trace takes longer than counting a request. Each of the first requests of a bucket is an exemplar, so that
// the few slow ones all are; of later requests one in 16 is.
const ALL_TRACED = 1024;
const EACH_TRACED = 16;

/** The trace of the last exemplar of a bucket. */
export interface Exemplar {
  /** Trace id, 32 hexadecimal digits. */
  readonly traceId: string;
  /** Observed seconds. */
  readonly value: number;
  /** When, in seconds since the epoch. */
  readonly timestamp: number;
}

/** The observations of one method of one route. */
export class HttpSeries {
  /** Requests by HTTP status. */
  readonly statuses: Map<number, { count: number }> = new Map();
  /** Observations by bucket, not cumulative; the last one counts those over every bound. */
  readonly counts: Float64Array;
  /** Sum of all durations in seconds. */
  sum = 0;
  readonly method: string;
  readonly endpoint: string;
  readonly bounds: readonly number[];
  readonly #traces: (string | undefined)[];
  readonly #traced: Float64Array;

  constructor(method: string, endpoint: string, bounds: readonly number[]) {
    this.method = method;
    this.endpoint = endpoint;
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
    this.#traces = new Array(bounds.length + 1).fill(undefined);
    this.#traced = new Float64Array(2 * (bounds.length + 1));
  }

  observe(status: number, seconds: number, context: Pick<RequestContext, "traceparent"> | undefined): void {
    const counted = this.statuses.get(status);
    if (counted === undefined) this.statuses.set(status, { count: 1 });
    else counted.count++;
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && seconds > bounds[bucket]!) bucket++;
    const count = ++this.counts[bucket]!;
    this.sum += seconds;
    if (count > ALL_TRACED && count % EACH_TRACED !== 0 || context === undefined) return;
    const traceparent = knownTraceOf(context);
    if (traceparent === undefined) return;
    this.#traces[bucket] = traceparent;
    this.#traced[2 * bucket] = seconds;
    this.#traced[2 * bucket + 1] = Date.now();
  }

  /** The OpenMetrics exemplar of a bucket. */
  exemplar(bucket: number): Exemplar | undefined {
    const traceparent = this.#traces[bucket];
    if (traceparent === undefined) return undefined;
    return {
      traceId: traceIdOf(traceparent),
      value: this.#traced[2 * bucket]!,
      timestamp: this.#traced[2 * bucket + 1]! / 1000,
    };
  }
}

/** Counts the requests of a service. */
export interface HttpObserver {
  /** Requests that have not been answered yet. */
  inProgress: number;
  /** Requests that took longer than their callers waited. */
  callerDeadlines: number;
  /**
   * Counts one answered request.
   *
   * `endpoint` must come from a bounded set, such as the route pattern, and never from the request; a `method` that is
   * not one of HTTP's is counted as `_OTHER`. The trace of `context` may show as an OpenMetrics exemplar: each of the
   * first 1,024 in a bucket, then one in 16.
   */
  observe(
    method: string,
    endpoint: string,
    status: number,
    seconds: number,
    context: Pick<RequestContext, "traceparent"> | undefined,
  ): void;
  /** All requests so far. */
  totals(): HttpTotals;
}

/** The requests of a service as a whole. */
export interface HttpTotals {
  /** Answered requests. */
  readonly requests: number;
  /** Those of status 500 and above. */
  readonly errors: number;
  /** Seconds that they have taken. */
  readonly seconds: number;
}

/**
 * The numbers of one service's HTTP requests, in plain arrays: an observation takes a fraction of the time of a labelled
 * prom-client metric, and only a scrape needs one.
 */
export class HttpRecorder implements HttpObserver {
  inProgress = 0;
  callerDeadlines = 0;
  readonly service: string;
  readonly bounds: readonly number[];
  readonly #routes = new Map<string, Map<string, HttpSeries>>();

  constructor(service: string, bounds: readonly number[]) {
    this.service = service;
    this.bounds = bounds;
  }

  observe(
    method: string,
    endpoint: string,
    status: number,
    seconds: number,
    context: Pick<RequestContext, "traceparent"> | undefined,
  ): void {
    const series = this.#routes.get(endpoint)?.get(method) ?? this.#open(method, endpoint);
    series.observe(status, seconds, context);
  }

  #open(method: string, endpoint: string): HttpSeries {
    const label = KNOWN_METHODS.has(method) ? method : "_OTHER";
    let methods = this.#routes.get(endpoint);
    if (methods === undefined) this.#routes.set(endpoint, methods = new Map());
    let series = methods.get(label);
    if (series === undefined) methods.set(label, series = new HttpSeries(label, endpoint, this.bounds));
    return series;
  }

  /** Everything observed so far. */
  *series(): Generator<HttpSeries> {
    for (const methods of this.#routes.values()) yield* methods.values();
  }

  totals(): HttpTotals {
    const totals = { requests: 0, errors: 0, seconds: 0 };
    for (const { statuses, sum } of this.series()) {
      totals.seconds += sum;
      for (const [status, { count }] of statuses) {
        totals.requests += count;
        if (status >= 500) totals.errors += count;
      }
    }
    return totals;
  }

  /** Forgets everything observed; requests in progress stay. */
  reset(): void {
    this.#routes.clear();
    this.callerDeadlines = 0;
  }
}
