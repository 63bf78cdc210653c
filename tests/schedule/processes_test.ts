import { createScheduler } from "@glam/shared/schedule";
import assert from "node:assert/strict";
import { it } from "node:test";
import { type RunningChild, startScript } from "../_support/child_process.ts";
import { byExtent } from "../_support/extent.ts";
import { startPgBouncer } from "../_support/pgbouncer.ts";
import { waitFor } from "../_support/wait_for.ts";
import type { SchedulerChildOptions } from "./_child.ts";
import { openSchedules } from "./_schedules.ts";

const script = new URL("./_child.ts", import.meta.url);

async function start(options: SchedulerChildOptions): Promise<RunningChild> {
  const child = startScript(script, [JSON.stringify(options)]);
  await child.reaches(() => child.out().includes("ready\n"), "it has started");
  return child;
}

/** The minutes after `first`, as texts. */
function minutesAfter(first: string, count: number): string[] {
  const start = new Date(`${first}:00Z`).getTime();
  return Array.from({ length: count }, (_, n) => new Date(start + n * 60_000).toISOString().slice(0, 16));
}

it("processes that are killed and started for an hour publish the tick of each minute once", async () => {
  const { processes, speed } = byExtent({
    whole: { processes: 10, speed: 240 },
    short: { processes: 3, speed: 600 },
  });
  await using setting = await openSchedules("2031-05-05T09:59:30Z");
  const children = await Promise.all(Array.from({ length: processes }, () => start({ url: setting.url })));
  await setting.setClock("2031-05-05T09:59:30Z", speed);
  const time = async () => {
    const [row] = await setting.db.sql<{ now: Date }>`select clock_timestamp() as now`;
    return row!.now;
  };
  // One after the other is killed and another one started, until the hour is over.
  while (await time() < new Date("2031-05-05T11:00:10Z")) {
    const killed = children.shift()!;
    killed.signal("SIGKILL");
    await killed.ended();
    children.push(await start({ url: setting.url }));
  }
  await setting.setClock("2031-05-05T11:00:10Z");
  await waitFor(async () => (await setting.published()).includes("2031-05-05T11:00"));
  for (const child of children) child.signal("SIGTERM");
  for (const child of children) assert.equal(await child.exited(), 0);
  const published = await setting.published();
  const expected = minutesAfter("2031-05-05T10:00", 61);
  assert.deepEqual(published.filter((tick) => tick <= "2031-05-05T11:00"), expected);
  assert.equal(new Set(published).size, published.length);
});

it("a function whose process is killed is begun by another one after the lease, and given up after the third", async () => {
  await using setting = await openSchedules("2031-12-31T23:59:00Z");
  await using operator = createScheduler(setting.db, { jobs: [] });
  const first = await start({ url: setting.url });
  await setting.setClock("2032-01-01T00:00:00Z", 1);
  for (let attempt = 1, child = first;; attempt++) {
    await child.reaches(() => child.out().includes(`begun ${attempt}\n`), `attempt ${attempt} has begun`);
    const next = await start({ url: setting.url });
    child.signal("SIGKILL");
    await child.ended();
    child = next;
    if (attempt < 3) continue;
    const rare = async () => (await operator.list()).find(({ name }) => name === "rare")!;
    await waitFor(async () => (await rare()).runs.length === 1, "it is given up");
    assert.equal((await rare()).runs[0]!.outcome, "lost");
    assert.equal((await rare()).nextAt.toISOString(), "2033-01-01T00:00:00.000Z");
    assert.equal(next.out(), "ready\n");
    next.signal("SIGTERM");
    assert.equal(await next.exited(), 0);
    break;
  }
});

it("works through a transaction pooler", async () => {
  await using setting = await openSchedules("2031-05-05T09:59:30Z");
  await using pooler = await startPgBouncer(setting.url);
  await using child = await start({ url: pooler.url, pooler: true });
  await setting.setClock("2031-05-05T10:00:00Z");
  await waitFor(async () => (await setting.published()).length === 1);
  await setting.setClock("2031-05-05T10:02:00Z");
  await waitFor(async () => (await setting.published()).length === 3);
  assert.deepEqual(await setting.published(), minutesAfter("2031-05-05T10:00", 3));
  child.signal("SIGTERM");
  assert.equal(await child.exited(), 0);
});
