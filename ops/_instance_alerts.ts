import type { AlertRule } from "./_rule.ts";
import { ofInstances, recentInstances, rise, type Scope, select, withService } from "./_selector.ts";

/** What the alerts of processes are made of. */
export interface InstanceSettings extends Scope {
  /** The memory limit of a container; `undefined` for no alert. */
  readonly memoryLimitBytes: number | undefined;
}

/** Alerts of the processes themselves. */
export function instanceAlerts(settings: InstanceSettings): AlertRule[] {
  const { memoryLimitBytes } = settings;
  return [
    {
      alert: "GlamServiceDown",
      severity: "page",
      expr: `count by (service) (${recentInstances(settings)})\n  unless count by (service) (${
        select(settings, "http_requests_in_progress")
      })`,
      for: "2m",
      summary: "No instance of {{ $labels.service }} answers Prometheus",
      description: "None of the instances that were there within the last hour can be scraped.",
    },
    {
      alert: "GlamInstanceDown",
      severity: "ticket",
      expr: `${recentInstances(settings)}\n  and on (job, instance) up == 0`,
      for: "5m",
      summary: "{{ $labels.instance }} of {{ $labels.service }} does not answer Prometheus",
      description: "The instance is still a target, and cannot be scraped.",
    },
    {
      alert: "GlamRestarting",
      severity: "page",
      expr: ofProcesses(settings, "changes(process_start_time_seconds[30m]) > 2"),
      summary: "{{ $labels.instance }} was started {{ $value }} times within 30 minutes",
      description: "The process ends and is started again and again.",
    },
    {
      alert: "GlamVersionsMixed",
      severity: "ticket",
      expr: `count by (service) (count by (service, version) (${select(settings, "glam_build_info")})) > 1`,
      for: "1h",
      summary: "{{ $value }} versions of {{ $labels.service }} run at once",
      description: "A deployment did not replace all instances.",
    },
    {
      alert: "GlamEventLoopBlocked",
      severity: "ticket",
      expr: ofProcesses(settings, "avg_over_time(nodejs_eventloop_lag_seconds[10m]) > 0.2"),
      for: "5m",
      summary: "The event loop of {{ $labels.instance }} is {{ $value | humanizeDuration }} late",
      description: "Everything in the process waits for code that does not let go.",
    },
    ...(memoryLimitBytes === undefined ? [] : [
      {
        alert: "GlamMemoryHigh",
        severity: "ticket",
        expr: ofProcesses(
          settings,
          `process_resident_memory_bytes > ${Math.floor(0.9 * memoryLimitBytes)}`,
        ),
        for: "10m",
        summary: "{{ $labels.instance }} uses {{ $value | humanize1024 }}B of memory",
        description: "That is more than 90 % of its limit, beyond which the process is killed.",
      } as const,
    ]),
    {
      alert: "GlamMetricsMissing",
      severity: "ticket",
      expr: ofProcesses(
        settings,
        `sum by (job, instance, metric, reason) (${rise("metrics_collector_failures_total", "15m")})`,
      ),
      summary: "{{ $labels.instance }} cannot show the metric {{ $labels.metric }}",
      description: "Its collector fails, so dashboards and alerts that need the metric have no data.",
    },
  ];
}

/** What the processes of the scope's service show. */
function ofProcesses(scope: Scope, expression: string): string {
  return withService(scope, ofInstances(scope, expression));
}
