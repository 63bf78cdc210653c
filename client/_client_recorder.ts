import type { Metrics } from "../metrics/create_metrics.ts";
import { DEFAULT_BUCKETS } from "../metrics/http_recorder.ts";
import { histogramSamples, type Sample, type SharedMetrics, showShared } from "../metrics/shared_metrics.ts";

const DURATION = "http_client_request_duration_seconds";

interface EndpointNumbers {
  readonly byStatus: Map<string, number>;
  readonly counts: Float64Array;
  sum: number;
}

/** The numbers of one client, in plain maps: nothing but a scrape needs labelled metrics. */
export class ClientRecorder {
  readonly service: string;
  readonly target: string;
  readonly endpoints: Map<string, EndpointNumbers> = new Map();
  readonly retries: Map<string, number> = new Map();
  isOpen = false;

  constructor(service: string, target: string) {
    this.service = service;
    this.target = target;
  }

  /** Counts a call that has ended; `status` is that of the answer, or why there is none. */
  called(endpoint: string, status: string, seconds: number): void {
    let numbers = this.endpoints.get(endpoint);
    if (numbers === undefined) {
      numbers = { byStatus: new Map(), counts: new Float64Array(DEFAULT_BUCKETS.length + 1), sum: 0 };
      this.endpoints.set(endpoint, numbers);
    }
    numbers.byStatus.set(status, (numbers.byStatus.get(status) ?? 0) + 1);
    const bucket = DEFAULT_BUCKETS.findIndex((bound) => seconds <= bound);
    numbers.counts[bucket < 0 ? DEFAULT_BUCKETS.length : bucket]!++;
    numbers.sum += seconds;
  }

  /** Counts an attempt beside the first. */
  retried(reason: string): void {
    this.retries.set(reason, (this.retries.get(reason) ?? 0) + 1);
  }

  /** Shows the numbers among `metrics`. */
  async show(metrics: Metrics): Promise<() => void> {
    return showShared(CLIENTS, await metrics.registry(), this);
  }
}

const CLIENTS: SharedMetrics<ClientRecorder> = {
  kind: "HTTP client",
  symbol: Symbol.for("@glam/shared.metrics.clients.v1"),
  metrics: [
    {
      name: "http_client_requests_total",
      help: "Calls by outcome",
      type: "counter",
      *samples({ service, target, endpoints }): Iterable<Sample> {
        for (const [endpoint, { byStatus }] of endpoints) {
          for (const [status, value] of byStatus) {
            yield { labels: { service, target, endpoint, status }, value };
          }
        }
      },
    },
    {
      name: DURATION,
      help: "Duration of calls in seconds",
      type: "histogram",
      *samples({ service, target, endpoints }): Iterable<Sample> {
        for (const [endpoint, { counts, sum }] of endpoints) {
          yield* histogramSamples(DURATION, { service, target, endpoint }, {
            bounds: DEFAULT_BUCKETS,
            counts,
            sum,
          });
        }
      },
    },
    {
      name: "http_client_retries_total",
      help: "Retries",
      type: "counter",
      *samples({ target, retries }): Iterable<Sample> {
        for (const [reason, value] of retries) yield { labels: { target, reason }, value };
      },
    },
    {
      name: "http_client_circuit_open",
      help: "Whether the circuit breaker is open",
      type: "gauge",
      merge: "last",
      samples: ({ target, isOpen }) => [{ labels: { target }, value: isOpen ? 1 : 0 }],
    },
  ],
  reset({ endpoints, retries }) {
    endpoints.clear();
    retries.clear();
  },
};
