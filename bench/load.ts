import { copyFolder, createConsumer } from "../scripts/_consumer.ts";
import { root } from "../scripts/_project.ts";
import { node } from "../scripts/tools.ts";
import { load, startServer } from "./_load.ts";
import { medianRatio, takeTurns } from "./_statistics.ts";
import { atLeast, known, type Row } from "./_table.ts";

const PROCESSES = 5;
const ROUNDS = 3;
const SECONDS = 2;

type ServerName = "denoFixed" | "denoFloor" | "denoGlam" | "nodeFastify" | "nodeGlam";

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
  const commands: Readonly<Record<ServerName, Command>> = {
    denoFloor: { command: [...deno, "floor"], cwd: root },
    denoFixed: { command: [...deno, "fixed"], cwd: root },
    denoGlam: { command: [...deno, "glam"], cwd: root },
    nodeGlam: { command: [...node24, "glam"], cwd: folder },
    nodeFastify: { command: [...node24, "fastify"], cwd: folder },
  };
  const rates: Record<ServerName, number[]> = {
    denoFloor: [],
    denoFixed: [],
    denoGlam: [],
    nodeGlam: [],
    nodeFastify: [],
  };
  for (let i = 0; i < PROCESSES; i++) {
    const measured = await measure(commands);
    for (const name of Object.keys(rates) as ServerName[]) rates[name].push(...measured[name]);
  }
  const fastify = "Fastify 5 on Node 24 with ids, context, headers, prom-client";
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
  ];
}

/** Rates of servers of their own, round by round: how the collector gets on differs from process to process. */
async function measure(
  commands: Readonly<Record<ServerName, Command>>,
): Promise<Record<ServerName, number[]>> {
  await using stack = new AsyncDisposableStack();
  const start = async ({ command, cwd }: Command) => {
    const { url } = stack.use(await startServer(command, cwd));
    await load(url, 1);
    return () => load(url, SECONDS);
  };
  return await takeTurns(ROUNDS, {
    denoFloor: await start(commands.denoFloor),
    denoFixed: await start(commands.denoFixed),
    denoGlam: await start(commands.denoGlam),
    nodeGlam: await start(commands.nodeGlam),
    nodeFastify: await start(commands.nodeFastify),
  });
}
