import { createDeadLetters, Streams } from "../../messaging/mod.ts";
import { type BusFlags, openBus } from "../_connect.ts";
import { confirmed } from "../_confirm.ts";
import { STOPPED } from "../_interrupt.ts";
import { toDocument } from "../_json.ts";
import type { Session } from "../_session.ts";
import { count } from "../_table.ts";
import { letterDocument, letterTable, select, selection, type SelectionFlags } from "./_dead_letters.ts";

interface PurgeFlags extends SelectionFlags, BusFlags {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

const SHOWN = 20;

/** Deletes the selected dead letters, after confirmation: exactly those that were counted in the question. */
export async function run(
  session: Session,
  { dryRun = false, yes, ...flags }: PurgeFlags,
  ...sequences: string[]
): Promise<number> {
  const { terminal, json, signal } = session;
  const filters = selection(flags, sequences);
  await using bus = await openBus(flags);
  const letters = await select(createDeadLetters(bus), filters);
  if (dryRun && json) {
    await terminal.print(
      toDocument({ dryRun, matched: letters.length, deadLetters: letters.map(letterDocument) }),
    );
    return 0;
  }
  const shown = letters.slice(0, SHOWN);
  const rest = letters.length - shown.length;
  if (letters.length > 0 && !json && !yes) {
    await terminal.print(`${letterTable(terminal, shown)}${rest > 0 ? `\nand ${rest} more` : ""}\n`);
  }
  if (dryRun) {
    await terminal.print(`Would purge ${count(letters.length, "dead letter")}`);
    return 0;
  }
  const question = `This cannot be undone. Purge ${count(letters.length, "dead letter")}?`;
  if (letters.length > 0 && !await confirmed(session, question, yes)) return 1;
  using progress = terminal.progress("purge");
  let purged = 0;
  for (const [index, { sequence }] of letters.entries()) {
    if (signal.aborted) break;
    if (await bus.deleteMessage(Streams.DLQ, sequence)) purged++;
    progress.show(index + 1, letters.length);
  }
  await terminal.print(
    json ? toDocument({ dryRun, matched: letters.length, purged }) : `Purged ${count(purged, "dead letter")}`,
  );
  return signal.aborted ? STOPPED : 0;
}
