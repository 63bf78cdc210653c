import type { Metrics } from "../../metrics/create_metrics.ts";
import { type Sample, type SharedMetrics, showShared } from "../../metrics/shared_metrics.ts";
import type { KeyOutcome } from "./_keyed_operation.ts";

/** Counts the keyed requests of one service. */
export class IdempotencyRecorder {
  readonly service: string;
  readonly outcomes: Map<KeyOutcome, number> = new Map();

  constructor(service: string) {
    this.service = service;
  }

  /** Counts a request. */
  count(outcome: KeyOutcome): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }
}

const IDEMPOTENCY: SharedMetrics<IdempotencyRecorder> = {
  kind: "idempotency",
  symbol: Symbol.for("@glam/shared.metrics.idempotency.v1"),
  metrics: [{
    name: "idempotency_requests_total",
    help: "Requests with an Idempotency-Key",
    type: "counter",
    *samples({ service, outcomes }): Iterable<Sample> {
      for (const [outcome, value] of outcomes) yield { labels: { service, outcome }, value };
    },
  }],
  reset: ({ outcomes }) => outcomes.clear(),
};

const recorders = /* @__PURE__ */ new WeakMap<Metrics, IdempotencyRecorder>();

/** The recorder of an application's metrics, shown among them from the first keyed request on. */
export function recorderOf(metrics: Metrics): IdempotencyRecorder {
  let recorder = recorders.get(metrics);
  if (recorder === undefined) {
    recorders.set(metrics, recorder = new IdempotencyRecorder(metrics.service));
    void show(metrics, recorder);
  }
  return recorder;
}

async function show(metrics: Metrics, recorder: IdempotencyRecorder): Promise<void> {
  showShared(IDEMPOTENCY, await metrics.registry(), recorder);
}
