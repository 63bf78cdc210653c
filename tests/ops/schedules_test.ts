import assert from "node:assert/strict";
import { it } from "node:test";
import { NotFoundError } from "@glam/shared/errors";
import type { ScheduleLike, SchedulerLike } from "@glam/shared/ops";
import { fleetBus, mountOps } from "./_support.ts";

const NIGHTLY: ScheduleLike = {
  name: "nightly<b>",
  cron: "0 3 * * *",
  timeZone: "Europe/Berlin",
  state: "active",
  nextAt: new Date(Date.now() + 3_600_000),
  lagSeconds: 0,
  runs: [
    { at: new Date(Date.now() - 60_000), durationMs: 1200, outcome: "failed", error: "the secret reason" },
    { at: new Date(Date.now() - 120_000), durationMs: 900, outcome: "succeeded" },
  ],
};

function fakeScheduler(schedules: readonly ScheduleLike[]): SchedulerLike & { readonly calls: string[] } {
  const calls: string[] = [];
  const call = (what: string) => (name: string) => {
    if (!schedules.some((schedule) => schedule.name === name)) {
      return Promise.reject(new NotFoundError("No such schedule", { resource: "schedule" }));
    }
    calls.push(`${what} ${name}`);
    return Promise.resolve(true);
  };
  return {
    calls,
    list: () => Promise.resolve(schedules),
    pause: call("pause"),
    resume: call("resume"),
    trigger: call("trigger"),
  };
}

it("schedules are shown with their last runs, and errors of those only to who may see messages", async () => {
  await using bus = await fleetBus();
  const scheduler = fakeScheduler([NIGHTLY, {
    ...NIGHTLY,
    name: "hourly",
    state: "paused",
    lagSeconds: 0,
    runs: [],
  }]);
  const reader = mountOps({ bus, scheduler }, { name: "reader", can: ["read"] });
  const { text } = await reader.get("/ops/schedules");
  assert.match(text, /nightly&lt;b&gt;[\s\S]*0 3 \* \* \*[\s\S]*failed[\s\S]*succeeded/);
  assert.doesNotMatch(text, /the secret reason|<form|<b>/);
  assert.deepEqual(reader.audits(), []);
  const ops = mountOps({ bus, scheduler });
  assert.match((await ops.get("/ops/schedules")).text, /the secret reason/);
  assert.deepEqual(ops.audits(), [{ operator: "ada", action: "schedules.errors.show", runs: 1 }]);
  const overview = await ops.get("/ops");
  assert.match(overview.text, /failed last: nightly/);
  assert.match(overview.text, /paused: hourly/);
});

it("schedules are run, paused and resumed by who may", async () => {
  await using bus = await fleetBus();
  const scheduler = fakeScheduler([NIGHTLY]);
  const reader = mountOps({ bus, scheduler }, { name: "reader", can: ["read"] });
  const ops = mountOps({ bus, scheduler });
  for (const change of ["run", "pause", "resume"]) {
    assert.equal((await reader.post(`/ops/schedules/${change}`, { name: NIGHTLY.name })).status, 404);
    assert.equal((await ops.post(`/ops/schedules/${change}`, { name: NIGHTLY.name }, {})).status, 403);
    assert.equal((await ops.post(`/ops/schedules/${change}`, { name: NIGHTLY.name })).status, 200);
    assert.equal((await ops.post(`/ops/schedules/${change}`, { name: "other" })).status, 404);
    assert.equal((await ops.post(`/ops/schedules/${change}`, {})).status, 422);
  }
  assert.deepEqual(scheduler.calls, [
    `trigger ${NIGHTLY.name}`,
    `pause ${NIGHTLY.name}`,
    `resume ${NIGHTLY.name}`,
  ]);
  assert.deepEqual(
    ops.audits(),
    ["run", "pause", "resume"].map((change) => ({
      operator: "ada",
      action: `schedules.${change}`,
      schedule: NIGHTLY.name,
    })),
  );
});

it("a page without a scheduler says so", async () => {
  await using bus = await fleetBus();
  const ops = mountOps({ bus });
  assert.match((await ops.get("/ops/schedules")).text, /given no scheduler/);
  assert.equal((await ops.post("/ops/schedules/run", { name: "x" })).status, 200);
});
