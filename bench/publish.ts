import { copyFolder, createConsumer } from "../scripts/_consumer.ts";
import { root } from "../scripts/_project.ts";
import { runOrThrow } from "../scripts/_run.ts";
import { bun } from "../scripts/tools.ts";
import { startNats } from "../tests/_support/nats_server.ts";
import { atLeast, known, type Row } from "./_table.ts";

/** A publisher against the client's own publish, and the memory bus. */
export async function publishRows(): Promise<Row[]> {
  const folder = await createConsumer("bench");
  await copyFolder(`${root}/bench`, `${folder}/bench`);
  const deno = [Deno.execPath(), "run", "-A", "--no-check"];
  const rows: Row[] = [];
  for (const [runtime, command, cwd] of [["Deno", deno, root], ["Bun", [await bun()], folder]] as const) {
    const { ratio, perSecond } = await publish([...command, "bench/messaging/publish.ts"], cwd);
    rows.push(
      atLeast(`publish, 256 in flight, ${runtime}`, "js.publish with the same bytes", ratio!, 1.5),
      known(`publish, 256 in flight, ${runtime}`, "", thousands(perSecond!)),
    );
  }
  const { trips } = await lastLine([...deno, "bench/messaging/memory.ts"], root);
  rows.push({
    what: "memory bus, publish, deliver and ack, Deno",
    peer: "",
    result: thousands(trips!),
    goal: ">= 120,000 a second",
    met: trips! >= 120_000,
  });
  return rows;
}

async function publish(command: readonly string[], cwd: string): Promise<Record<string, number>> {
  await using server = await startNats({ accounts: false });
  return await lastLine([...command, server.url], cwd);
}

async function lastLine(command: readonly string[], cwd: string): Promise<Record<string, number>> {
  const { output } = await runOrThrow([...command], { cwd });
  return JSON.parse(output.trim().split("\n").at(-1)!);
}

function thousands(count: number): string {
  return `${Math.round(count / 1000)},000 a second`;
}
