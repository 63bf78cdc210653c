import type { MissedTicks } from "./schedule.ts";
import type { Timing } from "./_timing.ts";

/** How late a tick may be and still count as one that was not missed, in milliseconds. */
const LATE_MS = 60_000;

/** The ticks that are to be handled now, and the one to wait for after them. */
export interface DueTicks {
  readonly ticks: readonly Date[];
  readonly nextAt: Date;
}

/** Chooses among the ticks from `nextAt` until `now`. */
export function dueTicks(
  timing: Timing,
  { missed, maxCatchUp }: { readonly missed: MissedTicks; readonly maxCatchUp: number },
  nextAt: Date,
  now: Date,
): DueTicks {
  if (nextAt > now) return { ticks: [], nextAt };
  const found = timing.last(now, nextAt, missed === "all" ? maxCatchUp : 1);
  // A tick that was written into the table stays one, whatever the rules of its time zone have become.
  const ticks = found.length === 0 ? [nextAt] : found;
  const isLate = (tick: Date) => now.getTime() - tick.getTime() > LATE_MS;
  return {
    ticks: missed === "skip" ? ticks.filter((tick) => !isLate(tick)) : ticks,
    nextAt: timing.next(now),
  };
}
