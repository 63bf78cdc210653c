import type { AlertRule } from "./_rule.ts";
import { type Scope, select } from "./_selector.ts";

/** What says that there is no connection, or no answer: SQLSTATEs, codes of the driver and of the network. */
const UNREACHABLE = "08...|57P0.|53300|CONNECT.*|E[A-Z]+|OTHER";
/** What concurrent writers and callers bring about: violated constraints, conflicts of transactions, bad values. */
const EXPECTED = "2[23]...|40...";

/** What the alerts of databases are made of. */
export interface DatabaseSettings extends Scope {
  readonly minFailures: number;
}

/** Alerts of Postgres, as the services see it. */
export function databaseAlerts(settings: DatabaseSettings): AlertRule[] {
  const { minFailures } = settings;
  const errors = (matcher: string, of = "rate", window = "5m") =>
    `sum by (service, database) (${of}(${select(settings, "db_query_errors_total", matcher)}[${window}]))`;
  const all = `sum by (service, database) (rate(${select(settings, "db_query_duration_seconds_count")}[5m]))`;
  const other = `code!~"${UNREACHABLE}|${EXPECTED}"`;
  return [
    {
      alert: "GlamDatabaseDown",
      severity: "page",
      expr: `${errors(`code=~"${UNREACHABLE}"`)} / ${all} > 0.5`,
      for: "2m",
      summary:
        "{{ $value | humanizePercentage }} of the statements of {{ $labels.service }} do not reach {{ $labels.database }}",
      description: "Most statements find no connection to the database, or get no answer in time.",
    },
    {
      alert: "GlamDatabaseErrors",
      severity: "ticket",
      expr: `${errors(other)} / ${all} > 0.05\n  and ${errors(other, "increase")} >= ${minFailures}`,
      for: "5m",
      summary:
        "{{ $value | humanizePercentage }} of the statements of {{ $labels.service }} on {{ $labels.database }} fail",
      description: "The database answers with errors that no caller brings about.",
    },
    {
      alert: "GlamPoolWaiting",
      severity: "ticket",
      expr: `max by (job, instance, service, database) (min_over_time(${
        select(settings, "db_pool_waiting")
      }[2m])) > 0`,
      for: "5m",
      summary:
        "{{ $value }} statements of {{ $labels.instance }} wait for a connection to {{ $labels.database }}",
      description: "All connections of the pool have been in use for minutes.",
    },
  ];
}
