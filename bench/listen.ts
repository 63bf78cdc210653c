import { copyFolder, createConsumer } from "../scripts/_consumer.ts";
import { root } from "../scripts/_project.ts";
import { runOrThrow } from "../scripts/_run.ts";
import { bun } from "../scripts/tools.ts";
import { startNats } from "../tests/_support/nats_server.ts";
import { atLeast, atMost, known, type Row } from "./_table.ts";

/** A listener against the client's own loop, and how fast it recovers. */
export async function listenRows(): Promise<Row[]> {
  const folder = await createConsumer("bench");
  await copyFolder(`${root}/bench`, `${folder}/bench`);
  const deno = [Deno.execPath(), "run", "-A", "--no-check"];
  const onDeno = await measure([...deno, "bench/messaging/consume.ts"], root);
  const onBun = await measure([await bun(), "bench/messaging/consume.ts"], folder);
  const times = await lastLine([...deno, "bench/messaging/recover.ts"], root);
  const peer = "consume(), JSON.parse and ack of the client";
  const rows = (runtime: string, ratios: Record<string, number>, goal: number) => [
    atLeast(`listener, one at a time, ${runtime}`, peer, ratios["one"]!, goal),
    atLeast(`listener, 64 at a time, ${runtime}`, peer, ratios["many"]!, goal),
    atLeast(`listener, 64 at a time by key, ${runtime}`, peer, ratios["keyed"]!, goal),
    known(
      `listener, 64 at a time, ${runtime}`,
      "",
      `${Math.round(ratios["perSecond"]! / 1000)},000 a second`,
    ),
  ];
  return [
    ...rows("Deno", onDeno, 1),
    ...rows("Bun", onBun, 0.95),
    atMost("first publish after a kill of the server", "its restart", times["published"]!, 2000, "ms"),
    atMost("first event handled after a kill of the server", "its restart", times["consumed"]!, 2000, "ms"),
    atMost("event handled after a deletion of the consumer", "the deletion", times["deleted"]!, 1000, "ms"),
  ];
}

async function measure(command: readonly string[], cwd: string): Promise<Record<string, number>> {
  await using server = await startNats({ accounts: false });
  return await lastLine([...command, server.url], cwd);
}

async function lastLine(command: readonly string[], cwd: string): Promise<Record<string, number>> {
  const { output } = await runOrThrow([...command], { cwd });
  return JSON.parse(output.trim().split("\n").at(-1)!);
}
