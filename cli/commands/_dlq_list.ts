import { createDeadLetters, type DeadLetter } from "../../messaging/mod.ts";
import { type BusFlags, openBus } from "../_connect.ts";
import { toDocument } from "../_json.ts";
import type { Session } from "../_session.ts";
import { count } from "../_table.ts";
import { type FilterFlags, letterDocument, letterTable, toFilter } from "./_dead_letters.ts";

/** Prints the dead letters that match a filter. */
export async function run(
  { terminal, json }: Session,
  { limit, ...flags }: FilterFlags & BusFlags & { readonly limit: number },
): Promise<void> {
  await using bus = await openBus(flags);
  const dead = createDeadLetters(bus);
  const letters: DeadLetter[] = [];
  let isMore = false;
  for await (const letter of dead.list(toFilter(flags), { payloads: json })) {
    isMore = letters.length === limit;
    if (isMore) break;
    letters.push(letter);
  }
  const total = await dead.count();
  if (json) {
    return await terminal.print(toDocument({ total, isMore, deadLetters: letters.map(letterDocument) }));
  }
  if (letters.length === 0) {
    return await terminal.print(
      total === 0 ? "No dead letters" : `No match among ${count(total, "dead letter")}`,
    );
  }
  await terminal.print(letterTable(terminal, letters));
  if (isMore) terminal.printError(`There are ${total} in all; show more with --limit, or filter them`);
}
