/** The time that a bus, its publishers and its listeners live by. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `fn` once, after `ms` milliseconds. */
  setTimer(fn: () => void, ms: number): Timer;
}

/** A timer of a {@link Clock}. */
export interface Timer {
  /** Prevents the call, where it has not happened yet. */
  cancel(): void;
}

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /**
   * Moves the clock forward, and runs each timer at its time. Between timers everything that is able to run does, so
   * that a timer set by what an earlier one started runs as well.
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
 * A clock for tests, with `startMs` as the present.
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

/** Lets everything run that needs no more time to pass: microtasks, and what they put off to the next turn. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}
