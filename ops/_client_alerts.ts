import type { AlertRule } from "./_rule.ts";
import { ofInstances, type Scope, select, withService } from "./_selector.ts";

/** What the alerts of calls are made of. */
export interface ClientSettings extends Scope {
  readonly minFailures: number;
}

/** Alerts of calls to other services, as the callers see them. */
export function clientAlerts(settings: ClientSettings): AlertRule[] {
  const calls = (of: string, ...matchers: string[]) =>
    `sum by (service, target) (${of}(${select(settings, "http_client_requests_total", ...matchers)}[5m]))`;
  const failed = 'status=~"5..|connection|timeout|circuit_open|in_flight_limit|error"';
  return [
    {
      alert: "GlamCircuitOpen",
      severity: "ticket",
      expr: withService(
        settings,
        ofInstances(
          settings,
          "max by (job, instance, target) (max_over_time(http_client_circuit_open[1m])) == 1",
        ),
      ),
      for: "2m",
      summary: "{{ $labels.instance }} does not call {{ $labels.target }}: the circuit is open",
      description:
        "So many calls failed that they are refused without being sent, but for a probe now and then.",
    },
    {
      alert: "GlamClientErrors",
      severity: "ticket",
      expr: `${calls("rate", failed)} / ${calls("rate", 'status!="aborted"')} > 0.05\n  and ${
        calls("increase", failed)
      } >= ${settings.minFailures}`,
      for: "5m",
      summary:
        "{{ $value | humanizePercentage }} of the calls of {{ $labels.service }} to {{ $labels.target }} fail",
      description: "Calls end with a 5xx or without an answer, after their retries.",
    },
  ];
}
