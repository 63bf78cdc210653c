import type { Metrics } from "../../metrics/create_metrics.ts";
import { type Sample, type SharedMetrics, showShared } from "../../metrics/shared_metrics.ts";
import type { LoggerLike } from "../../logging/logger.ts";

/**
 * Outcome of a request: it passed, it was over the limit, or the store failed and it passed unchecked or was refused.
 */
export type RateLimitOutcome = "limited" | "passed" | "refused" | "unchecked";

const OUTCOMES: readonly RateLimitOutcome[] = ["limited", "passed", "refused", "unchecked"];

/** The numbers of one `rateLimit`, in plain records: nothing but a scrape needs labelled metrics. */
export class RateLimitRecorder {
  readonly requests: ReadonlyMap<string, Record<RateLimitOutcome, number>>;
  storeErrors = 0;
  service = "";
  readonly #shown = new WeakSet<Metrics>();

  constructor(policies: Iterable<string>) {
    this.requests = new Map(Array.from(policies, (name) => [name, noRequests()]));
  }

  count(policy: string, outcome: RateLimitOutcome): void {
    this.requests.get(policy)![outcome]++;
  }

  /** Shows the numbers among the metrics of a service, from its first request on. */
  showIn(metrics: Metrics, logger: LoggerLike): void {
    if (this.#shown.has(metrics)) return;
    this.#shown.add(metrics);
    this.service = metrics.service;
    metrics.withRegistry((registry) => {
      try {
        showShared(RATE_LIMITS, registry, this);
      } catch (error) {
        logger.error("The metrics of the rate limit cannot be shown", { error });
      }
    });
  }
}

function noRequests(): Record<RateLimitOutcome, number> {
  return { limited: 0, passed: 0, refused: 0, unchecked: 0 };
}

const RATE_LIMITS: SharedMetrics<RateLimitRecorder> = {
  kind: "rate limit",
  symbol: Symbol.for("@glam/shared.metrics.rate_limits.v1"),
  metrics: [
    {
      name: "rate_limit_requests_total",
      help: "Requests by policy of the rate limit, and what came of them",
      type: "counter",
      samples: requestSamples,
    },
    {
      name: "rate_limit_store_errors_total",
      help: "Requests for which the store of the rate limit failed",
      type: "counter",
      samples: ({ service, storeErrors }) => [{ labels: { service }, value: storeErrors }],
    },
  ],
  reset(recorder) {
    recorder.storeErrors = 0;
    for (const counts of recorder.requests.values()) Object.assign(counts, noRequests());
  },
};

function requestSamples({ service, requests }: RateLimitRecorder): Sample[] {
  return [...requests].flatMap(([policy, counts]) =>
    OUTCOMES.map((outcome) => ({ labels: { service, policy, outcome }, value: counts[outcome] }))
  );
}
