import { type SharedMetrics, showShared } from "../metrics/shared_metrics.ts";
import type { Metrics } from "../metrics/create_metrics.ts";
import type { ScheduleOutcome } from "./scheduler.ts";

/** The numbers of one scheduler. */
export class Recorder {
  /** Ended ticks, by schedule and outcome. */
  readonly runs: Map<string, Map<ScheduleOutcome, number>> = new Map();
  readonly service: string;
  readonly #lags: () => Iterable<readonly [name: string, seconds: number]>;

  constructor(service: string, lags: () => Iterable<readonly [name: string, seconds: number]>) {
    this.service = service;
    this.#lags = lags;
  }

  ended(name: string, outcome: ScheduleOutcome): void {
    let outcomes = this.runs.get(name);
    if (outcomes === undefined) this.runs.set(name, outcomes = new Map());
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }

  lags(): Iterable<readonly [name: string, seconds: number]> {
    return this.#lags();
  }
}

const SCHEDULES: SharedMetrics<Recorder> = {
  kind: "schedule",
  symbol: Symbol.for("@glam/shared.metrics.schedules.v1"),
  metrics: [
    {
      name: "schedule_lag_seconds",
      help: "How late the next tick of a schedule is; 0 while it is not due",
      type: "gauge",
      merge: "last",
      samples: (recorder) =>
        Array.from(recorder.lags(), ([schedule, value]) => ({
          labels: { service: recorder.service, schedule },
          value,
        })),
    },
    {
      name: "schedule_runs_total",
      help: "Ticks that ended in this process, by outcome",
      type: "counter",
      samples: ({ runs, service }) =>
        [...runs].flatMap(([schedule, outcomes]) =>
          Array.from(outcomes, ([outcome, value]) => ({ labels: { service, schedule, outcome }, value }))
        ),
    },
  ],
  reset({ runs }) {
    runs.clear();
  },
};

/** Adds the numbers of a scheduler to `metrics`; returns the function that removes them. */
export async function showSchedules(metrics: Metrics, recorder: Recorder): Promise<() => void> {
  return showShared(SCHEDULES, await metrics.registry(), recorder);
}
