import type { AlertRule } from "./_rule.ts";
import { ofInstances, rise, type Scope, withService } from "./_selector.ts";

// Prometheus has a label `job` of its own, so that ours of that name becomes `exported_job`.
const SCHEDULE = "by (job, exported_job)";
const NAME = "{{ $labels.exported_job }}";

/** Alerts of schedules. */
export function scheduleAlerts(scope: Scope): AlertRule[] {
  return [
    {
      alert: "GlamScheduleLate",
      severity: "ticket",
      expr: withService(scope, `max ${SCHEDULE} (${ofInstances(scope, "schedule_lag_seconds")}) > 300`),
      for: "5m",
      summary: `The schedule ${NAME} is {{ $value | humanizeDuration }} late`,
      description: "Its next tick is due, and no process begins it.",
    },
    {
      alert: "GlamScheduleFailed",
      severity: "ticket",
      expr: withService(
        scope,
        `sum ${SCHEDULE} (${
          ofInstances(scope, rise('schedule_runs_total{outcome=~"failed|timed_out|lost"}', "15m"))
        })`,
      ),
      summary: `The schedule ${NAME} failed {{ $value | printf "%.0f" }} times`,
      description: "The work of a tick was not done, and waits for the next tick.",
    },
  ];
}
