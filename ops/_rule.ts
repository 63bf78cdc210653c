/** How urgent an alert is: `page` wakes somebody, `ticket` waits for the morning. */
export type Severity = "page" | "ticket";

/** A rule that records a series. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

/** A rule that alerts. */
export interface AlertRule {
  /** The name, which is also its heading in the runbook. */
  readonly alert: string;
  readonly severity: Severity;
  /** Each series of the result is one alert. */
  readonly expr: string;
  /** How long the expression has to hold: `5m`. */
  readonly for?: string;
  /** One line with templates of Prometheus: what is wrong, and where. */
  readonly summary: string;
  /** What it means for users. */
  readonly description: string;
}

/** Rules that are evaluated one after the other. */
export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly (AlertRule | RecordingRule)[];
}
