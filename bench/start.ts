import { createConsumer, createDenoConsumer } from "../scripts/_consumer.ts";
import { root } from "../scripts/_project.ts";
import { runOrThrow } from "../scripts/_run.ts";
import { node } from "../scripts/tools.ts";
import { bundleWorker } from "../tests/_support/workerd.ts";
import { median, takeTurns } from "./_statistics.ts";
import { atMost, known, type Row } from "./_table.ts";

const ROUNDS = 41;

const PEERS = 'import "hono"; import * as z from "zod"; z.string;';
const ALONE = "importing Hono and Zod alone";

/** The start-up cost of the package. */
export async function startRows(): Promise<Row[]> {
  const deno = [Deno.execPath(), "run", "-A", "--no-check"];
  const published = await importCost(deno, await createDenoConsumer("import"));
  const sources = await importCost(deno, `${root}/.cache`);
  const onNode = await importCost([await node()], await createConsumer("bench"));
  return [
    atMost("import, Deno", ALONE, published, 12, "ms more"),
    known("import of the sources, Deno", ALONE, `${sources.toFixed(1)} ms more`),
    known("import, Node", ALONE, `${onNode.toFixed(1)} ms more`),
    atMost("one-route worker", "minified by wrangler, gzip", await workerSize() / 1024, 60, "KB"),
  ];
}

/** Milliseconds that importing the package adds to a process in `folder`. */
async function importCost(command: readonly string[], folder: string): Promise<number> {
  const programs = { peers: PEERS, glam: `${PEERS} import "@glam/shared";` };
  const time = async (name: keyof typeof programs) => {
    const file = `${folder}/bench_import_${name}.mjs`;
    await Deno.writeTextFile(file, programs[name]);
    const { seconds } = await runOrThrow([...command, file], { cwd: folder });
    return seconds * 1000;
  };
  const times = await takeTurns(ROUNDS, { peers: () => time("peers"), glam: () => time("glam") });
  return median(times.glam.map((each, round) => each - times.peers[round]!));
}

async function workerSize(): Promise<number> {
  const out = await bundleWorker("one_route", { minify: true });
  const code = new Blob([await Deno.readFile(`${out}/one_route.js`)]);
  const gzip = code.stream().pipeThrough(new CompressionStream("gzip"));
  return (await new Response(gzip).arrayBuffer()).byteLength;
}
