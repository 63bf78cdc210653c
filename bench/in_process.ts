import { copyFolder, createConsumer } from "../scripts/_consumer.ts";
import { root } from "../scripts/_project.ts";
import { runOrThrow } from "../scripts/_run.ts";
import { bun, node } from "../scripts/tools.ts";
import { median } from "./_statistics.ts";
import { atLeast, known, type Row } from "./_table.ts";

interface InProcessResult {
  readonly floorMicros: number;
  readonly glamMicros: number;
  readonly glamRatio: number;
  readonly loggingRatio: number;
  readonly fixedRatio: number;
}

const PROCESSES = 5;
const PEER = "a hand-written Hono route with the same body and headers";
const FIXED = "the same with ids that never change";

/** Requests without a socket, on each runtime. */
export async function inProcessRows(): Promise<Row[]> {
  const folder = await createConsumer("bench");
  await copyFolder(`${root}/bench`, `${folder}/bench`);
  const script = "bench/http/in_process.ts";
  const onDeno = await measure([Deno.execPath(), "run", "-A", "--no-check", script], root);
  const onBun = await measure([await bun(), script], folder);
  const onNode = await measure([await node(), script], folder);
  return [
    atLeast("in process, Deno", PEER, onDeno.glamRatio, 0.80),
    known("in process, Deno", FIXED, onDeno.fixedRatio.toFixed(2)),
    atLeast("in process, Bun", PEER, onBun.glamRatio, 0.75),
    known("in process, Bun", FIXED, onBun.fixedRatio.toFixed(2)),
    known("in process, Node", PEER, onNode.glamRatio.toFixed(2)),
    known("the same with the access log, Deno", PEER, onDeno.loggingRatio.toFixed(2)),
    known(
      "one request, Deno",
      `${onDeno.floorMicros.toFixed(1)} µs by hand`,
      `${onDeno.glamMicros.toFixed(1)} µs`,
    ),
  ];
}

/** The median over several processes, because garbage collection varies more between processes than within one. */
async function measure(command: readonly string[], cwd: string): Promise<InProcessResult> {
  const results: InProcessResult[] = [];
  for (let i = 0; i < PROCESSES; i++) {
    const { output } = await runOrThrow(command, { cwd });
    results.push(JSON.parse(output.trim().split("\n").at(-1)!));
  }
  const names = Object.keys(results[0]!) as (keyof InProcessResult)[];
  const middle = names.map((name) => [name, median(results.map((result) => result[name]))]);
  return Object.fromEntries(middle) as InProcessResult;
}
