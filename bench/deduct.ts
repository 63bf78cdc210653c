import { copyFolder, createConsumer } from "../scripts/_consumer.ts";
import { root } from "../scripts/_project.ts";
import { node } from "../scripts/tools.ts";
import { startPostgres } from "../tests/_support/postgres_server.ts";
import { load, startServer } from "./_load.ts";
import { prepare } from "./deduct/setting.ts";
import { median, medianRatio, takeTurns } from "./_statistics.ts";
import { atLeast, known, type Row } from "./_table.ts";

const ROUNDS = 9;
const SECONDS = 2;
const LOAD = { connections: 16, script: `${root}/bench/deduct/deduct.lua` };

/** A request of the example with a transaction and an event, over a socket and on a real Postgres. */
export async function deductRows(): Promise<Row[]> {
  await using postgres = await startPostgres();
  await prepare(postgres.url);
  const folder = await createConsumer("bench");
  await copyFolder(`${root}/bench`, `${folder}/bench`);
  await copyFolder(`${root}/examples`, `${folder}/examples`);
  const script = "bench/deduct/serve.ts";
  const deno = [Deno.execPath(), "run", "-A", "--no-check", "--config", `${root}/deno.dev.json`, script];
  const node24 = [await node(), script];
  await using stack = new AsyncDisposableStack();
  const start = async (command: readonly string[], name: string, cwd: string) => {
    const { url } = stack.use(await startServer([...command, name, postgres.url], cwd));
    await load(url, 2, LOAD);
    return () => load(url, SECONDS, LOAD);
  };
  const rates = await takeTurns(ROUNDS, {
    denoGlam: await start(deno, "glam", root),
    denoByHand: await start(deno, "by-hand", root),
    nodeGlam: await start(node24, "glam", folder),
    nodeFastify: await start(node24, "fastify", folder),
  });
  const byHand = "the same statements with Hono, Zod and postgres.js, and nothing else";
  const fastify = "Fastify 5 on Node 24 with Drizzle, an outbox by hand, ids, pino, prom-client";
  return [
    atLeast(
      "deduct of the example, 16 at once, Deno",
      byHand,
      medianRatio(rates.denoGlam, rates.denoByHand),
      0.9,
    ),
    atLeast(
      "deduct of the example, 16 at once, Node 24",
      fastify,
      medianRatio(rates.nodeGlam, rates.nodeFastify),
      1.3,
    ),
    known("deduct of the example, 16 at once, Deno", "", `${Math.round(median(rates.denoGlam))} a second`),
  ];
}
