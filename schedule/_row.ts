import type { ScheduleOutcome, ScheduleRun, ScheduleState } from "./scheduler.ts";

/** How long a schedule counts as that of a running process after it was last seen, in milliseconds. */
export const SEEN_MS: number = 5 * 60_000;

/** A run in the column `runs`. */
export interface StoredRun {
  readonly at: string;
  readonly started_at: string;
  readonly duration_ms: number;
  readonly outcome: ScheduleOutcome;
  readonly error?: string;
}

/** A row of the table, beside the time of the database. */
export interface Row {
  readonly now: Date;
  readonly name: string;
  readonly cron: string | null;
  readonly every_ms: number | null;
  readonly time_zone: string;
  readonly definition: string;
  readonly superseded: readonly string[];
  readonly version: number;
  readonly seen_at: Date;
  readonly next_at: Date;
  readonly last_at: Date | null;
  readonly requested_at: Date | null;
  readonly paused_at: Date | null;
  readonly running_at: Date | null;
  readonly started_at: Date | null;
  readonly attempts: number;
  readonly lease_until: Date | null;
  readonly runs: readonly StoredRun[];
}

/** Whether a process has begun a tick, and neither ended nor lost its lease. */
export function isLeased({ running_at, lease_until, now }: Row): boolean {
  return running_at !== null && lease_until !== null && lease_until > now;
}

/** When something is to be done for a schedule. */
export function dueAt(row: Row): Date {
  if (row.running_at !== null) return row.lease_until!; // what its process does not do, another one does after that
  if (row.requested_at !== null && (row.paused_at !== null || row.requested_at < row.next_at)) {
    return row.requested_at;
  }
  return row.paused_at === null ? row.next_at : NEVER;
}

const NEVER = new Date(8.64e15);

/** How late the next tick is, in seconds. */
export function lagSeconds({ now, next_at, paused_at, running_at }: Row): number {
  if (paused_at !== null || running_at !== null) return 0;
  return Math.max(0, (now.getTime() - next_at.getTime()) / 1000);
}

/** A row as `Scheduler.list` gives it. */
export function toState(row: Row): ScheduleState {
  return {
    name: row.name,
    ...row.cron !== null && { cron: row.cron },
    ...row.every_ms !== null && { everyMs: row.every_ms },
    timeZone: row.time_zone,
    state: stateOf(row),
    nextAt: row.next_at,
    ...row.last_at !== null && { lastAt: row.last_at },
    lagSeconds: lagSeconds(row),
    version: row.version,
    runs: row.runs.map(toRun),
  };
}

function stateOf(row: Row): ScheduleState["state"] {
  if (row.now.getTime() - row.seen_at.getTime() > SEEN_MS) return "removed";
  if (isLeased(row)) return "running";
  return row.paused_at === null ? "active" : "paused";
}

function toRun({ at, started_at, duration_ms, outcome, error }: StoredRun): ScheduleRun {
  return {
    at: new Date(at),
    startedAt: new Date(started_at),
    durationMs: duration_ms,
    outcome,
    ...error !== undefined && { error },
  };
}
