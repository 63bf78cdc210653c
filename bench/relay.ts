import { copyFolder, createConsumer } from "../scripts/_consumer.ts";
import { root } from "../scripts/_project.ts";
import { runOrThrow } from "../scripts/_run.ts";
import { bun } from "../scripts/tools.ts";
import { startNats } from "../tests/_support/nats_server.ts";
import { startPostgres } from "../tests/_support/postgres_server.ts";
import { atLeast, atMost, known, type Row } from "./_table.ts";

/** The relay of an outbox against the client's own publish, and its lag behind a busy service. */
export async function relayRows(): Promise<Row[]> {
  const folder = await createConsumer("bench");
  await copyFolder(`${root}/bench`, `${folder}/bench`);
  const deno = [Deno.execPath(), "run", "-A", "--no-check"];
  const peer = "js.publish with the same bytes";
  const rows: Row[] = [];
  for (const [runtime, command, cwd] of [["Deno", deno, root], ["Bun", [await bun()], folder]] as const) {
    const rates = await measure([...command, "bench/messaging/relay.ts"], cwd);
    rows.push(
      atLeast(`relay, ${runtime}`, peer, rates["ratio"]!, 0.8),
      atLeast(`relay, 1,000 keys, ${runtime}`, peer, rates["keyed"]!, 0.8),
      known(`relay, ${runtime}`, "", `${Math.round(rates["perSecond"]! / 1000)},000 a second`),
    );
  }
  const age = await measure([...deno, "bench/messaging/outbox_age.ts"], root);
  const load = `${Math.round(age["perSecond"]!)} transactions a second`;
  rows.push(atMost("oldest event in the outbox", load, age["oldestMs"]!, 250, "ms"));
  return rows;
}

async function measure(command: readonly string[], cwd: string): Promise<Record<string, number>> {
  await using nats = await startNats({ accounts: false });
  await using postgres = await startPostgres();
  const { output } = await runOrThrow([...command, nats.url, postgres.url], { cwd });
  return JSON.parse(output.trim().split("\n").at(-1)!);
}
