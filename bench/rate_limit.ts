import { copyFolder, createConsumer } from "../scripts/_consumer.ts";
import { root } from "../scripts/_project.ts";
import { node } from "../scripts/tools.ts";
import { load, startServer } from "./_load.ts";
import { medianRatio, takeTurns } from "./_statistics.ts";
import { atLeast, known, type Row } from "./_table.ts";

const PROCESSES = 3;
const ROUNDS = 5;
const SECONDS = 1;

/** An endpoint under a rate limit, against the same without one. */
export async function rateLimitRows(): Promise<Row[]> {
  const folder = await createConsumer("bench");
  await copyFolder(`${root}/bench`, `${folder}/bench`);
  const onDeno = await ratiosOf([Deno.execPath(), "run", "-A", "--no-check", "bench/http/serve.ts"], root);
  const onNode = await ratiosOf([await node(), "bench/http/serve.ts"], folder);
  const peer = "the same endpoint without a limit";
  return [
    atLeast("a limit by caller in memory, over a socket, Deno", peer, onDeno.caller, 0.95),
    atLeast("a limit by caller in memory, over a socket, Node 24", peer, onNode.caller, 0.95),
    known("a limit by address in memory, over a socket, Deno", peer, onDeno.address.toFixed(2)),
    known("a limit by address in memory, over a socket, Node 24", peer, onNode.address.toFixed(2)),
  ];
}

async function ratiosOf(
  command: readonly string[],
  cwd: string,
): Promise<{ readonly caller: number; readonly address: number }> {
  const rates: { caller: number[]; address: number[]; free: number[] } = {
    caller: [],
    address: [],
    free: [],
  };
  for (let i = 0; i < PROCESSES; i++) {
    await using caller = await startServer([...command, "contracts-by-caller"], cwd);
    await using address = await startServer([...command, "contracts-by-address"], cwd);
    await using free = await startServer([...command, "contracts"], cwd);
    for (const { url } of [caller, address, free]) await load(url, 1);
    const measured = await takeTurns(ROUNDS, {
      caller: () => load(caller.url, SECONDS),
      address: () => load(address.url, SECONDS),
      free: () => load(free.url, SECONDS),
    });
    rates.caller.push(...measured.caller);
    rates.address.push(...measured.address);
    rates.free.push(...measured.free);
  }
  return {
    caller: medianRatio(rates.caller, rates.free),
    address: medianRatio(rates.address, rates.free),
  };
}
