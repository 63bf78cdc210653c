/**
 * Work that is due at certain times: a tick publishes an event by the outbox, or runs a function in one of the processes.
 *
 * Use it for nightly syncs, clean-ups and everything else that a cron job does. It needs Postgres and nothing else: of all
 * processes that share the table, one begins each tick.
 *
 * ```ts
 * import { defineSchedule } from "@glam/shared/schedule";
 *
 * const report = defineSchedule("weekly-report", {
 *   cron: "0 8 * * MON",
 *   timeZone: "Europe/Berlin",
 *   run: (tick) => console.log(`report of ${tick.at.toISOString()}`),
 * });
 *
 * console.log(report.nextAfter(new Date("2026-01-01T00:00:00Z")).toISOString()); // 2026-01-05T07:00:00.000Z
 * ```
 *
 * @module
 */

export { createScheduler } from "./create_scheduler.ts";
export { defineSchedule } from "./define_schedule.ts";
export type {
  EventScheduleOptions,
  RunScheduleOptions,
  ScheduleOptions,
  SchedulerOptions,
} from "./options.ts";
export type {
  MissedTicks,
  Schedule,
  ScheduledEvent,
  ScheduledFunction,
  ScheduleTiming,
  Tick,
  TickContext,
  TickOverlap,
} from "./schedule.ts";
export type { ScheduleOutcome, Scheduler, SchedulerHealth, ScheduleRun, ScheduleState } from "./scheduler.ts";
export { schedulesTable } from "./schedules_table.ts";
