import { createDeadLetters } from "../../messaging/mod.ts";
import { type BusFlags, openBus } from "../_connect.ts";
import { STOPPED } from "../_interrupt.ts";
import { toDocument } from "../_json.ts";
import type { Session } from "../_session.ts";
import { count } from "../_table.ts";
import { select, selection, type SelectionFlags } from "./_dead_letters.ts";
import { letterDocument, letterTable } from "./_dead_letters.ts";

interface RedriveFlags extends SelectionFlags, BusFlags {
  readonly rate: number;
  readonly dryRun?: boolean;
}

/** Publishes dead letters again. */
export async function run(
  { terminal, json, signal }: Session,
  { rate: perSecond, dryRun = false, ...flags }: RedriveFlags,
  ...sequences: string[]
): Promise<number> {
  const filters = selection(flags, sequences);
  await using bus = await openBus(flags);
  const dead = createDeadLetters(bus);
  if (dryRun) {
    const letters = await select(dead, filters);
    const plans = [];
    for (const filter of filters) plans.push(await dead.redrive(filter, { dryRun, signal }));
    const kept = plans.flatMap((plan) => plan.kept);
    const would = letters.length - kept.length;
    if (json) {
      const deadLetters = letters.map(letterDocument);
      await terminal.print(
        toDocument({ dryRun, matched: letters.length, redriven: would, kept, deadLetters }),
      );
    } else {
      await terminal.print(
        letters.length === 0
          ? "Nothing to redrive"
          : `${letterTable(terminal, letters)}\n\nWould redrive ${count(would, "dead letter")}`,
      );
      for (const { sequence, reason } of kept) terminal.printError(`${sequence} would be kept: ${reason}`);
    }
    return kept.length > 0 ? 1 : 0;
  }
  using progress = terminal.progress("redrive");
  const results = [];
  for (const [index, filter] of filters.entries()) {
    results.push(
      await dead.redrive(filter, {
        perSecond,
        signal,
        onProgress: ({ done, total }) =>
          filters.length === 1 ? progress.show(done, total) : progress.show(index + 1, filters.length),
      }),
    );
  }
  const matched = results.reduce((sum, result) => sum + result.matched, 0);
  const redriven = results.reduce((sum, result) => sum + result.redriven, 0);
  const kept = results.flatMap((result) => result.kept);
  const left = matched - redriven;
  if (json) await terminal.print(toDocument({ dryRun, matched, redriven, kept }));
  else {
    await terminal.print(
      matched === 0 ? "Nothing to redrive" : `Redrove ${redriven} of ${count(matched, "dead letter")}`,
    );
    for (const { sequence, reason } of kept) terminal.printError(`${sequence} was kept: ${reason}`);
  }
  return signal.aborted && left > 0 ? STOPPED : kept.length > 0 ? 1 : 0;
}
