/** The clock that a bus, its publishers and its listeners use. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `fn` once, after `ms` milliseconds. */
  setTimer(fn: () => void, ms: number): Timer;
}

/** A timer of a {@link Clock}. */
export interface Timer {
  /** Cancels the call, unless it has run already. */
  cancel(): void;
}

/** A clock for tests: its time passes only when `advance` is called. */
export interface ManualClock extends Clock {
  /**
   * Moves the clock forward by `ms` and runs every timer that becomes due, in order. Pending promises settle between two
   * timers, so a timer that is set by an earlier one runs as well.
   */
  advance(ms: number): Promise<void>;
}

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimer(fn, ms) {
    const timer = setTimeout(fn, ms);
    return { cancel: () => clearTimeout(timer) };
  },
};

/**
 * Creates a clock for tests that starts at `startMs`, in milliseconds since 1970.
 *
 * @example
 * ```ts
 * import { createManualClock } from "@glam/shared/messaging";
 *
 * const clock = createManualClock();
 * clock.setTimer(() => console.log("a minute later"), 60_000);
 * await clock.advance(60_000); // a minute later
 * ```
 */
export function createManualClock(startMs: number = Date.now()): ManualClock {
  interface Entry {
    readonly at: number;
    readonly fn: () => void;
  }
  const timers = new Set<Entry>();
  let time = startMs;
  const earliest = (until: number) => {
    let found: Entry | undefined;
    for (const timer of timers) {
      if (timer.at <= until && (found === undefined || timer.at < found.at)) found = timer;
    }
    return found;
  };
  return {
    now: () => time,
    setTimer(fn, ms) {
      const entry = { at: time + Math.max(0, ms), fn };
      timers.add(entry);
      return { cancel: () => timers.delete(entry) };
    },
    async advance(ms) {
      const until = time + ms;
      await settle();
      for (let next = earliest(until); next !== undefined; next = earliest(until)) {
        timers.delete(next);
        time = Math.max(time, next.at);
        next.fn();
        await settle();
      }
      time = until;
      await settle();
    },
  };
}

/** Lets pending microtasks run, and the timers of 0 ms that they set. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}
