import type { AlertRule } from "./_rule.ts";
import { rise, type Scope, select } from "./_selector.ts";

const SCHEDULE = "by (service, schedule)";
const NAME = "{{ $labels.schedule }} of {{ $labels.service }}";

/** Alerts of schedules. Every process of a service sees the table. */
export function scheduleAlerts(scope: Scope): AlertRule[] {
  const failed = select(scope, "schedule_runs_total", 'outcome=~"failed|timed_out|lost"');
  return [
    {
      alert: "GlamScheduleLate",
      severity: "ticket",
      expr: `max ${SCHEDULE} (${select(scope, "schedule_lag_seconds")}) > 300`,
      for: "5m",
      summary: `${NAME} is {{ $value | humanizeDuration }} late`,
      description: "Its next tick is due, and no process begins it.",
    },
    {
      alert: "GlamScheduleFailed",
      severity: "ticket",
      expr: `sum ${SCHEDULE} (${rise(failed, "15m")})`,
      summary: `${NAME} failed {{ $value | printf "%.0f" }} times`,
      description: "The work of a tick was not done, and waits for the next tick.",
    },
  ];
}
