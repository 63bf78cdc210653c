import { runWithContext } from "../context/storage.ts";
import { dueTicks } from "./_due_ticks.ts";
import type { Recorder } from "./_recorder.ts";
import type { Row } from "./_row.ts";
import type { Settings } from "./_settings.ts";
import type { Ended, Store } from "./_store.ts";
import type { Timing } from "./_timing.ts";
import type { Schedule, ScheduledEvent, Tick } from "./schedule.ts";

/** What the ticks of a scheduler share. */
export interface TickScope {
  readonly store: Store;
  readonly settings: Settings;
  readonly recorder: Recorder;
  /** What the row has to say for this process to begin a tick. */
  readonly definition: string;
  readonly timing: Timing;
}

/**
 * Adds the events of the ticks that are due to the outbox, in the transaction that writes the next tick. Resolves with whether
 * there was one.
 */
export async function publishTicks(
  { store, settings, recorder, definition, timing }: TickScope,
  job: Schedule,
  action: ScheduledEvent,
): Promise<boolean> {
  const { name } = job;
  const published = await store.transaction(async (tx) => {
    const row = await store.lock(tx, name);
    if (row === undefined || row.definition !== definition) return [];
    const { scheduled, requested, nextAt } = plan(row, job, timing);
    const ticks = [...scheduled, ...requested].sort((a, b) => a.getTime() - b.getTime());
    if (ticks.length === 0) {
      if (nextAt > row.next_at) await store.skip(tx, name, nextAt);
      return [];
    }
    const ended: Ended[] = [];
    let previous = row.last_at;
    for (const at of ticks) {
      const begun = performance.now();
      const tick: Tick = { name, at, ...previous !== null && { previous } };
      await runWithContext(
        { service: settings.service },
        () => action.add(settings.outbox!, tx, tick, tickKey(tick)),
      );
      previous = at;
      ended.push({
        at,
        nextAt,
        run: {
          at: at.toISOString(),
          started_at: row.now.toISOString(),
          duration_ms: Math.round(performance.now() - begun),
          outcome: "published",
        },
      });
    }
    await store.end(tx, name, ended);
    return ticks;
  });
  for (const at of published) {
    recorder.ended(name, "published");
    settings.logger.debug("A schedule published its event", {
      schedule: name,
      tick: at.toISOString(),
      subject: action.subject,
    });
  }
  return published.length > 0;
}

/** The ticks of a row that are to begin now. */
export function plan(
  row: Row,
  job: Schedule,
  timing: Timing,
): { readonly scheduled: readonly Date[]; readonly requested: readonly Date[]; readonly nextAt: Date } {
  const { now, next_at, paused_at, requested_at } = row;
  const requested = requested_at !== null && requested_at <= now ? [requested_at] : [];
  if (paused_at !== null) return { scheduled: [], requested, nextAt: next_at };
  const { ticks, nextAt } = dueTicks(timing, job, next_at, now);
  return { scheduled: ticks, requested, nextAt };
}

/** What identifies a tick, everywhere. */
function tickKey({ name, at }: Tick): string {
  return `${name}@${at.toISOString()}`;
}
