import { copyFolder, createConsumer } from "../scripts/_consumer.ts";
import { root } from "../scripts/_project.ts";
import { runOrThrow } from "../scripts/_run.ts";
import { bun, node } from "../scripts/tools.ts";
import { median } from "./_statistics.ts";
import { atMost, known, type Row } from "./_table.ts";

const ROUNDS = 11;
const WHAT = "loadConfig of 200 keys";

/** The time that `loadConfig` adds to the start of a service, each time in a new process. */
export async function configRows(): Promise<Row[]> {
  const folder = await createConsumer("bench");
  await copyFolder(`${root}/bench`, `${folder}/bench`);
  const script = "bench/config/load.ts";
  const onDeno = await measure([Deno.execPath(), "run", "-A", "--no-check", script], root);
  const onBun = await measure([await bun(), script], folder);
  const onNode = await measure([await node(), script], folder);
  const peer = "two YAML files, .env and 20 variables; median of 25 loads";
  return [
    atMost(`${WHAT}, Deno`, peer, onDeno.loadMs, 10, "ms"),
    atMost(`${WHAT}, Bun`, peer, onBun.loadMs, 10, "ms"),
    atMost(`${WHAT}, Node`, peer, onNode.loadMs, 10, "ms"),
    known(
      "the first of them, Deno",
      "code that never ran, most of it of `yaml`",
      `${onDeno.firstMs.toFixed(1)} ms`,
    ),
    known(
      "a loadConfig before, Deno",
      "of one key, with what it imports",
      `${onDeno.importMs.toFixed(1)} ms`,
    ),
  ];
}

interface Times {
  readonly importMs: number;
  readonly firstMs: number;
  readonly loadMs: number;
}

async function measure(command: readonly string[], cwd: string): Promise<Times> {
  const times: Times[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const { output } = await runOrThrow(command, { cwd });
    times.push(JSON.parse(output.trim().split("\n").at(-1)!));
  }
  return {
    importMs: median(times.map(({ importMs }) => importMs)),
    firstMs: median(times.map(({ firstMs }) => firstMs)),
    loadMs: median(times.map(({ loadMs }) => loadMs)),
  };
}
