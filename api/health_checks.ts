import { isoNow, MAX_TIMER_MS, withDeadline } from "../internal/clock.ts";
import type { LoggerLike } from "../logging/logger.ts";
import type { Check, HealthReport, HealthStatus } from "./health_report.ts";
import type { ServiceHealth } from "./service_health.ts";

/**
 * Checks one dependency: healthy when it returns, unhealthy when it throws, returns `false`, or takes longer than its
 * `timeoutMs`. It may also return an object with a `status` of its own. The signal aborts at the deadline.
 */
export type HealthCheck = (signal: AbortSignal) => unknown;

/** A check with options of its own. */
export interface HealthCheckOptions {
  /** Checks the dependency. */
  readonly check: HealthCheck;
  /**
   * Whether the service can not work without it: a required check that fails makes the service unhealthy and not ready, any
   * other only degraded.
   * @default true
   */
  readonly required?: boolean | undefined;
  /**
   * Milliseconds the check may take.
   * @default 2000
   */
  readonly timeoutMs?: number | undefined;
}

/** The `health` of `GlamOptions`. */
export interface HealthOptions {
  /**
   * Path of the report.
   * @default "/api/v1/health"
   */
  readonly path?: string | undefined;
  /** What the service depends on, by name. Names are public. */
  readonly checks?: Readonly<Record<string, HealthCheck | HealthCheckOptions>> | undefined;
  /** Whether the service is about to stop: then it is not ready, whatever the checks say. */
  readonly isDraining?: (() => boolean) | undefined;
}

/** The health of one service. The `createService` that it runs in adds checks of its own. */
export interface Health {
  /** Its own checks. */
  readonly checks: readonly Check[];
  /** Healthy whenever it is asked; runs no check. */
  live(): HealthReport;
  /** Whether the service is ready for requests, with the report of its checks. */
  ready(host?: ServiceHealth): Promise<{ readonly isReady: boolean; readonly report: HealthReport }>;
  /** Runs all checks. */
  report(host?: ServiceHealth): Promise<HealthReport>;
}

/** The health of a service with these checks. */
export function createHealth(service: string, logger: LoggerLike, options: HealthOptions): Health {
  const checks = Object.entries(options.checks ?? {}).map(([name, check]) =>
    createCheck(name, check, logger)
  );
  const live = () => ({ status: "healthy", service, timestamp: isoNow() }) as const;
  const report = async (host?: ServiceHealth): Promise<HealthReport> => {
    const all = host === undefined ? checks : withChecksOf(host, checks);
    const version = host?.build?.version;
    const about = { service, ...version !== undefined && { version }, timestamp: isoNow() };
    if (all.length === 0) return { status: "healthy", ...about };
    const reports = await Promise.all(all.map((check) => check.run()));
    const states = reports.map(({ status }, i) =>
      status === "unhealthy" && !all[i]!.required ? "degraded" : status
    );
    return {
      status: states.find((state) => state === "unhealthy") ?? states.find((state) => state === "degraded") ??
        "healthy",
      ...about,
      checks: Object.fromEntries(all.map(({ name }, i) => [name, reports[i]!])),
    };
  };
  return {
    checks,
    live,
    report,
    ready: async (host) => {
      if (options.isDraining?.() === true || host?.isDraining() === true) {
        return { isReady: false, report: { ...live(), status: "unhealthy" } };
      }
      const result = await report(host);
      return { isReady: result.status !== "unhealthy", report: result };
    },
  };
}

/** All checks; one of the application replaces the host's of the same name. */
function withChecksOf(host: ServiceHealth, own: readonly Check[]): readonly Check[] {
  const names = new Set(own.map(({ name }) => name));
  return [...host.checks.filter(({ name }) => !names.has(name)), ...own];
}

const DEFAULT_TIMEOUT_MS = 2000;

function createCheck(name: string, definition: HealthCheck | HealthCheckOptions, logger: LoggerLike): Check {
  const { check, required = true, timeoutMs = DEFAULT_TIMEOUT_MS } =
    (typeof definition === "function" ? { check: definition } : definition ?? {}) as Partial<
      HealthCheckOptions
    >;
  if (typeof check !== "function") {
    throw new TypeError(`Expected health check "${name}" to be a function, got ${typeof check}`);
  }
  if (!(timeoutMs > 0 && timeoutMs <= MAX_TIMER_MS)) {
    throw new RangeError(
      `Expected \`timeoutMs\` of health check "${name}" to be between 1 and ${MAX_TIMER_MS}, got ${timeoutMs}`,
    );
  }
  let running: Promise<HealthStatus> | undefined;
  let last: HealthStatus = "healthy";

  // A check that hangs is not started a second time: probes must not pile up on a dependency that is down.
  const join = () => running ??= observe(check, timeoutMs).finally(() => running = undefined);
  const settled = (status: HealthStatus, error?: unknown) => {
    if (status !== last) {
      last = status;
      if (status === "healthy") logger.info("Health check recovered", { check: name });
      else logger.warn("Health check failed", { check: name, status, ...(error !== undefined && { error }) });
    }
    return status;
  };
  return {
    name,
    required,
    run: async () => {
      const startedAt = performance.now();
      const status = await withDeadline(join(), timeoutMs, `Health check "${name}" took over ${timeoutMs} ms`)
        .then(settled, (error) => settled("unhealthy", error));
      return { status, latency_ms: Math.round((performance.now() - startedAt) * 100) / 100 };
    },
  };
}

async function observe(check: HealthCheck, timeoutMs: number): Promise<HealthStatus> {
  const result = await check(AbortSignal.timeout(timeoutMs));
  if (result === false) return "unhealthy";
  const { status } = (result ?? {}) as { status?: unknown };
  return status === "degraded" || status === "unhealthy" ? status : "healthy";
}
