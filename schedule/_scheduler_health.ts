import { definitionOf } from "./_definition.ts";
import type { Row } from "./_row.ts";
import type { Run } from "./_run_job.ts";
import type { SchedulerHealth } from "./scheduler.ts";
import type { Schedule } from "./schedule.ts";

/** How late a tick may be before the scheduler is degraded, in seconds. */
const LATE_SECONDS = 60;

/** State of a scheduler. */
export interface SchedulerState {
  readonly isStopping: boolean;
  readonly jobs: readonly Schedule[];
  readonly rows: readonly Row[];
  /** How long ago the table was read. */
  readonly silentMs: number;
  readonly isDatabaseAway: boolean;
  readonly pollMs: number;
  readonly lags: ReadonlyMap<string, number>;
  /** Schedules whose events cannot be added. */
  readonly failing: readonly string[];
  readonly running: readonly Run[];
}

/** The health of a started scheduler. */
export function schedulerHealth(state: SchedulerState): SchedulerHealth {
  const { jobs, running } = state;
  const counts = { jobs: jobs.length, running: running.length };
  const broken = state.isStopping
    ? "The scheduler was stopped"
    : state.isDatabaseAway || state.silentMs > 3 * state.pollMs + 5000
    ? "The database does not answer"
    : undefined;
  if (broken !== undefined) return { status: "unhealthy", reasons: [broken], ...counts };
  const reasons = [
    ...[...state.lags].filter(([, seconds]) => seconds > LATE_SECONDS).map(([name, seconds]) =>
      `${name} is ${Math.round(seconds)} s late`
    ),
    ...state.failing.map((name) => `${name} cannot begin its tick`),
    ...running.filter(({ isLate }) => isLate).map(({ name }) => `${name} goes on after its time limit`),
    ...state.rows.filter((row) => isOutdated(row, jobs)).map(({ name }) =>
      `${name} has a newer definition in other processes`
    ),
  ];
  return { status: reasons.length === 0 ? "healthy" : "degraded", reasons, ...counts };
}

function isOutdated(row: Row, jobs: readonly Schedule[]): boolean {
  const job = jobs.find(({ name }) => name === row.name);
  return job !== undefined && definitionOf(job) !== row.definition;
}
