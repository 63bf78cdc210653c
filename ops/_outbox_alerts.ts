import type { AlertRule } from "./_rule.ts";
import { type Scope, select } from "./_selector.ts";

const TABLE = "by (service, table)";
const WHERE = "{{ $labels.table }} of {{ $labels.service }}";

/** Alerts of events that wait in the database to be published. Every relay sees all of the table. */
export function outboxAlerts(scope: Scope): AlertRule[] {
  const age = `max ${TABLE} (${select(scope, "outbox_oldest_age_seconds")})`;
  const sent = `sum ${TABLE} (rate(${select(scope, "outbox_sent_total")}[5m]))`;
  return [
    {
      alert: "GlamOutboxStuck",
      severity: "page",
      expr: `${age} > 60\n  unless ${sent} > 0`,
      for: "2m",
      summary: `Nothing of ${WHERE} is sent; the oldest event waits for {{ $value | humanizeDuration }}`,
      description: "Events wait in the database, and no relay publishes any.",
    },
    {
      alert: "GlamOutboxLate",
      severity: "ticket",
      expr: `${age} > 60`,
      for: "5m",
      summary: `The oldest event of ${WHERE} waits for {{ $value | humanizeDuration }}`,
      description: "Events are published later than a minute after they are due.",
    },
    {
      alert: "GlamOutboxDead",
      severity: "ticket",
      expr: `max ${TABLE} (${select(scope, "outbox_dead")}) > 0`,
      summary: `${WHERE} has given up {{ $value }} events`,
      description: "They stay in the database, unpublished, until they are retried.",
    },
  ];
}
