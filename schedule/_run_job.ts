import { runWithContext } from "../context/storage.ts";
import { sleep } from "../internal/clock.ts";
import { redactUserInfo } from "../internal/redact_user_info.ts";
import { Lease } from "./_lease.ts";
import { plan, type TickScope } from "./_publish_ticks.ts";
import { isLeased, type Row, type StoredRun } from "./_row.ts";
import type { ScheduleOutcome } from "./scheduler.ts";
import type { Schedule, ScheduledFunction, Tick } from "./schedule.ts";

const ENDING_RETRY_MS = 500;
/** Longest message of an error that is kept with a run, in characters. */
const MAX_MESSAGE = 500;

/** A function that runs. */
export interface Run {
  readonly name: string;
  /** Resolves when it has ended, and the table says so; never rejects. */
  readonly finished: Promise<void>;
  readonly isOver: boolean;
  /** Whether its time limit has passed. */
  readonly isLate: boolean;
  /** Aborts it because the process stops. */
  abort(): void;
  /** Gives its tick to another process, without waiting for it any more. */
  giveUp(): Promise<void>;
}

interface Claimed {
  readonly row: Row;
  readonly at: Date;
  readonly attempt: number;
  readonly leaseId: string;
}

/** Begins the tick of a function that is due, if another process has not; resolves when it runs. */
export async function beginRun(
  scope: TickScope,
  job: Schedule,
  action: ScheduledFunction,
): Promise<Run | undefined> {
  const claimed = await claim(scope, job, action);
  return claimed === undefined ? undefined : start(scope, job, action, claimed);
}

async function claim(
  { store, settings, recorder, definition, timing }: TickScope,
  job: Schedule,
  { leaseMs, maxAttempts }: ScheduledFunction,
): Promise<Claimed | undefined> {
  const { name } = job;
  const leaseId = crypto.randomUUID();
  let lost: Date | undefined;
  const claimed = await store.transaction(async (tx) => {
    lost = undefined;
    const row = await store.lock(tx, name);
    if (row === undefined || row.definition !== definition || isLeased(row)) return undefined;
    let [at, attempt, nextAt] = [row.running_at, row.attempts + 1, row.next_at];
    if (at !== null && row.attempts >= maxAttempts) {
      lost = at;
      await store.end(tx, name, [{ at, nextAt, run: lostRun(row, at) }]);
      return undefined;
    }
    if (at === null) {
      const due = plan(row, job, timing);
      attempt = 1;
      if (due.requested.length > 0) at = due.requested[0]!;
      else if (due.scheduled.length > 0) {
        at = due.scheduled[0]!;
        nextAt = due.scheduled[1] ?? due.nextAt;
      } else {
        if (due.nextAt > row.next_at) await store.skip(tx, name, due.nextAt);
        return undefined;
      }
    }
    await store.begin(tx, name, { at, id: leaseId, ms: leaseMs, attempts: attempt, nextAt });
    return { row, at, attempt, leaseId };
  });
  if (lost !== undefined) {
    recorder.ended(name, "lost");
    settings.logger.error("The processes that ran a schedule were killed: its tick is given up", {
      schedule: name,
      tick: lost.toISOString(),
      attempts: maxAttempts,
    });
  }
  return claimed;
}

function lostRun(row: Row, at: Date): StoredRun {
  const startedAt = row.started_at ?? row.now;
  return {
    at: at.toISOString(),
    started_at: startedAt.toISOString(),
    duration_ms: row.now.getTime() - startedAt.getTime(),
    outcome: "lost",
  };
}

function start(
  scope: TickScope,
  job: Schedule,
  action: ScheduledFunction,
  { row, at, attempt, leaseId }: Claimed,
): Run {
  const { store, settings: { logger, service }, recorder } = scope;
  const { name } = job;
  const abort = new AbortController();
  const lease = new Lease({
    renew: () => store.renew(name, leaseId, action.leaseMs),
    leaseMs: action.leaseMs,
    onLost: () => abort.abort(new Error("Another process may have the lease of this run")),
  });
  const fields = { schedule: name, tick: at.toISOString(), attempt };
  let isLate = false;
  let isStopping = false;
  let isOver = false;
  const limit = setTimeout(() => {
    isLate = true;
    abort.abort(new DOMException(`The time limit of ${action.timeoutMs} ms has passed`, "TimeoutError"));
    logger.error("A schedule has passed its time limit", { ...fields, timeout_ms: action.timeoutMs });
  }, action.timeoutMs);
  const begun = performance.now();
  const tick: Tick = { name, at, ...row.last_at !== null && { previous: row.last_at } };

  async function work(): Promise<void> {
    const failure = await call();
    clearTimeout(limit);
    const durationMs = Math.round(performance.now() - begun);
    const outcome = outcomeOf(failure);
    if (outcome === "succeeded") logger.info("A schedule ran", { ...fields, duration_ms: durationMs });
    else if (outcome !== "timed_out") {
      logger.error(outcome === "aborted" ? "A schedule was interrupted" : "A schedule failed", {
        ...fields,
        duration_ms: durationMs,
        error: failure!.error,
      });
    }
    recorder.ended(name, outcome);
    if (outcome === "aborted") await release();
    else await end(outcome, durationMs, failure);
    lease.stop();
    isOver = true;
  }

  async function call(): Promise<{ readonly error: unknown } | undefined> {
    try {
      await runWithContext(
        { service },
        async () => await action.run(tick, { signal: abort.signal, attempt }),
      );
      return undefined;
    } catch (error) {
      return { error };
    }
  }

  function outcomeOf(failure: { readonly error: unknown } | undefined): ScheduleOutcome {
    if (isLate) return "timed_out";
    if (failure === undefined) return "succeeded";
    return isStopping || lease.isLost ? "aborted" : "failed";
  }

  async function release(): Promise<void> {
    if (!lease.isLost) await store.release(name, leaseId).catch(() => {}); // it expires by itself
  }

  /** Notes the end, however often it takes, until another process may have begun the tick. */
  async function end(
    outcome: ScheduleOutcome,
    durationMs: number,
    failure: { readonly error: unknown } | undefined,
  ): Promise<void> {
    const run: StoredRun = {
      at: at.toISOString(),
      started_at: row.now.toISOString(),
      duration_ms: durationMs,
      outcome,
      ...failure !== undefined && { error: messageOf(failure.error) },
    };
    while (!lease.isLost) {
      try {
        return await store.transaction(async (tx) => {
          const current = await store.lock(tx, name, true);
          if (current === undefined) return;
          await store.end(tx, name, [{ at, run, nextAt: nextAfterRun(job, action, row, current) }], leaseId);
        });
      } catch {
        await sleep(ENDING_RETRY_MS);
      }
    }
    logger.warn(
      "A schedule ran, but its row could not be updated: another process may run its tick again",
      fields,
    );
  }

  const finished = work();
  return {
    name,
    finished,
    get isOver() {
      return isOver;
    },
    get isLate() {
      return isLate;
    },
    abort() {
      isStopping = true;
      abort.abort(new DOMException("The process stops", "AbortError"));
    },
    async giveUp() {
      if (isOver) return;
      logger.error("A schedule does not end, though it was aborted: another process begins its tick", fields);
      lease.stop();
      await release();
    },
  };
}

/** The next tick after a run: with `overlap: "skip"` those that came while it ran are left out. */
function nextAfterRun(
  job: Schedule,
  { overlap }: ScheduledFunction,
  begun: Row,
  { next_at, now, paused_at }: Row,
): Date {
  const cameMeanwhile = next_at <= now && next_at > begun.now;
  return overlap === "skip" && paused_at === null && cameMeanwhile ? job.nextAfter(now) : next_at;
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return redactUserInfo(message).slice(0, MAX_MESSAGE);
}
