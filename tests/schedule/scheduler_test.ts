import type { Database } from "@glam/shared/db";
import { createOutbox } from "@glam/shared/messaging";
import { createMetrics } from "@glam/shared/metrics";
import {
  createScheduler,
  defineSchedule,
  type Schedule,
  type Scheduler,
  type SchedulerOptions,
  type Tick,
  type TickContext,
} from "@glam/shared/schedule";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { recordingLogger } from "../_support/recording_logger.ts";
import { waitFor } from "../_support/wait_for.ts";
import { Due, openSchedules, type ScheduleSetting } from "./_schedules.ts";

const SILENT = recordingLogger().logger;

/** A schedule whose event carries its tick. */
function every(cron: string, more: Partial<Schedule> = {}, name = "job"): Schedule {
  return defineSchedule(name, {
    cron,
    event: Due,
    data: (tick) => ({ tick: tick.at.toISOString().slice(0, 16) }),
    ...more as object,
  });
}

function scheduler(db: Database, jobs: Schedule[], more: Partial<SchedulerOptions> = {}): Scheduler {
  const outbox = createOutbox(db, { service: "test", logger: SILENT });
  return createScheduler(db, { jobs, outbox, pollMs: 50, logger: SILENT, ...more });
}

/** What the table says of a schedule. */
async function stateOf(of: Scheduler, name = "job") {
  return (await of.list()).find((state) => state.name === name)!;
}

describe("a schedule with an event", () => {
  it("publishes each tick once, in whichever process, by the clock of the database", async () => {
    // The clock of the processes is years off.
    await using setting = await openSchedules("2031-05-05T10:09:30Z");
    const pools = await Promise.all([1, 2, 3].map(() => setting.connect()));
    const schedulers = pools.map((pool) => scheduler(pool, [every("*/10 * * * *")]));
    await Promise.all(schedulers.map((each) => each.start()));
    assert.deepEqual(await setting.published(), []);
    const expected: string[] = [];
    for (const minute of ["10", "20", "30", "40", "50"]) {
      await setting.setClock(`2031-05-05T10:${minute}:00Z`);
      expected.push(`2031-05-05T10:${minute}`);
      await waitFor(async () => (await setting.published()).length === expected.length);
    }
    const [state] = await schedulers[0]!.list();
    assert.equal(state!.nextAt.toISOString(), "2031-05-05T11:00:00.000Z");
    assert.equal(state!.lastAt!.toISOString(), "2031-05-05T10:50:00.000Z");
    assert.deepEqual(state!.runs.map(({ outcome }) => outcome), Array(5).fill("published"));
    await Promise.all(schedulers.map((each) => each.stop()));
    assert.deepEqual(await setting.published(), expected);
    const keys = await setting.db.sql`select key, message_id from glam_outbox order by id limit 1`;
    assert.equal(keys[0]!["key"], "job@2031-05-05T10:10:00.000Z");
    assert.equal(keys[0]!["message_id"], "cmd.test.work.do.v1:job@2031-05-05T10:10:00.000Z");
    await Promise.all(pools.map((pool) => pool.close()));
  });

  it("whose processes were all away makes up for the last tick, for none, or for all", async () => {
    for (
      const [missed, expected] of [
        ["once", ["2031-05-05T12:40"]],
        ["skip", []],
        ["all", ["2031-05-05T12:20", "2031-05-05T12:30", "2031-05-05T12:40"]],
      ] as const
    ) {
      await using setting = await openSchedules("2031-05-05T10:05:00Z");
      const job = every("*/10 * * * *", { missed, maxCatchUp: 3 });
      await using before = scheduler(setting.db, [job]);
      await before.start();
      await before.stop();
      await setting.setClock("2031-05-05T12:45:00Z");
      await using after = scheduler(setting.db, [job]);
      await after.start();
      await waitFor(async () => (await stateOf(after)).nextAt.toISOString() === "2031-05-05T12:50:00.000Z");
      assert.deepEqual(await setting.published(), expected, missed);
    }
  });

  it("says when the tick was due, and when the one before, however late it is", async () => {
    await using setting = await openSchedules("2031-05-05T10:05:00Z");
    const ticks: Tick[] = [];
    const job = defineSchedule("job", {
      cron: "*/10 * * * *",
      event: Due,
      data: (tick) => (ticks.push(tick), { tick: "" }),
    });
    await using running = scheduler(setting.db, [job]);
    await running.start();
    await setting.setClock("2031-05-05T10:14:00Z");
    await waitFor(() => ticks.length === 1);
    await setting.setClock("2031-05-05T10:21:00Z");
    await waitFor(() => ticks.length === 2);
    const [first, second] = [new Date("2031-05-05T10:10Z"), new Date("2031-05-05T10:20Z")];
    assert.deepEqual(ticks, [{ name: "job", at: first }, { name: "job", at: second, previous: first }]);
  });

  it("that cannot make its event loses no tick: it tries again, and says so", async () => {
    await using setting = await openSchedules("2031-05-05T10:05:00Z");
    const { logger, entries } = recordingLogger();
    let broken = true;
    const job = defineSchedule("job", {
      cron: "*/10 * * * *",
      event: Due,
      data(tick) {
        if (broken) throw new TypeError("no data today");
        return { tick: tick.at.toISOString() };
      },
    });
    await using running = scheduler(setting.db, [job, every("*/10 * * * *", {}, "other")], { logger });
    await running.start();
    await setting.setClock("2031-05-05T10:10:00Z");
    await waitFor(() => running.health().status === "degraded");
    assert.deepEqual(running.health().reasons, ["job cannot begin its tick"]);
    await waitFor(async () => (await setting.published()).length === 1, "the other schedule goes on");
    const [line] = entries.filter(({ level }) => level === "error");
    assert.equal(line!.message, "A schedule could not begin its tick, and tries again");
    assert.deepEqual([line!.fields["schedule"], String(line!.fields["error"])], [
      "job",
      "TypeError: no data today",
    ]);
    broken = false;
    await waitFor(async () => (await setting.published()).length === 2);
    await waitFor(() => running.health().status === "healthy");
  });

  it("that was changed is due by its new definition at once, while older processes go on", async () => {
    await using setting = await openSchedules("2031-05-05T10:05:00Z");
    const { logger, entries } = recordingLogger();
    const older = every("*/10 * * * *");
    const newer = every("*/7 * * * *");
    await using old = scheduler(setting.db, [older], { logger });
    await old.start();
    await using deployed = scheduler(setting.db, [newer]);
    await deployed.start();
    assert.equal((await stateOf(deployed)).nextAt.toISOString(), "2031-05-05T10:07:00.000Z");
    assert.equal((await stateOf(deployed)).version, 2);
    await waitFor(() => old.health().reasons[0] === "job has a newer definition in other processes");
    // An older process that starts again meanwhile does not bring the old definition back.
    await using restarted = scheduler(setting.db, [older], { logger });
    await restarted.start();
    await setting.setClock("2031-05-05T10:10:00Z");
    await waitFor(async () => (await setting.published()).length === 1);
    assert.deepEqual(await setting.published(), ["2031-05-05T10:07"]);
    assert.equal((await stateOf(deployed)).version, 2);
    assert.ok(
      entries.some(({ message }) => message.startsWith("A newer definition of a schedule is in force")),
    );
    // Five minutes after the last process with the newer one it does: that is a deployment that was rolled back.
    await deployed.stop();
    await setting.setClock("2031-05-05T10:16:00Z");
    await using rolledBack = scheduler(setting.db, [older]);
    await rolledBack.start();
    assert.equal((await stateOf(rolledBack)).version, 3);
    assert.equal((await stateOf(rolledBack)).nextAt.toISOString(), "2031-05-05T10:20:00.000Z");
  });

  it("that no process has any more is kept as removed, and its ticks do not come", async () => {
    await using setting = await openSchedules("2031-05-05T10:05:00Z");
    await using before = scheduler(setting.db, [every("*/10 * * * *")]);
    await before.start();
    await before.stop();
    await using after = scheduler(setting.db, [every("*/10 * * * *", {}, "other")]);
    await after.start();
    await setting.setClock("2031-05-05T10:20:00Z");
    await waitFor(async () => (await setting.published()).length === 1);
    const [job, other] = await after.list();
    assert.deepEqual([job!.name, job!.state], ["job", "removed"]);
    assert.equal(other!.name, "other");
  });
});

describe("a scheduler", () => {
  it("can be told to pause a schedule, to let it go on, and to begin a tick now", async () => {
    await using setting = await openSchedules("2031-05-05T10:05:00Z");
    await using running = scheduler(setting.db, [every("*/10 * * * *")]);
    await running.start();
    await using operator = createScheduler(setting.db, { jobs: [], logger: SILENT });
    assert.equal(await operator.pause("job"), true);
    assert.equal(await operator.pause("job"), false);
    assert.equal((await stateOf(operator)).state, "paused");
    await setting.setClock("2031-05-05T10:15:00Z");
    assert.equal((await operator.trigger("job")).toISOString(), "2031-05-05T10:15:00.000Z");
    await waitFor(async () => (await setting.published()).length === 1, "the tick that was asked for");
    assert.equal(await operator.resume("job"), true);
    assert.equal(await operator.resume("job"), false);
    assert.equal((await stateOf(operator)).nextAt.toISOString(), "2031-05-05T10:20:00.000Z");
    await setting.setClock("2031-05-05T10:20:00Z");
    await waitFor(async () => (await setting.published()).length === 2);
    assert.deepEqual(await setting.published(), ["2031-05-05T10:15", "2031-05-05T10:20"]);
    await assert.rejects(operator.pause("jib"), {
      name: "NotFoundError",
      message: 'There is no schedule "jib"',
    });
  });

  it("asks the database once in each `pollMs` while nothing is due", async () => {
    await using setting = await openSchedules("2031-05-05T10:05:00Z");
    let asked = 0;
    const count = <Parameters extends unknown[], Result>(call: (...given: Parameters) => Result) =>
    (
      ...given: Parameters
    ) => (asked++, call(...given));
    const unsafe = count(setting.db.sql.unsafe.bind(setting.db.sql)) as typeof setting.db.sql.unsafe;
    const counted = {
      ...setting.db,
      sql: Object.assign(setting.db.sql.bind({}), setting.db.sql, { unsafe }) as typeof setting.db.sql,
      transaction: count(setting.db.transaction) as typeof setting.db.transaction,
    };
    await using running = createScheduler(counted, {
      jobs: [every("0 0 1 1 *"), every("0 0 2 1 *", {}, "other")],
      outbox: createOutbox(setting.db, { service: "test" }),
      pollMs: 100,
      logger: SILENT,
    });
    await running.start();
    await waitFor(() => asked > 10);
    const [before, since] = [asked, performance.now()];
    await waitFor(() => asked >= before + 10);
    // A busy machine makes it slower, never more frequent.
    assert.ok(performance.now() - since >= 9 * 100 - 50, `10 questions in ${performance.now() - since} ms`);
  });

  it("goes on when its connections were cut, and says meanwhile that the database does not answer", async () => {
    await using setting = await openSchedules("2031-05-05T10:05:00Z");
    const pool = await setting.connect();
    const { logger, entries } = recordingLogger();
    await using running = scheduler(pool, [every("*/10 * * * *")], { logger });
    await running.start();
    await setting.db.sql`alter table glam_schedules rename to away`;
    await waitFor(() => running.health().status === "unhealthy");
    assert.deepEqual(running.health().reasons, ["The database does not answer"]);
    await setting.db.sql`alter table away rename to glam_schedules`;
    await setting.db
      .sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;
    await setting.setClock("2031-05-05T10:10:00Z");
    await waitFor(async () => (await setting.published()).length === 1);
    await waitFor(() => running.health().status === "healthy");
    assert.ok(
      entries.some(({ message }) => message === "The scheduler cannot read its table, and tries again"),
    );
    await running.stop();
    await pool.close();
  });

  it("shows how late schedules are, and how ticks ended, as metrics", async () => {
    await using setting = await openSchedules("2031-05-05T10:05:00Z");
    const metrics = createMetrics({ service: "test" });
    await using running = scheduler(setting.db, [
      every("*/10 * * * *"),
      defineSchedule("broken", {
        cron: "*/10 * * * *",
        run() {
          throw new Error("it fails");
        },
      }),
    ], { metrics });
    await running.start();
    await setting.setClock("2031-05-05T10:10:00Z");
    await waitFor(async () => (await running.list()).every(({ runs }) => runs.length === 1));
    const registry = await metrics.registry();
    const text = await registry.metrics();
    assert.match(text, /^schedule_runs_total\{service="test",schedule="job",outcome="published"\} 1$/m);
    assert.match(text, /^schedule_runs_total\{service="test",schedule="broken",outcome="failed"\} 1$/m);
    // The lag is of the table as it was read last: until it is read again, the tick that was just published counts.
    await waitFor(async () =>
      /^schedule_lag_seconds\{service="test",schedule="job"\} 0$/m.test(await registry.metrics())
    );
  });

  it("without its table, with two schedules of one name, or without the outbox that it needs says so", async () => {
    await using setting = await openSchedules("2031-05-05T10:05:00Z");
    await using homeless = scheduler(setting.db, [every("0 * * * *")], { table: "nowhere" });
    await assert.rejects(homeless.start(), {
      name: "ConfigError",
      message: /^Cannot find the table of schedules "nowhere" in the database: migrate it/,
    });
    assert.throws(
      () => scheduler(setting.db, [every("0 * * * *"), every("5 * * * *")]),
      /Expected each schedule to have its own name, got "job" twice/,
    );
    assert.throws(
      () => createScheduler(setting.db, { jobs: [every("0 * * * *")] }),
      /Expected `outbox` beside "job", which publishes an event, got none/,
    );
    assert.throws(
      () => scheduler(setting.db, [], { pollMs: 1 }),
      /Expected `pollMs` to be a whole number from 50 to/,
    );
  });
});

describe("a schedule with a function", () => {
  /** A scheduler with one function. */
  const withRun = (
    db: Database,
    run: (tick: Tick, context: TickContext) => unknown,
    more: object = {},
    options: Partial<SchedulerOptions> = {},
  ) => scheduler(db, [defineSchedule("job", { cron: "*/10 * * * *", run, ...more })], options);

  async function outcomes(setting: ScheduleSetting): Promise<string[]> {
    const state = await stateOf(createScheduler(setting.db, { jobs: [] }));
    return state.runs.map(({ outcome }) => outcome).reverse();
  }

  it("runs in one process at a time, and keeps how it ended", async () => {
    await using setting = await openSchedules("2031-05-05T10:05:00Z");
    const pool = await setting.connect();
    const ticks: string[] = [];
    const run = ({ at }: Tick) => {
      ticks.push(at.toISOString().slice(11, 16));
      if (ticks.length === 2) throw new TypeError("the shop at https://user:s3cret@shop.example is closed");
    };
    await using first = withRun(setting.db, run);
    await using second = withRun(pool, run);
    await Promise.all([first.start(), second.start()]);
    for (const minute of ["10", "20", "30"]) {
      await setting.setClock(`2031-05-05T10:${minute}:00Z`);
      await waitFor(async () =>
        (await outcomes(setting)).length === ticks.length && ticks.at(-1) === `10:${minute}`
      );
    }
    assert.deepEqual(ticks, ["10:10", "10:20", "10:30"]);
    assert.deepEqual(await outcomes(setting), ["succeeded", "failed", "succeeded"]);
    const { runs } = await stateOf(first);
    assert.equal(runs[1]!.error, "TypeError: the shop at https://[redacted]@shop.example is closed");
    await second.stop();
    await pool.close();
  });

  it("leaves out the ticks that come while it runs, or has them wait", async () => {
    for (const [overlap, expected] of [["skip", "10:40"], ["wait", "10:30"]] as const) {
      await using setting = await openSchedules("2031-05-05T10:05:00Z");
      const ticks: string[] = [];
      const gate = Promise.withResolvers<void>();
      await using running = withRun(setting.db, async ({ at }) => {
        ticks.push(at.toISOString().slice(11, 16));
        if (ticks.length === 1) await gate.promise;
      }, { overlap, leaseMs: 3_600_000 });
      await running.start();
      await setting.setClock("2031-05-05T10:10:00Z");
      await waitFor(() => ticks.length === 1);
      assert.equal((await stateOf(running)).state, "running");
      assert.equal(running.health().running, 1);
      await setting.setClock("2031-05-05T10:35:00Z");
      gate.resolve();
      await waitFor(async () => (await outcomes(setting)).length >= 1);
      if (overlap === "skip") await setting.setClock("2031-05-05T10:40:00Z");
      await waitFor(() => ticks.length >= 2);
      assert.equal(ticks[1], expected, overlap);
    }
  });

  it("is aborted at its time limit, and nobody begins another run while it goes on", async () => {
    await using setting = await openSchedules("2031-05-05T10:05:00Z");
    const { logger, entries } = recordingLogger();
    const gate = Promise.withResolvers<void>();
    let [begun, reason] = [0, ""];
    await using running = withRun(
      setting.db,
      async (_tick, { signal }) => {
        begun++;
        signal.addEventListener("abort", () => reason = signal.reason.message);
        await gate.promise;
      },
      { timeoutMs: 20, leaseMs: 3_600_000, overlap: "wait" },
      { logger },
    );
    await running.start();
    await setting.setClock("2031-05-05T10:10:00Z");
    await waitFor(() => reason !== "");
    assert.equal(reason, "The time limit of 20 ms has passed");
    await waitFor(() => running.health().reasons[0] === "job goes on after its time limit");
    await setting.setClock("2031-05-05T10:20:00Z");
    await waitFor(async () => (await stateOf(running)).lagSeconds === 0);
    assert.equal(begun, 1);
    gate.resolve();
    await waitFor(async () => (await outcomes(setting))[0] === "timed_out");
    assert.ok(entries.some(({ message }) => message === "A schedule has passed its time limit"));
    await waitFor(() => begun === 2);
  });

  it("ends within the grace of a stop, or is aborted, and another process begins its tick again", async () => {
    await using setting = await openSchedules("2031-05-05T10:05:00Z");
    const pool = await setting.connect();
    const attempts: number[] = [];
    const interrupted = withRun(
      setting.db,
      async (_tick, { signal, attempt }) => {
        attempts.push(attempt);
        await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      },
      {},
      { graceMs: 20 },
    );
    await interrupted.start();
    await setting.setClock("2031-05-05T10:10:00Z");
    await waitFor(() => attempts.length === 1);
    await interrupted.stop();
    assert.deepEqual(await outcomes(setting), []);
    const gate = Promise.withResolvers<void>();
    await using next = withRun(pool, async (_tick, { attempt }) => {
      attempts.push(attempt);
      await gate.promise;
    });
    await next.start();
    await waitFor(() => attempts.length === 2);
    const stopped = next.stop();
    gate.resolve();
    await stopped;
    assert.deepEqual(await outcomes(setting), ["succeeded"]);
    assert.deepEqual(attempts, [1, 1]); // what the stop interrupted counts as no attempt
    await pool.close();
  });
});
