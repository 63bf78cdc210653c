import { isWellFormedId } from "../../context/ids.ts";
import { scanTrail } from "../../ops/trail/scan_trail.ts";
import { type BusFlags, openBus } from "../_connect.ts";
import { STOPPED } from "../_interrupt.ts";
import { type Session, UsageError } from "../_session.ts";
import { count } from "../_table.ts";
import { describeMessage, messageDocument } from "./_message_line.ts";

interface TrailFlags extends BusFlags {
  readonly since?: Date;
  readonly until?: Date;
}

/** Prints everything that is still stored under a correlation id. No stream has an index of it: they are read backwards. */
export async function run(
  { terminal, json, signal }: Session,
  { since, until, ...flags }: TrailFlags,
  id: string,
): Promise<number> {
  if (!isWellFormedId(id)) throw new UsageError("Expected a correlation id, such as corr_3d9c571e6e98");
  await using bus = await openBus(flags);
  using progress = terminal.progress("read");
  let total = 0;
  // A person waits as long as it takes, and has Ctrl-C.
  const scan = scanTrail(bus, id, { since, until, signal, timeoutMs: 2 ** 31 - 1 });
  try {
    for await (const { found, share } of scan) {
      for (const message of found) {
        const { stream } = message;
        await terminal.print(
          json
            ? messageDocument(message, stream)
            : `${describeMessage(message, terminal)}  ${terminal.paint("dim", stream)}`,
        );
      }
      total += found.length;
      progress.show(Math.floor(share * 100), 100);
    }
  } catch (error) {
    if (signal.aborted) return STOPPED;
    throw error;
  }
  if (!json) terminal.printError(terminal.paint("dim", `${count(total, "message")}, the newest first`));
  return 0;
}
