import type { Database } from "../db/database.ts";
import { assertWhole } from "../internal/assert_number.ts";
import { MAX_TIMER_MS } from "../internal/clock.ts";
import { readEnv } from "../internal/environment.ts";
import { createLogger } from "../logging/create_logger.ts";
import type { LoggerLike } from "../logging/logger.ts";
import { toStructured } from "../logging/structured_logger.ts";
import type { Metrics } from "../metrics/create_metrics.ts";
import type { Outbox } from "../messaging/outbox/outbox.ts";
import type { SchedulerOptions } from "./options.ts";
import type { Schedule } from "./schedule.ts";

/** Validated options of a scheduler, with defaults. */
export interface Settings {
  readonly jobs: readonly Schedule[];
  readonly outbox: Pick<Outbox, "add"> | undefined;
  readonly service: string;
  readonly table: string;
  readonly pollMs: number;
  readonly graceMs: number;
  readonly metrics: Metrics | undefined;
  readonly logger: LoggerLike;
}

/** Validates the options of a scheduler. */
export function toSettings(db: Database, options: SchedulerOptions): Settings {
  const { jobs, outbox, metrics } = options;
  const { service = metrics?.service ?? readEnv("SERVICE_NAME") ?? "glam-service" } = options;
  const { table = "glam_schedules", pollMs = 10_000, graceMs = 10_000 } = options;
  if (typeof db?.transaction !== "function") {
    throw new TypeError("Expected `db` to be a database of connectDatabase()");
  }
  if (!Array.isArray(jobs)) {
    throw new TypeError(`Expected \`jobs\` to be a list of schedules, got ${typeof jobs}`);
  }
  const names = new Set<string>();
  for (const [index, job] of (jobs as readonly Schedule[]).entries()) {
    if (typeof job?.nextAfter !== "function") {
      throw new TypeError(`Expected \`jobs[${index}]\` to be a schedule of defineSchedule()`);
    }
    if (names.has(job.name)) {
      throw new TypeError(`Expected each schedule to have its own name, got "${job.name}" twice`);
    }
    names.add(job.name);
    if (job.action.type === "event" && outbox === undefined) {
      throw new TypeError(`Expected \`outbox\` beside "${job.name}", which publishes an event, got none`);
    }
  }
  if (outbox !== undefined && typeof outbox?.add !== "function") {
    throw new TypeError("Expected `outbox` to be an outbox of createOutbox()");
  }
  assertWhole("pollMs", pollMs, 50, MAX_TIMER_MS);
  assertWhole("graceMs", graceMs, 0, MAX_TIMER_MS);
  const logger = toStructured(options.logger) ?? createLogger(service);
  return { jobs, outbox, service, table, pollMs, graceMs, metrics, logger };
}
