import { copyFolder, createConsumer } from "../scripts/_consumer.ts";
import { root } from "../scripts/_project.ts";
import { node } from "../scripts/tools.ts";
import { load, startServer } from "./_load.ts";
import { medianRatio, takeTurns } from "./_statistics.ts";
import { atLeast, type Row } from "./_table.ts";

const PROCESSES = 3;
const ROUNDS = 5;
const SECONDS = 2;

/** An endpoint under a rate limit, against the same without one. */
export async function rateLimitRows(): Promise<Row[]> {
  const folder = await createConsumer("bench");
  await copyFolder(`${root}/bench`, `${folder}/bench`);
  const deno = [Deno.execPath(), "run", "-A", "--no-check", "bench/http/serve.ts"];
  const peer = "the same endpoint without a limit";
  return [
    atLeast("a limit in memory over a socket, Deno", peer, await ratioOf(deno, root), 0.95),
    atLeast(
      "a limit in memory over a socket, Node 24",
      peer,
      await ratioOf([await node(), "bench/http/serve.ts"], folder),
      0.95,
    ),
  ];
}

async function ratioOf(command: readonly string[], cwd: string): Promise<number> {
  const rates: { limited: number[]; free: number[] } = { limited: [], free: [] };
  for (let i = 0; i < PROCESSES; i++) {
    await using limited = await startServer([...command, "contracts-limited"], cwd);
    await using free = await startServer([...command, "contracts"], cwd);
    for (const { url } of [limited, free]) await load(url, 1);
    const measured = await takeTurns(ROUNDS, {
      limited: () => load(limited.url, SECONDS),
      free: () => load(free.url, SECONDS),
    });
    rates.limited.push(...measured.limited);
    rates.free.push(...measured.free);
  }
  return medianRatio(rates.limited, rates.free);
}
