/** State of a service or of something it depends on. */
export type HealthStatus = "degraded" | "healthy" | "unhealthy";

/** What a health endpoint says. */
export interface HealthReport {
  /** State of the whole. */
  readonly status: HealthStatus;
  /** Name of the service. */
  readonly service: string;
  /** When, in ISO 8601 UTC. */
  readonly timestamp: string;
  /** Each check, where there are any. */
  readonly checks?: Readonly<Record<string, CheckReport>>;
}

/** What the report says of one check: no cause, which is for the log. */
export interface CheckReport {
  /** State of the dependency. */
  readonly status: HealthStatus;
  /** Milliseconds it took to say so. */
  readonly latency_ms: number;
}

/** One check that can be run. */
export interface Check {
  /** Its name, which is public. */
  readonly name: string;
  /** Whether the service cannot work without it. */
  readonly required: boolean;
  /** Looks at the dependency; never rejects. */
  run(): Promise<CheckReport>;
}
