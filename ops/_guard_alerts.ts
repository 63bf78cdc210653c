import type { AlertRule } from "./_rule.ts";
import { rise, type Scope, select } from "./_selector.ts";

/** Alerts of what stands before the handlers. */
export function guardAlerts(scope: Scope): AlertRule[] {
  return [{
    alert: "GlamRateLimitUnchecked",
    severity: "ticket",
    expr: `sum by (service) ${rise(select(scope, "rate_limit_store_errors_total"), "5m")}`,
    for: "2m",
    summary: "The rate limit of {{ $labels.service }} does not reach its store",
    description: "Requests pass without a limit, or are answered 503 where a policy is strict.",
  }];
}
