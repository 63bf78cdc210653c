import { root } from "../scripts/_project.ts";
import { runOrThrow } from "../scripts/_run.ts";
import { bundleWorker } from "../tests/_support/workerd.ts";
import { median, takeTurns } from "./_statistics.ts";
import { atMost, type Row } from "./_table.ts";

const ROUNDS = 41;

/** What a service pays before its first request. */
export async function startRows(): Promise<Row[]> {
  const peers = 'import "hono"; import * as z from "zod"; z.string;';
  const times = await takeTurns(ROUNDS, {
    peers: () => timeImport("peers", peers),
    glam: () => timeImport("glam", `${peers} import "@glam/shared";`),
  });
  const difference = median(times.glam.map((time, round) => time - times.peers[round]!));
  return [
    atMost("import, Deno", "importing Hono and Zod alone", difference, 12, "ms more"),
    atMost("one-route worker", "minified by wrangler, gzip", await workerSize() / 1024, 60, "KB"),
  ];
}

/** Milliseconds that a process takes to import and end. */
async function timeImport(name: string, code: string): Promise<number> {
  const file = `${root}/.cache/bench_import_${name}.ts`;
  await Deno.writeTextFile(file, code);
  const { seconds } = await runOrThrow([Deno.execPath(), "run", "-A", "--no-check", file], { cwd: root });
  return seconds * 1000;
}

async function workerSize(): Promise<number> {
  const out = await bundleWorker("one_route", { minify: true });
  const code = new Blob([await Deno.readFile(`${out}/one_route.js`)]);
  const gzip = code.stream().pipeThrough(new CompressionStream("gzip"));
  return (await new Response(gzip).arrayBuffer()).byteLength;
}
