import { copyFolder, createConsumer } from "../scripts/_consumer.ts";
import { root } from "../scripts/_project.ts";
import { node } from "../scripts/tools.ts";
import { type BenchServer, load, startServer } from "./_load.ts";
import { medianRatio, takeTurns } from "./_statistics.ts";
import { atLeast, known, type Row } from "./_table.ts";

const ROUNDS = 11;
const SECONDS = 2;

/** Requests over a socket, by wrk. */
export async function loadRows(): Promise<Row[]> {
  const folder = await createConsumer("bench");
  await copyFolder(`${root}/bench`, `${folder}/bench`);
  const deno = [Deno.execPath(), "run", "-A", "--no-check", "bench/http/serve.ts"];
  const node24 = [await node(), "bench/http/serve.ts"];
  await using denoFloor = await startServer([...deno, "floor"], root);
  await using denoLeast = await startServer([...deno, "least"], root);
  await using denoGlam = await startServer([...deno, "glam"], root);
  await using nodeGlam = await startServer([...node24, "glam"], folder);
  await using nodeFastify = await startServer([...node24, "fastify"], folder);

  const measure = ({ url }: BenchServer) => () => load(url, SECONDS);
  const servers = { denoFloor, denoLeast, denoGlam, nodeGlam, nodeFastify };
  for (const server of Object.values(servers)) await load(server.url, 1);
  const rates = await takeTurns(ROUNDS, {
    denoFloor: measure(denoFloor),
    denoLeast: measure(denoLeast),
    denoGlam: measure(denoGlam),
    nodeGlam: measure(nodeGlam),
    nodeFastify: measure(nodeFastify),
  });
  const fastify = "Fastify 5 on Node 24 with ids, context, headers, prom-client";
  return [
    atLeast(
      "over a socket, Deno",
      "the hand-written route",
      medianRatio(rates.denoGlam, rates.denoFloor),
      0.85,
    ),
    known(
      "a context and four headers alone, Deno",
      "the hand-written route",
      medianRatio(rates.denoLeast, rates.denoFloor).toFixed(2),
    ),
    atLeast("over a socket, Deno", fastify, medianRatio(rates.denoGlam, rates.nodeFastify), 1.20),
    atLeast("over a socket, Node 24", fastify, medianRatio(rates.nodeGlam, rates.nodeFastify), 1.10),
  ];
}
