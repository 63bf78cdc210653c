import type { LoggerLike } from "../logging/logger.ts";
import type { EventContract } from "../messaging/contract/define_event.ts";
import type { Outbox } from "../messaging/outbox/outbox.ts";
import type { Metrics } from "../metrics/create_metrics.ts";
import type { MissedTicks, Schedule, Tick, TickContext, TickOverlap } from "./schedule.ts";

/** When a schedule is due; options of `defineSchedule`. */
export interface ScheduleOptions {
  /**
   * A cron expression of five fields: minute, hour, day of the month, month, weekday. Without it, give `everyMs`.
   *
   * In a time zone with summer time, a schedule at one time of day runs once on each day: at the first time after the
   * hour that is left out, and in the first of the hours that there are twice.
   * @default none
   */
  readonly cron?: string | undefined;
  /**
   * Milliseconds between ticks, from 1,000. Ticks are at whole multiples since 1970, so `3_600_000` means at each full hour
   * of UTC.
   * @default none
   */
  readonly everyMs?: number | undefined;
  /**
   * Time zone of the cron expression, such as `Europe/Berlin`.
   * @default "UTC"
   */
  readonly timeZone?: string | undefined;
  /**
   * What happens with the ticks while no process ran the schedule. `once`: the last of them. `skip`: none that is over a
   * minute late. `all`: each of them.
   * @default "once"
   */
  readonly missed?: MissedTicks | undefined;
  /**
   * How many ticks `missed: "all"` makes up for, from 1 to 10,000: the last ones.
   * @default 100
   */
  readonly maxCatchUp?: number | undefined;
}

/** Options of a schedule that publishes an event. */
export interface EventScheduleOptions<Data, Input> extends ScheduleOptions {
  /** The event that a tick publishes, by the outbox of the scheduler. */
  readonly event: EventContract<Data, Input>;
  /** Gives the event's data. It runs in the transaction of the tick, and may run several times. */
  readonly data: (tick: Tick) => Input | Promise<Input>;
  /** Has no meaning for an event. */
  readonly run?: undefined;
}

/** Options of a schedule that runs a function. */
export interface RunScheduleOptions extends ScheduleOptions {
  /** The function. It runs in one process at a time. What it throws is logged, and the next tick comes as usual. */
  readonly run: (tick: Tick, context: TickContext) => unknown;
  /**
   * Time limit of a run in milliseconds: its signal aborts then. While the function goes on all the same, no other run of
   * the schedule begins.
   * @default 60000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Milliseconds after which another process begins the tick again, when the process that ran it was killed; from 500. It is
   * renewed while the function runs.
   * @default 30000
   */
  readonly leaseMs?: number | undefined;
  /**
   * How many processes may begin one tick, so that a function that kills its process does not do so for ever.
   * @default 3
   */
  readonly maxAttempts?: number | undefined;
  /**
   * What happens with ticks that come while a run still lasts: `skip` leaves them out, `wait` runs the next one after it.
   * @default "skip"
   */
  readonly overlap?: TickOverlap | undefined;
  /** Has no meaning for a function. */
  readonly event?: undefined;
  /** Has no meaning for a function. */
  readonly data?: undefined;
}

/** Options of `createScheduler`. */
export interface SchedulerOptions {
  /** The schedules of this process. */
  readonly jobs: readonly Schedule[];
  /**
   * The outbox for the events of schedules. Its relay runs beside the scheduler, or in another process.
   * @default none; needed where a schedule has an `event`
   */
  readonly outbox?: Pick<Outbox, "add"> | undefined;
  /**
   * Name of the service in the context of a run and in metrics.
   * @default that of `metrics`, else the variable `SERVICE_NAME`, else "glam-service"
   */
  readonly service?: string | undefined;
  /**
   * Name of the table, with or without a schema.
   * @default "glam_schedules"
   */
  readonly table?: string | undefined;
  /**
   * Longest pause between two looks at the table in milliseconds, from 50. A tick that this process knows does not wait for
   * it; a change by another process, such as a pause, does.
   * @default 10000
   */
  readonly pollMs?: number | undefined;
  /**
   * How long `stop()` waits for running functions before it aborts them, in milliseconds.
   * @default 10000
   */
  readonly graceMs?: number | undefined;
  /**
   * Metrics, from `createMetrics`, that show the schedules' numbers.
   * @default none
   */
  readonly metrics?: Metrics | undefined;
  /**
   * Logger for runs and failures.
   * @default createLogger(service)
   */
  readonly logger?: LoggerLike | undefined;
}
