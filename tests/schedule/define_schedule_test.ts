import { defineEvent } from "@glam/shared/messaging";
import { defineSchedule, type RunScheduleOptions } from "@glam/shared/schedule";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as z from "zod";

const Due = defineEvent("cmd.shop.work.do.v1", z.object({ at: z.string() }));
const run = () => {};

/** The ticks after a time, as texts. */
function ticks(cron: string, timeZone: string, after: string, count: number): string[] {
  const schedule = defineSchedule("job", { cron, timeZone, run });
  const found: string[] = [];
  for (let at = new Date(after); found.length < count;) {
    at = schedule.nextAfter(at);
    found.push(at.toISOString().replace(":00.000Z", "Z"));
  }
  return found;
}

describe("a schedule", () => {
  it("at a time of day runs once a day when summer time begins and when it ends", () => {
    assert.deepEqual(ticks("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00Z", 3), [
      "2026-03-28T01:30Z",
      "2026-03-29T01:00Z", // 02:30 does not exist: at 03:00
      "2026-03-30T00:30Z",
    ]);
    assert.deepEqual(ticks("30 2 * * *", "Europe/Berlin", "2026-10-24T00:00Z", 3), [
      "2026-10-24T00:30Z",
      "2026-10-25T00:30Z", // the first 02:30 of two
      "2026-10-26T01:30Z",
    ]);
  });

  it("every half an hour runs in both of the hours that there are twice", () => {
    assert.deepEqual(ticks("*/30 * * * *", "Europe/Berlin", "2026-10-25T00:10Z", 4), [
      "2026-10-25T00:30Z",
      "2026-10-25T01:00Z",
      "2026-10-25T01:30Z",
      "2026-10-25T02:00Z",
    ]);
  });

  it("with an interval is due at whole multiples of it since 1970", () => {
    const schedule = defineSchedule("job", { everyMs: 90_000, run });
    assert.equal(schedule.nextAfter(new Date(0)).getTime(), 90_000);
    assert.equal(schedule.nextAfter(new Date(179_999)).getTime(), 180_000);
    assert.equal(schedule.nextAfter(new Date(180_000)).getTime(), 270_000);
  });

  it("is in UTC unless it says otherwise", () => {
    const schedule = defineSchedule("job", { cron: "0 0 * * *", run });
    assert.equal(schedule.timeZone, "UTC");
    assert.equal(schedule.nextAfter(new Date("2026-07-01T12:00Z")).toISOString(), "2026-07-02T00:00:00.000Z");
  });

  it("is refused with seconds, a malformed expression, an unknown time zone, or a date that never comes", () => {
    const define = (options: object) => () =>
      defineSchedule("job", { run, ...options } as RunScheduleOptions);
    const fields = "Expected `cron` to be five fields (minute hour day month weekday), got ";
    const refused = (options: object, name: string, message: string) =>
      assert.throws(
        define(options),
        (error: Error) => error.name === name && error.message.startsWith(message),
        message,
      );
    refused({ cron: "0 * * * * *" }, "TypeError", `${fields}"0 * * * * *"`);
    refused({ cron: "61 * * * *" }, "TypeError", `${fields}"61 * * * *": Invalid value for minute: 61`);
    refused({ cron: "" }, "TypeError", `${fields}""`);
    refused({ cron: "@reboot" }, "TypeError", `${fields}"@reboot"`);
    refused({ cron: "0 0 31 2 *" }, "RangeError", 'Expected `cron` to fit a date, got "0 0 31 2 *"');
    refused(
      { cron: "0 0 * * *", timeZone: "Europe/Nowhere" },
      "TypeError",
      'Expected `timeZone` to be a name such as "Europe/Berlin", got "Europe/Nowhere"',
    );
    refused({ cron: "0 0 * * *", timeZone: "" }, "TypeError", "Expected `timeZone`");
    refused({}, "TypeError", "Expected one of `cron` and `everyMs`, got none");
    refused(
      { cron: "0 0 * * *", everyMs: 1000 },
      "TypeError",
      "Expected one of `cron` and `everyMs`, got both",
    );
    refused({ everyMs: 999 }, "RangeError", "Expected `everyMs` to be a whole number from 1000, got 999");
    refused(
      { everyMs: 1000, missed: "twice" },
      "TypeError",
      "Expected `missed` to be one of all, once, skip",
    );
    refused({ everyMs: 1000, overlap: "run" }, "TypeError", "Expected `overlap` to be one of skip, wait");
    refused(
      { everyMs: 1000, leaseMs: 1 },
      "RangeError",
      "Expected `leaseMs` to be a whole number from 500 to",
    );
    refused({ everyMs: 1000, run: undefined }, "TypeError", "Expected one of `event` and `run`, got none");
    assert.throws(
      () => defineSchedule("a b", { everyMs: 1000, run }),
      /Expected the name of a schedule to be/,
    );
    assert.throws(
      () => defineSchedule("job", { everyMs: 1000, event: Due } as never),
      /Expected `data` to be a function that gives the event's data, got undefined/,
    );
  });
});
