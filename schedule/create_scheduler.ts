import type { Database } from "../db/database.ts";
import type { Sql } from "../db/sql.ts";
import { ensureTable } from "../db/table/ensure_table.ts";
import { NotFoundError } from "../errors/common.ts";
import { outsideContext } from "../internal/outside_context.ts";
import type { Engine } from "./_engine.ts";
import { type Row, toState } from "./_row.ts";
import { toSettings } from "./_settings.ts";
import { timingOf } from "./_timing.ts";
import type { SchedulerOptions } from "./options.ts";
import type { Scheduler } from "./scheduler.ts";
import { schedulesTableNamed } from "./schedules_table.ts";

/**
 * Creates a scheduler: it begins the ticks of schedules, each in one of the processes that share the table. The clock of
 * the database decides, so the clocks of the processes may differ.
 *
 * A schedule is a row. When it is due, one process writes the time of the next tick and adds the event to the outbox, in
 * one transaction: the event of a tick is published exactly as often as any other of the outbox. For a function it takes a
 * lease instead, and renews it while the function runs. The table is {@link schedulesTable}, for migrations, or created by
 * `ensureTable()`.
 *
 * When a deployment changes a schedule, the new definition holds from the start of the first process that has it. A
 * schedule that no process has any more is kept as `removed`.
 *
 * @example
 * ```ts
 * import { connectDatabase } from "@glam/shared/db";
 * import { createScheduler, defineSchedule } from "@glam/shared/schedule";
 *
 * async function main() {
 *   await using db = await connectDatabase("postgres://app:s3cret@localhost:5432/shop");
 *   const cleanUp = defineSchedule("delete-old-carts", {
 *     everyMs: 3_600_000,
 *     run: async (tick, { signal }) => {
 *       signal.throwIfAborted();
 *       await db.sql`delete from carts where touched_at < ${tick.at}::timestamptz - interval '30 days'`;
 *     },
 *   });
 *   await using scheduler = createScheduler(db, { jobs: [cleanUp] });
 *   await scheduler.ensureTable();
 *   await scheduler.start();
 * }
 * ```
 *
 * @throws {TypeError} when two schedules have one name, or a schedule has an event and there is no outbox.
 * @throws {RangeError} when a number is out of its range.
 */
export function createScheduler(db: Database, options: SchedulerOptions): Scheduler {
  const settings = toSettings(db, options);
  const table = schedulesTableNamed(settings.table);
  let engine: Engine | undefined;
  let loading: Promise<Engine> | undefined;
  let starting: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;
  // Imported at first use, so that a program without a scheduler does not load it.
  const open = () =>
    loading ??= outsideContext(() => import("./_engine.ts"))
      .then(({ Engine }) => new Engine(db, table, settings));

  async function begin(): Promise<void> {
    const opened = await open();
    if (stopping !== undefined) return;
    await opened.start();
    engine = opened;
  }

  async function end(): Promise<void> {
    await starting?.catch(() => {});
    await engine?.stop();
  }

  /** Changes one schedule, which is locked meanwhile. */
  async function change<T>(name: string, work: (row: Row, tx: Sql) => Promise<T>): Promise<T> {
    const { store } = await open();
    return await store.transaction(async (tx) => {
      const row = await store.lock(tx, name, true);
      if (row === undefined) throw new NotFoundError(`There is no schedule "${name}"`);
      return await work(row, tx);
    });
  }

  return {
    table,
    start() {
      if (stopping !== undefined) {
        return Promise.reject(new TypeError("Cannot start a scheduler that was stopped; create another one"));
      }
      return starting ??= begin();
    },
    stop: () => stopping ??= end(),
    health() {
      if (engine !== undefined) return engine.health();
      const reasons = [`The scheduler was ${stopping === undefined ? "not started" : "stopped"}`];
      return { status: "unhealthy", reasons, jobs: settings.jobs.length, running: 0 };
    },
    list: async () => (await (await open()).store.read()).map(toState),
    pause: (name) =>
      change(name, async ({ paused_at }, tx) => {
        if (paused_at !== null) return false;
        await (await open()).store.pause(tx, name);
        return true;
      }),
    resume: (name) =>
      change(name, async ({ paused_at, now, cron, every_ms, time_zone }, tx) => {
        if (paused_at === null) return false;
        const timing = timingOf({
          ...cron !== null && { cron },
          ...every_ms !== null && { everyMs: every_ms },
          timeZone: time_zone,
        });
        await (await open()).store.resume(tx, name, timing.next(now));
        return true;
      }),
    trigger: (name) =>
      change(name, async ({ now }, tx) => {
        await (await open()).store.request(tx, name, now);
        return now;
      }),
    ensureTable: () => ensureTable(db, table),
    [Symbol.asyncDispose]: () => stopping ??= end(),
  };
}
