import type { Sql } from "../db/sql.ts";
import type { Outbox } from "../messaging/outbox/outbox.ts";

/** One time at which a schedule is due. */
export interface Tick {
  /** Name of the schedule. */
  readonly name: string;
  /** The time that the schedule says, however late the work begins. */
  readonly at: Date;
  /** The tick before, of those that were not left out; absent at the first. */
  readonly previous?: Date;
}

/** What a function of a schedule gets beside its tick. */
export interface TickContext {
  /** Aborts at the time limit, when the process stops, and when the lease of the run was lost. */
  readonly signal: AbortSignal;
  /** How many processes have begun this tick, from 1: it is more after one was killed. */
  readonly attempt: number;
}

/** What happens with ticks while no process ran the schedule: the last one, none, or all of them. */
export type MissedTicks = "all" | "once" | "skip";

/** What happens with a tick that comes while the last one still runs. */
export type TickOverlap = "skip" | "wait";

/** When a schedule is due. */
export interface ScheduleTiming {
  /** A cron expression of five fields; absent with `everyMs`. */
  readonly cron?: string;
  /** Milliseconds between ticks; absent with `cron`. */
  readonly everyMs?: number;
  /** The time zone of the cron expression. */
  readonly timeZone: string;
}

/** A schedule that publishes an event. */
export interface ScheduledEvent {
  /** What kind of action it is. */
  readonly type: "event";
  /** Subject of the event. */
  readonly subject: string;
  /** Adds the event of a tick to an outbox. */
  add(outbox: Pick<Outbox, "add">, tx: Sql, tick: Tick, key: string): Promise<unknown>;
}

/** A schedule that runs a function. */
export interface ScheduledFunction {
  /** What kind of action it is. */
  readonly type: "run";
  /** The function. */
  run(tick: Tick, context: TickContext): unknown;
  /** Time limit in milliseconds. */
  readonly timeoutMs: number;
  /** How long a killed process keeps others from the tick, in milliseconds. */
  readonly leaseMs: number;
  /** How many processes may begin one tick. */
  readonly maxAttempts: number;
  /** What happens with a tick that comes while the last one still runs. */
  readonly overlap: TickOverlap;
}

/** A schedule: see `defineSchedule`. */
export interface Schedule extends ScheduleTiming {
  /** Its name. */
  readonly name: string;
  /** What happens with ticks while no process ran the schedule. */
  readonly missed: MissedTicks;
  /** How many ticks `missed: "all"` makes up for, at most. */
  readonly maxCatchUp: number;
  /** What happens at a tick. */
  readonly action: ScheduledEvent | ScheduledFunction;
  /** The first tick after a time. */
  nextAfter(time: Date): Date;
}
