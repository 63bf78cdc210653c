import { root } from "../scripts/_project.ts";
import { runOrThrow } from "../scripts/_run.ts";
import { startNats } from "../tests/_support/nats_server.ts";
import { startPostgres } from "../tests/_support/postgres_server.ts";
import { atLeast, known, type Row } from "./_table.ts";

/** A listener with an inbox against a handler that does the same by hand. */
export async function inboxRows(): Promise<Row[]> {
  await using postgres = await startPostgres();
  await using nats = await startNats({ accounts: false });
  const command = [Deno.execPath(), "run", "-A", "--no-check", "bench/messaging/inbox.ts"];
  const { output } = await runOrThrow([...command, postgres.url, nats.url], { cwd: root });
  const ratios: Record<string, number> = JSON.parse(output.trim().split("\n").at(-1)!);
  const peer = "begin and a unique insert by hand, in the handler";
  return [
    atLeast("inbox, one at a time", peer, ratios["one"]!, 0.8),
    atLeast("inbox, 16 at a time", peer, ratios["many"]!, 0.8),
    known("inbox, 16 at a time", "", `${Math.round(ratios["perSecond"]!)} a second`),
  ];
}
