import type { Table } from "../db/table/table.ts";

/** How a tick ended. `lost`: its process was killed, as often as it may. */
export type ScheduleOutcome = "aborted" | "failed" | "lost" | "published" | "succeeded" | "timed_out";

/** A tick that has ended. */
export interface ScheduleRun {
  /** The time that the schedule said. */
  readonly at: Date;
  /** When it began. */
  readonly startedAt: Date;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
  /** How it ended. */
  readonly outcome: ScheduleOutcome;
  /** Message of the error, if any. */
  readonly error?: string;
}

/** A schedule as the table has it. */
export interface ScheduleState {
  /** Its name. */
  readonly name: string;
  /** Its cron expression; absent with `everyMs`. */
  readonly cron?: string;
  /** Milliseconds between ticks; absent with `cron`. */
  readonly everyMs?: number;
  /** The time zone of the cron expression. */
  readonly timeZone: string;
  /**
   * `active`; `paused`; `running`: a function runs; `removed`: no process has had this schedule for five minutes.
   */
  readonly state: "active" | "paused" | "removed" | "running";
  /** The next tick. */
  readonly nextAt: Date;
  /** The last tick that was not left out. */
  readonly lastAt?: Date;
  /** How late the next tick is, in seconds; 0 while it is not due. */
  readonly lagSeconds: number;
  /** Number of definitions that it has had. */
  readonly version: number;
  /** The last 20 runs, the newest first. */
  readonly runs: readonly ScheduleRun[];
}

/** Health of a scheduler. */
export interface SchedulerHealth {
  /** `unhealthy`: it does not run, or the database does not answer. `degraded`: it works with the problems in `reasons`. */
  readonly status: "degraded" | "healthy" | "unhealthy";
  /** Why it is not healthy; empty when it is. */
  readonly reasons: readonly string[];
  /** Number of schedules of this process. */
  readonly jobs: number;
  /** Number of functions that run in this process. */
  readonly running: number;
}

/** Runs schedules. It can be started once; after `stop()` create another one. */
export interface Scheduler extends AsyncDisposable {
  /** The table, for the list of tables that migrations are generated from. */
  readonly table: Table;
  /**
   * Writes the schedules of this process into the table, and begins.
   *
   * @throws {ConfigError} when the table does not exist.
   * @throws {DatabaseError} when the database cannot be reached.
   */
  start(): Promise<void>;
  /**
   * Begins no more ticks, and waits for running functions; aborts them when the grace has passed. Never rejects; a second
   * call waits for the first.
   */
  stop(): Promise<void>;
  /** The scheduler's health. */
  health(): SchedulerHealth;
  /** All schedules of the table, also those of other processes, by name. */
  list(): Promise<ScheduleState[]>;
  /**
   * Lets no tick come until {@link Scheduler.resume}; a function that runs is not interrupted. Resolves with `false` when it
   * was paused before.
   *
   * @throws {NotFoundError} when there is no schedule of this name.
   */
  pause(name: string): Promise<boolean>;
  /**
   * Lets ticks come again, from the next one on. Resolves with `false` when it was not paused.
   *
   * @throws {NotFoundError} when there is no schedule of this name.
   */
  resume(name: string): Promise<boolean>;
  /**
   * Asks for a tick now, beside the scheduled ones, also of a paused schedule. A process that has the schedule begins it at
   * its next look at the table. Resolves with the time of that tick.
   *
   * @throws {NotFoundError} when there is no schedule of this name.
   */
  trigger(name: string): Promise<Date>;
  /**
   * Creates the table where it is missing, for a service without migrations. Several processes may call it at once. It does
   * not change an existing table.
   */
  ensureTable(): Promise<void>;
}
