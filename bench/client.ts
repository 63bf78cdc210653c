import { copyFolder, createConsumer } from "../scripts/_consumer.ts";
import { root } from "../scripts/_project.ts";
import { runOrThrow } from "../scripts/_run.ts";
import { bun, node } from "../scripts/tools.ts";
import { startServer } from "./_load.ts";
import { median } from "./_statistics.ts";
import { atLeast, known, type Row } from "./_table.ts";

const PROCESSES = 3;
const PEER = "`fetch` and `schema.parse` by hand, 64 at once over a socket";

/** What a call of another service costs beside the request itself. */
export async function clientRows(): Promise<Row[]> {
  const folder = await createConsumer("bench");
  await copyFolder(`${root}/bench`, `${folder}/bench`);
  const serve = [Deno.execPath(), "run", "-A", "--no-check", "bench/http/serve.ts", "floor"];
  await using server = await startServer(serve, root);
  const { origin } = new URL(server.url);
  const script = ["bench/client/measure.ts", origin];
  const deno = await measure([Deno.execPath(), "run", "-A", "--no-check", ...script], root);
  const onBun = await measure([await bun(), ...script], folder);
  const onNode = await measure([await node(), ...script], folder);
  return [
    atLeast("a call of a client, Deno", PEER, deno, 0.85),
    known("a call of a client, Bun", PEER, onBun.toFixed(2)),
    known("a call of a client, Node", PEER, onNode.toFixed(2)),
  ];
}

async function measure(command: readonly string[], cwd: string): Promise<number> {
  const ratios: number[] = [];
  for (let i = 0; i < PROCESSES; i++) {
    const { output } = await runOrThrow(command, { cwd });
    ratios.push(JSON.parse(output.trim().split("\n").at(-1)!).ratio);
  }
  return median(ratios);
}
