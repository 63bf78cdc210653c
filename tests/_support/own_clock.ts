/**
 * A clock that stands still until a test moves it.
 *
 * @module
 */
import { mock } from "node:test";
import { setImmediate } from "node:timers";

/** The clock, until it is disposed of. */
export interface OwnClock extends Disposable {
  /** Lets promises go on, then moves the clock, timers included, then lets promises go on. */
  advance(ms: number): Promise<void>;
}

/** Stops `Date`, `performance.now()` and `setTimeout` at `now`, in milliseconds since 1970. */
export function ownClock(now = 0): OwnClock {
  const immediate = setImmediate;
  const settle = async () => {
    for (let i = 0; i < 3; i++) await new Promise<void>((resolve) => void immediate(resolve));
  };
  mock.timers.enable({ apis: ["setTimeout", "Date"], now });
  const own = Object.getOwnPropertyDescriptor(performance, "now"); // Bun's; elsewhere it is the prototype's
  Object.defineProperty(performance, "now", { value: () => Date.now() - now, configurable: true });
  return {
    async advance(ms) {
      await settle();
      mock.timers.tick(ms);
      await settle();
    },
    [Symbol.dispose]() {
      if (own === undefined) delete (performance as { now?: unknown }).now;
      else Object.defineProperty(performance, "now", own);
      mock.timers.reset();
    },
  };
}
