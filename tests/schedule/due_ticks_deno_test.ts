import { defineSchedule } from "@glam/shared/schedule";
import assert from "node:assert/strict";
import { it } from "node:test";
import { dueTicks } from "../../schedule/_due_ticks.ts";
import type { MissedTicks } from "../../schedule/schedule.ts";
import { timingOf } from "../../schedule/_timing.ts";

/** The minutes of the ticks that are handled at `now`, when the next one was due at `nextAt`, and of the next one. */
function minutes(
  missed: MissedTicks,
  nextAt: string,
  now: string,
  { cron = "*/10 * * * *", maxCatchUp = 100 } = {},
): [readonly string[], string] {
  const schedule = defineSchedule("job", { cron, missed, maxCatchUp, run() {} });
  const due = dueTicks(timingOf(schedule), schedule, new Date(`${nextAt}Z`), new Date(`${now}Z`));
  const text = (date: Date) => date.toISOString().slice(11, 16);
  return [due.ticks.map(text), text(due.nextAt)];
}

it("a tick that is due is handled, and one that is not is left", () => {
  for (const missed of ["all", "once", "skip"] as const) {
    assert.deepEqual(minutes(missed, "2026-01-01T10:10", "2026-01-01T10:10:00"), [["10:10"], "10:20"]);
    assert.deepEqual(minutes(missed, "2026-01-01T10:10", "2026-01-01T10:10:59"), [["10:10"], "10:20"]);
    assert.deepEqual(minutes(missed, "2026-01-01T10:10", "2026-01-01T10:09:59"), [[], "10:10"]);
  }
});

it("of the ticks that nobody handled the last is made up for, or none, or all", () => {
  assert.deepEqual(minutes("once", "2026-01-01T10:10", "2026-01-01T10:47"), [["10:40"], "10:50"]);
  assert.deepEqual(minutes("skip", "2026-01-01T10:10", "2026-01-01T10:47"), [[], "10:50"]);
  assert.deepEqual(minutes("skip", "2026-01-01T10:10", "2026-01-01T10:40:30"), [["10:40"], "10:50"]);
  assert.deepEqual(minutes("all", "2026-01-01T10:10", "2026-01-01T10:47"), [
    ["10:10", "10:20", "10:30", "10:40"],
    "10:50",
  ]);
});

it("the last `maxCatchUp` of all missed ticks are made up for, also after a year", () => {
  assert.deepEqual(minutes("all", "2025-01-01T10:10", "2026-01-01T10:47", { maxCatchUp: 2 }), [
    ["10:30", "10:40"],
    "10:50",
  ]);
});

it("a tick that the rules of the time zone no longer know is handled all the same", () => {
  assert.deepEqual(minutes("once", "2026-01-01T10:13", "2026-01-01T10:14"), [["10:13"], "10:20"]);
});
