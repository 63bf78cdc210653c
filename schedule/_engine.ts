import type { Database } from "../db/database.ts";
import { isInTransaction } from "../db/transaction/in_transaction.ts";
import type { Table } from "../db/table/table.ts";
import { fullJitter } from "../internal/backoff.ts";
import { outsideContext } from "../internal/outside_context.ts";
import { definitionOf, enroll } from "./_definition.ts";
import { publishTicks } from "./_publish_ticks.ts";
import { Recorder, showSchedules } from "./_recorder.ts";
import { dueAt, lagSeconds, type Row } from "./_row.ts";
import { beginRun, type Run } from "./_run_job.ts";
import { schedulerHealth } from "./_scheduler_health.ts";
import type { Settings } from "./_settings.ts";
import { Store } from "./_store.ts";
import { type Timing, timingOf } from "./_timing.ts";
import type { SchedulerHealth } from "./scheduler.ts";
import type { Schedule } from "./schedule.ts";

const RETRY = { minDelayMs: 500, maxDelayMs: 30_000, factor: 2 };
/** How often a process says that it has its schedules. */
const SEEN_EVERY_MS = 60_000;
/** How long aborted functions may take to end. */
const ABORT_MS = 1000;
/** A timer of a runtime may be early by a millisecond, and the clocks of two machines drift. */
const SHORTEST_PAUSE_MS = 5;

/** Waits for the ticks of schedules, and begins them. */
export class Engine {
  readonly store: Store;
  readonly #db: Database;
  readonly #settings: Settings;
  readonly #recorder: Recorder;
  /** Reading a cron expression takes longer than asking it for a tick. */
  readonly #timings: ReadonlyMap<Schedule, Timing>;
  /** The rows of this process's schedules as they were last read, and when that was. */
  #rows: readonly Row[] = [];
  #readAt: number | undefined;
  #seenAt = -Infinity;
  #databaseFailures = 0;
  /** Schedules whose events cannot be added, with the number of failures and the time of the next attempt. */
  readonly #failing = new Map<string, { readonly count: number; readonly until: number }>();
  readonly #running = new Map<string, Run>();
  #stopping = false;
  #wake: () => void = () => {};
  #wasWoken = false;
  #loop: Promise<void> | undefined;
  #hideMetrics: () => void = () => {};

  constructor(db: Database, table: Table, settings: Settings) {
    this.#db = db;
    this.#settings = settings;
    this.store = new Store(db, table);
    this.#timings = new Map(settings.jobs.map((job) => [job, timingOf(job)]));
    this.#recorder = new Recorder(settings.service, () => this.#lags());
  }

  async start(): Promise<void> {
    const { jobs, logger, metrics } = this.#settings;
    if (isInTransaction(this.#db)) {
      throw new TypeError("Cannot start a scheduler within a transaction: it would be a part of it");
    }
    await this.store.read([]); // says that the table is missing, also without schedules
    for (const job of jobs) await enroll(this.store, job, logger);
    this.#seenAt = performance.now();
    if (metrics !== undefined) this.#hideMetrics = await showSchedules(metrics, this.#recorder);
    if (jobs.length > 0) this.#loop = outsideContext(() => this.#run());
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wakeUp();
    await this.#loop;
    const runs = [...this.#running.values()];
    await settled(runs, this.#settings.graceMs);
    const late = runs.filter(({ isOver }) => !isOver);
    for (const run of late) run.abort();
    await settled(late, ABORT_MS);
    await Promise.all(late.map((run) => run.giveUp()));
    this.#hideMetrics();
  }

  health(): SchedulerHealth {
    return schedulerHealth({
      isStopping: this.#stopping,
      jobs: this.#settings.jobs,
      rows: this.#rows,
      silentMs: this.#readAt === undefined ? 0 : performance.now() - this.#readAt,
      isDatabaseAway: this.#databaseFailures > 0,
      pollMs: this.#settings.pollMs,
      lags: new Map(this.#lags()),
      failing: [...this.#failing.keys()],
      running: [...this.#running.values()],
    });
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      let pauseMs: number;
      try {
        pauseMs = await this.#look() ? 0 : this.#untilNextMs();
        if (this.#databaseFailures > 0) this.#settings.logger.info("The scheduler reads its table again");
        this.#databaseFailures = 0;
      } catch (error) {
        if (this.#databaseFailures++ === 0) {
          this.#settings.logger.warn("The scheduler cannot read its table, and tries again", { error });
        }
        pauseMs = fullJitter(this.#databaseFailures, RETRY) + SHORTEST_PAUSE_MS;
      }
      if (!this.#stopping && pauseMs > 0) await this.#pause(pauseMs);
    }
  }

  /** Reads the table and begins what is due; resolves with whether there was anything. */
  async #look(): Promise<boolean> {
    const { jobs, logger } = this.#settings;
    await this.#sayThatTheyAreHere();
    this.#rows = await this.store.read(jobs.map(({ name }) => name));
    this.#readAt = performance.now();
    let found = false;
    for (const row of this.#rows) {
      const job = jobs.find(({ name }) => name === row.name)!;
      if (this.#stopping || !this.#isMine(row, job) || this.#isBusy(job) || dueAt(row) > row.now) continue;
      try {
        found = await this.#begin(job) || found;
        this.#failing.delete(job.name);
      } catch (error) {
        const count = (this.#failing.get(job.name)?.count ?? 0) + 1;
        const delayMs = Math.min(RETRY.minDelayMs * RETRY.factor ** count, RETRY.maxDelayMs);
        this.#failing.set(job.name, { count, until: performance.now() + delayMs });
        this.#recorder.ended(job.name, "failed");
        if (!isPowerOfTwo(count)) continue; // a line for each attempt would hide the others
        logger.error("A schedule could not begin its tick, and tries again", {
          schedule: job.name,
          attempt: count,
          error,
        });
      }
    }
    return found;
  }

  async #begin(job: Schedule): Promise<boolean> {
    const scope = {
      store: this.store,
      settings: this.#settings,
      recorder: this.#recorder,
      definition: definitionOf(job),
      timing: this.#timings.get(job)!,
    };
    if (job.action.type === "event") return await publishTicks(scope, job, job.action);
    const run = await beginRun(scope, job, job.action);
    if (run === undefined) return false;
    this.#running.set(job.name, run);
    run.finished.finally(() => {
      this.#running.delete(job.name);
      this.#wakeUp();
    });
    return true;
  }

  async #sayThatTheyAreHere(): Promise<void> {
    const { jobs, logger } = this.#settings;
    if (performance.now() - this.#seenAt < SEEN_EVERY_MS) return;
    await this.store.seen(new Map(jobs.map((job) => [job.name, definitionOf(job)])));
    for (const job of jobs) {
      const row = this.#rows.find(({ name }) => name === job.name);
      if (row === undefined || !this.#isMine(row, job)) await enroll(this.store, job, logger);
    }
    this.#seenAt = performance.now();
  }

  #isMine(row: Row, job: Schedule): boolean {
    return row.definition === definitionOf(job);
  }

  #isBusy({ name }: Schedule): boolean {
    const failing = this.#failing.get(name);
    return this.#running.has(name) || (failing !== undefined && failing.until > performance.now());
  }

  /** Milliseconds until the next tick that this process knows of, at most `pollMs`. */
  #untilNextMs(): number {
    const { jobs, pollMs } = this.#settings;
    const sinceRead = performance.now() - this.#readAt!;
    let least = pollMs;
    for (const row of this.#rows) {
      const job = jobs.find(({ name }) => name === row.name)!;
      if (!this.#isMine(row, job)) continue;
      const failing = this.#failing.get(job.name);
      const waitsMs = failing === undefined
        ? dueAt(row).getTime() - row.now.getTime() - sinceRead
        : failing.until - performance.now();
      if (!this.#running.has(job.name)) least = Math.min(least, waitsMs);
    }
    return Math.max(SHORTEST_PAUSE_MS, least);
  }

  *#lags(): Iterable<readonly [name: string, seconds: number]> {
    if (this.#readAt === undefined) return;
    const since = performance.now() - this.#readAt;
    for (const row of this.#rows) {
      yield [row.name, lagSeconds({ ...row, now: new Date(row.now.getTime() + since) })];
    }
  }

  #pause(ms: number): Promise<void> {
    if (this.#wasWoken) {
      this.#wasWoken = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#wasWoken = false;
        this.#wake = () => {};
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#wake = end;
    });
  }

  #wakeUp(): void {
    this.#wasWoken = true;
    this.#wake();
  }
}

async function settled(runs: readonly Run[], ms: number): Promise<void> {
  if (runs.length === 0) return;
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, ms);
  await Promise.race([Promise.all(runs.map(({ finished }) => finished)), late.promise]);
  clearTimeout(timer);
}

function isPowerOfTwo(count: number): boolean {
  return (count & (count - 1)) === 0;
}
