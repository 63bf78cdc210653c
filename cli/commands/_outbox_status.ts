import { createOutbox, type DeadEvent } from "../../messaging/mod.ts";
import { type DatabaseFlags, openDatabase } from "../_connect.ts";
import { toDocument } from "../_json.ts";
import type { Session } from "../_session.ts";
import { toTable } from "../_table.ts";
import type { Terminal } from "../_terminal.ts";

interface StatusFlags extends DatabaseFlags {
  readonly table?: string;
  readonly limit: number;
}

/** Prints the counts of the outbox, and its dead events. */
export async function run(
  { terminal, json }: Session,
  { table, limit, ...flags }: StatusFlags,
): Promise<void> {
  await using db = await openDatabase(flags);
  const outbox = createOutbox(db, { service: "glam", table, schema: flags.schema });
  const status = await outbox.status();
  const dead = status.dead === 0 ? [] : await outbox.dead({ limit });
  if (json) return await terminal.print(toDocument({ ...status, deadEvents: dead }));
  const { pending, delayed, sent, oldest_age_seconds: age } = status;
  const lines = {
    pending: age === undefined ? pending : `${pending}, the oldest for ${Math.round(age)} s`,
    delayed,
    dead: status.dead,
    sent,
  };
  for (const [name, value] of Object.entries(lines)) {
    await terminal.print(`${terminal.paint("dim", name.padEnd(9))}${value}`);
  }
  if (dead.length === 0) return;
  await terminal.print(`\n${deadTable(terminal, dead)}`);
  terminal.printError(
    (dead.length < status.dead ? `Shown are ${dead.length} of ${status.dead}. ` : "") +
      "Fix the cause, then: glam outbox retry",
  );
}

function deadTable(terminal: Terminal, dead: readonly DeadEvent[]): string {
  return toTable(
    terminal,
    ["event", "added", "subject", "key", "attempts", "error"],
    dead.map(({ eventId, createdAt, subject, key, attempts, error }) => [
      eventId,
      createdAt.toISOString().replace(/\.\d+Z/, "Z"),
      subject,
      key,
      attempts,
      error,
    ]),
  );
}
