import { copyFolder, createConsumer } from "../scripts/_consumer.ts";
import { root } from "../scripts/_project.ts";
import { runOrThrow } from "../scripts/_run.ts";
import { node } from "../scripts/tools.ts";
import { type BenchServer, load, startServer } from "./_load.ts";
import { median, medianRatio, takeTurns } from "./_statistics.ts";
import { atLeast, atMost, known, type Row } from "./_table.ts";

const PROCESSES = 3;
const ROUNDS = 3;
const SECONDS = 2;
const PEER = "the same route with validate and success, whose answers nobody checks";
const FASTIFY = "Fastify 5 with schemas of parameters and response, ids, context, headers, prom-client";

interface InProcessResult {
  readonly objectRatio: number;
  readonly listRatio: number;
  readonly documentMs: number;
  readonly firstDocumentMs: number;
}

/** Routes by contract, and their document. */
export async function endpointRows(): Promise<Row[]> {
  const results: InProcessResult[] = [];
  for (let i = 0; i < PROCESSES; i++) {
    const command = [Deno.execPath(), "run", "-A", "--no-check", "bench/endpoints/in_process.ts"];
    const { output } = await runOrThrow(command, { cwd: root });
    results.push(JSON.parse(output.trim().split("\n").at(-1)!));
  }
  const of = (name: keyof InProcessResult) => median(results.map((result) => result[name]));
  return [
    atLeast("implement, one object, Deno", PEER, of("objectRatio"), 0.95),
    atLeast("implement, 50 rows with a date each, Deno", PEER, of("listRatio"), 0.70),
    atLeast("implement over a socket, one object, Node 24", FASTIFY, await againstFastify("/items/42"), 1),
    atLeast("the same, 50 rows with a date each, Node 24", FASTIFY, await againstFastify("/rows"), 1),
    atMost("openapi() of 300 endpoints, Deno", "median of 15", of("documentMs"), 100, "ms"),
    known("the first of them", "code that never ran", `${of("firstDocumentMs").toFixed(1)} ms`),
  ];
}

let consumer: Promise<string> | undefined;

async function benchConsumer(): Promise<string> {
  const folder = await createConsumer("bench");
  await copyFolder(`${root}/bench`, `${folder}/bench`);
  return folder;
}

async function againstFastify(path: string): Promise<number> {
  const folder = await (consumer ??= benchConsumer());
  const command = async (name: string) => [await node(), "bench/http/serve.ts", name];
  const ratios: number[] = [];
  for (let i = 0; i < PROCESSES; i++) {
    await using contracts = await startServer(await command("contracts"), folder);
    await using fastify = await startServer(await command("fastify-schema"), folder);
    const urlOf = (server: BenchServer) => new URL(path, server.url).href;
    for (const server of [contracts, fastify]) await load(urlOf(server), 1);
    const rates = await takeTurns(ROUNDS, {
      contracts: () => load(urlOf(contracts), SECONDS),
      fastify: () => load(urlOf(fastify), SECONDS),
    });
    ratios.push(medianRatio(rates.contracts, rates.fastify));
  }
  return median(ratios);
}
