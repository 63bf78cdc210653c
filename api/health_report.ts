/** State of a service or of something it depends on. */
export type HealthStatus = "degraded" | "healthy" | "unhealthy";

/** What a health endpoint says. */
export interface HealthReport {
  /** State of the service. */
  readonly status: HealthStatus;
  /** Name of the service. */
  readonly service: string;
  /** Version of the service, where it runs in a `createService` that knows one. */
  readonly version?: string;
  /** Time of the report, ISO 8601, UTC. */
  readonly timestamp: string;
  /** The report of each check, by name; absent where there are no checks. */
  readonly checks?: Readonly<Record<string, CheckReport>>;
}

/** The result of one check. Why it failed is in the log only. */
export interface CheckReport {
  /** State of the dependency. */
  readonly status: HealthStatus;
  /** Milliseconds that the check took. */
  readonly latency_ms: number;
}

/** One check that can be run. */
export interface Check {
  /** Its name, which is public. */
  readonly name: string;
  /** Whether the service cannot work without it. */
  readonly required: boolean;
  /** Checks the dependency; never rejects. */
  run(): Promise<CheckReport>;
}
