import { copyFolder, createConsumer } from "../scripts/_consumer.ts";
import { root } from "../scripts/_project.ts";
import { node } from "../scripts/tools.ts";
import { load, startServer } from "./_load.ts";
import { medianRatio, takeTurns } from "./_statistics.ts";
import { atLeast, known, type Row } from "./_table.ts";

const PROCESSES = 5;
const ROUNDS = 3;
const SECONDS = 2;

interface Command {
  readonly command: readonly string[];
  readonly cwd: string;
}

/** Requests over a socket, by wrk. */
export async function loadRows(): Promise<Row[]> {
  const folder = await createConsumer("bench");
  await copyFolder(`${root}/bench`, `${folder}/bench`);
  const deno = [Deno.execPath(), "run", "-A", "--no-check", "bench/http/serve.ts"];
  const node24 = [await node(), "bench/http/serve.ts"];
  const commands = {
    denoFloor: { command: [...deno, "floor"], cwd: root },
    denoFixed: { command: [...deno, "fixed"], cwd: root },
    denoGlam: { command: [...deno, "glam"], cwd: root },
    nodeGlam: { command: [...node24, "glam"], cwd: folder },
    nodeFastify: { command: [...node24, "fastify"], cwd: folder },
    denoLogging: { command: [...deno, "glam-logging"], cwd: root },
    nodeLogging: { command: [...node24, "glam-logging"], cwd: folder },
    nodeFastifyLogging: { command: [...node24, "fastify-logging"], cwd: folder },
  };
  const rates = await measureRates(commands);
  const fastify = "Fastify 5 on Node 24 with ids, context, headers, prom-client";
  const logging = "the same Fastify, with one line of pino for each request";
  const ratioOf = (name: "denoLogging" | "nodeLogging") => medianRatio(rates[name], rates.nodeFastifyLogging);
  return [
    atLeast(
      "over a socket, Deno",
      "the hand-written route",
      medianRatio(rates.denoGlam, rates.denoFloor),
      0.85,
    ),
    known(
      "over a socket, Deno",
      "the same with ids that never change",
      medianRatio(rates.denoGlam, rates.denoFixed).toFixed(2),
    ),
    atLeast("over a socket, Deno", fastify, medianRatio(rates.denoGlam, rates.nodeFastify), 1.20),
    atLeast("over a socket, Node 24", fastify, medianRatio(rates.nodeGlam, rates.nodeFastify), 1.10),
    atLeast("the same with the access log, Deno", logging, ratioOf("denoLogging"), 1.50),
    atLeast("the same with the access log, Node 24", logging, ratioOf("nodeLogging"), 1.20),
  ];
}

/** Rates by round. Servers are restarted each round, because garbage collection varies between processes. */
export async function measureRates<Name extends string>(
  commands: Readonly<Record<Name, Command>>,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(commands) as Name[];
  const rates = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let i = 0; i < PROCESSES; i++) {
    await using stack = new AsyncDisposableStack();
    const loads = {} as Record<Name, () => Promise<number>>;
    for (const name of names) {
      const { url } = stack.use(await startServer(commands[name].command, commands[name].cwd));
      await load(url, 1);
      loads[name] = () => load(url, SECONDS);
    }
    const measured = await takeTurns(ROUNDS, loads);
    for (const name of names) rates[name].push(...measured[name]);
  }
  return rates;
}
