import { Cron } from "croner";
import type { ScheduleTiming } from "./schedule.ts";

/** The ticks of a schedule, as calculations on times. */
export interface Timing {
  /** The first tick after a time. */
  next(after: Date): Date;
  /** The last ticks that are not after `until` and not before `since`, at most `limit` of them, oldest first. */
  last(until: Date, since: Date, limit: number): Date[];
}

/**
 * The ticks of a cron expression or of an interval.
 *
 * @throws {TypeError} when the expression or the time zone is malformed.
 * @throws {RangeError} when no date fits the expression.
 */
export function timingOf({ cron, everyMs, timeZone }: ScheduleTiming): Timing {
  return cron === undefined ? intervalTiming(everyMs!) : cronTiming(cron, timeZone);
}

/** Ticks at whole multiples of an interval since 1970. */
function intervalTiming(everyMs: number): Timing {
  const floor = (time: number) => Math.floor(time / everyMs) * everyMs;
  return {
    next: (after) => new Date(floor(after.getTime()) + everyMs),
    last(until, since, limit) {
      const ticks: Date[] = [];
      for (let at = floor(until.getTime()); at >= since.getTime() && ticks.length < limit; at -= everyMs) {
        ticks.unshift(new Date(at));
      }
      return ticks;
    },
  };
}

function cronTiming(pattern: string, timezone: string): Timing {
  const cron = parse(pattern, timezone);
  return {
    next: (after) => cron.nextRun(after)!,
    last(until, since, limit) {
      // The reference of croner is exclusive.
      const runs = cron.previousRuns(limit, new Date(until.getTime() + 1));
      return runs.filter((run) => run >= since).reverse();
    },
  };
}

function parse(pattern: string, timezone: string): Cron {
  assertTimeZone(timezone);
  let cron: Cron;
  try {
    cron = new Cron(pattern, { timezone, paused: true, mode: "5-part" });
  } catch (error) {
    const reason = (error as Error).message.replace(/^CronPattern: /, "");
    throw new TypeError(
      `Expected \`cron\` to be five fields (minute hour day month weekday), got ${
        JSON.stringify(pattern)
      }: ${reason}`,
      { cause: error },
    );
  }
  if (cron.nextRun() !== null) return cron;
  throw new RangeError(`Expected \`cron\` to fit a date, got ${JSON.stringify(pattern)}, which fits none`);
}

function assertTimeZone(timeZone: string): void {
  try {
    if (timeZone === "") throw new RangeError("it is empty");
    new Intl.DateTimeFormat("en", { timeZone });
  } catch (error) {
    throw new TypeError(
      `Expected \`timeZone\` to be a name such as "Europe/Berlin", got ${JSON.stringify(timeZone)}`,
      { cause: error },
    );
  }
}
