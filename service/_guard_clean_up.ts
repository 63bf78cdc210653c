import { everyGuardOf } from "../api/_guards_of.ts";
import type { Guard } from "../api/guards.ts";
import type { Startable } from "./_step.ts";

const DEFAULT_EVERY_MS = 60_000;

/** Lets the guards of the application delete what they need no more, again and again, until the service stops. */
export function cleanUpGuards({ settings: { logger, options: { app } }, signal }: Startable): void {
  for (const guard of everyGuardOf(app)) {
    if (guard.cleanUp !== undefined) repeat(guard as Required<Guard>);
  }

  function repeat(guard: Required<Guard>): void {
    const { cleanUpEveryMs: everyMs = DEFAULT_EVERY_MS } = guard;
    let timer: ReturnType<typeof setTimeout>;
    const run = async () => {
      try {
        await guard.cleanUp({ signal });
      } catch (error) {
        if (!signal.aborted) {
          logger.warn("What a guard has stored could not be cleaned up; it is tried again", { error });
        }
      }
      schedule(everyMs);
    };
    const schedule = (ms: number) => {
      if (!signal.aborted) timer = setTimeout(run, ms);
    };
    signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
    schedule(Math.ceil(Math.random() * everyMs)); // so that replicas that start together do not clean up together
  }
}
