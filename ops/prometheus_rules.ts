import { assertNumber } from "../internal/assert_number.ts";
import { DEFAULT_BUCKETS } from "../metrics/http_recorder.ts";
import { clientAlerts } from "./_client_alerts.ts";
import { databaseAlerts } from "./_database_alerts.ts";
import { guardAlerts } from "./_guard_alerts.ts";
import { instanceAlerts } from "./_instance_alerts.ts";
import { listenerAlerts } from "./_listener_alerts.ts";
import { outboxAlerts } from "./_outbox_alerts.ts";
import { scheduleAlerts } from "./_schedule_alerts.ts";
import { sloRules } from "./_slo_rules.ts";
import { writeRules } from "./_write_rules.ts";

/** What a service promises its callers, over 30 days. */
export interface ServiceObjectives {
  /**
   * Share of requests that are answered without a 5xx, from 0.95.
   *
   * @default 0.999
   */
  readonly availability?: number | undefined;
  /**
   * How many requests are answered how fast; `false` for no alerts of latency.
   *
   * @default { seconds: 0.25, ratio: 0.99 }
   */
  readonly latency?: LatencyObjective | false | undefined;
}

/** How many requests are answered how fast. */
export interface LatencyObjective {
  /** A bound of the buckets of `http_request_duration_seconds`. */
  readonly seconds: number;
  /** Share of the requests that take no longer, from 0.95. */
  readonly ratio: number;
}

/** The options of {@link prometheusRules}. */
export interface PrometheusRulesOptions {
  /**
   * The service that the rules are for. Rules of several services can be loaded side by side.
   *
   * @default each service that is scraped, by itself
   */
  readonly service?: string | undefined;
  /**
   * What the service promises.
   *
   * @default 99.9 % of requests without a 5xx, 99 % within 250 ms
   */
  readonly objectives?: ServiceObjectives | undefined;
  /**
   * The buckets that the service was given, where they are not the default ones.
   *
   * @default those of `createMetrics`
   */
  readonly buckets?: readonly number[] | undefined;
  /**
   * How many failures a window needs before their share counts, so that one error at night wakes nobody.
   *
   * @default 10
   */
  readonly minFailures?: number | undefined;
  /**
   * The memory limit of a process in bytes, for an alert before it is reached.
   *
   * @default no alert
   */
  readonly memoryLimitBytes?: number | undefined;
  /**
   * The page of runbooks. Each alert links to the heading with its name there.
   *
   * @default docs/operations.md of this package
   */
  readonly runbookUrl?: string | undefined;
  /**
   * Values of the label `severity`.
   *
   * @default { page: "page", ticket: "ticket" }
   */
  readonly severities?:
    | { readonly page?: string | undefined; readonly ticket?: string | undefined }
    | undefined;
  /**
   * Labels for every alert, as Alertmanager routes by them.
   *
   * @default {}
   */
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

const RUNBOOK = "https://github.com/glam/shared/blob/main/docs/operations.md";

/**
 * Writes alerts for Prometheus, as the YAML of a file of rules: error budgets that burn too fast, and what goes wrong in
 * messaging, the outbox, schedules, the database, calls of other services and the processes.
 *
 * A service that has no such part has no such series, and the alerts of that part do not fire.
 *
 * ```ts
 * import { prometheusRules } from "@glam/shared/ops";
 *
 * const yaml = prometheusRules({ service: "catalog", objectives: { availability: 0.9995 } });
 * console.log(yaml.includes("alert: GlamErrorBudgetBurnFast")); // true
 * ```
 *
 * @throws {TypeError | RangeError} when an option is not what it has to be, such as a latency that is no bucket's bound.
 */
export function prometheusRules(options: PrometheusRulesOptions = {}): string {
  const { service, memoryLimitBytes, minFailures = 10, runbookUrl = RUNBOOK, labels = {} } = options;
  const { availability = 0.999, latency = { seconds: 0.25, ratio: 0.99 } } = options.objectives ?? {};
  const { page = "page", ticket = "ticket" } = options.severities ?? {};
  assertName("service", service);
  assertRatio("objectives.availability", availability);
  if (latency !== false) assertLatency(latency, options.buckets ?? DEFAULT_BUCKETS);
  assertNumber("minFailures", minFailures, 0);
  if (memoryLimitBytes !== undefined) assertNumber("memoryLimitBytes", memoryLimitBytes, 1);
  assertName("runbookUrl", runbookUrl);
  assertName("severities.page", page);
  assertName("severities.ticket", ticket);
  assertLabels(labels);

  const settings = { service, availability, latency: latency || undefined, minFailures, memoryLimitBytes };
  return writeRules([
    ...sloRules(settings),
    { name: "glam-instances", rules: instanceAlerts(settings) },
    { name: "glam-guards", rules: guardAlerts(settings) },
    { name: "glam-listeners", rules: listenerAlerts(settings) },
    { name: "glam-outbox", rules: outboxAlerts(settings) },
    { name: "glam-schedules", rules: scheduleAlerts(settings) },
    { name: "glam-database", rules: databaseAlerts(settings) },
    { name: "glam-clients", rules: clientAlerts(settings) },
  ], { severities: { page, ticket }, runbookUrl, labels });
}

function assertName(option: string, value: string | undefined): void {
  if (value === undefined || (typeof value === "string" && value !== "")) return;
  throw new TypeError(`Expected \`${option}\` to be a text, got ${JSON.stringify(value)}`);
}

/** Below 0.95 a service that fails every request would not burn its budget 14.4 times too fast. */
function assertRatio(option: string, value: number): void {
  if (value >= 0.95 && value < 1) return;
  throw new RangeError(`Expected \`${option}\` to be from 0.95 to below 1, got ${value}`);
}

function assertLatency({ seconds, ratio }: LatencyObjective, buckets: readonly number[]): void {
  assertRatio("objectives.latency.ratio", ratio);
  if (buckets.includes(seconds)) return;
  throw new RangeError(
    `Expected \`objectives.latency.seconds\` to be a bound of the buckets, ${
      buckets.join(", ")
    }, got ${seconds}`,
  );
}

function assertLabels(labels: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(labels)) {
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) || name === "severity") {
      throw new TypeError(
        `Expected \`labels\` to have names of labels other than severity, got ${JSON.stringify(name)}`,
      );
    }
    assertName(`labels.${name}`, value);
  }
}
