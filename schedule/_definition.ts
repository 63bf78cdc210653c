import type { LoggerLike } from "../logging/logger.ts";
import type { Schedule } from "./schedule.ts";
import { SEEN_MS } from "./_row.ts";
import type { Store } from "./_store.ts";

/** How many earlier definitions of a schedule are remembered. */
const REMEMBERED = 20;

/** What tells two definitions of a schedule apart. */
export function definitionOf({ cron, everyMs, timeZone, missed, maxCatchUp, action }: Schedule): string {
  const what = action.type === "event" ? action.subject : "run";
  return JSON.stringify([cron ?? everyMs, timeZone, missed, maxCatchUp, what]);
}

/**
 * Writes the definition of a schedule into the table. In a deployment, processes with an older and a newer definition run
 * at the same time: the newer one holds as long as a process has it. An older one is known by having been replaced before.
 */
export async function enroll(store: Store, job: Schedule, logger: LoggerLike): Promise<boolean> {
  const { name } = job;
  const definition = definitionOf(job);
  await store.insert(name, job, definition, job.nextAfter(await store.now()));
  return await store.transaction(async (tx) => {
    const row = await store.lock(tx, name, true);
    if (row === undefined) return false; // deleted meanwhile
    if (row.definition === definition) return true;
    const isOlder = row.superseded.includes(definition);
    if (isOlder && row.now.getTime() - row.seen_at.getTime() < SEEN_MS) {
      logger.warn(
        "A newer definition of a schedule is in force: this process leaves it to those that have it",
        {
          schedule: name,
        },
      );
      return false;
    }
    const superseded = [row.definition, ...row.superseded.filter((other) => other !== definition)];
    const timing = [row.cron, row.every_ms, row.time_zone];
    const isSameTiming = JSON.stringify(timing) ===
      JSON.stringify([job.cron ?? null, job.everyMs ?? null, job.timeZone]);
    const nextAt = isSameTiming ? row.next_at : job.nextAfter(row.now);
    await store.replace(tx, name, job, definition, superseded.slice(0, REMEMBERED), nextAt);
    logger.info("The definition of a schedule has changed", {
      schedule: name,
      next_at: nextAt.toISOString(),
    });
    return true;
  });
}
