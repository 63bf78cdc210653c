/**
 * Runs replicas of the two services of examples/fleet under load on a real Postgres each and NATS, kills replicas, databases
 * and nats-server in turn, and checks that nothing was lost, doubled or out of order.
 *
 *     deno task drill [--seconds=120] [--replicas=3] [--clients=16] [--cluster]
 *
 * @module
 */
import { parseArgs } from "node:util";
import { runDrill } from "../tests/_support/drill/run_drill.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "120" },
    replicas: { type: "string", default: "3" },
    clients: { type: "string", default: "16" },
    cluster: { type: "boolean", default: false },
  },
});
const [seconds, replicas, clients] = [values.seconds, values.replicas, values.clients].map(Number);
for (const [name, value] of Object.entries({ seconds, replicas, clients })) {
  if (!Number.isInteger(value) || value! < 1) {
    console.error(
      `Expected --${name} to be a whole number from 1, got "${values[name as keyof typeof values]}"`,
    );
    Deno.exit(2);
  }
}

const startedAt = performance.now();
const report = await runDrill({
  seconds: seconds!,
  replicas: replicas!,
  clients: clients!,
  cluster: values.cluster,
  onProgress: (line) =>
    console.log(`${((performance.now() - startedAt) / 1000).toFixed(0).padStart(4)} s  ${line}`),
});
const { acknowledged, paid, refused, requests, replays, latencyMs, kills, settledAfterMs, differences } =
  report;
console.log(`
orders acknowledged          ${acknowledged}, of which ${paid} were paid and ${
  acknowledged - paid
} cancelled; ${refused} refused
requests that it took        ${requests}, of which ${replays} came again and got the first answer
from request to answer       ${latencyMs.p50} ms half, ${latencyMs.p99} ms 99 in 100, ${latencyMs.max} ms longest
kills                        ${kills.replicas} of a replica, ${kills.postgres} of a Postgres, ${kills.nats} of a nats-server
nothing under way after      ${settledAfterMs} ms
lost, doubled, out of order  ${
  differences.length === 0 ? "none: orders, ledger, streams, history and summary agree" : ""
}`);
for (const difference of differences) console.log(`  ${difference}`);
Deno.exit(differences.length === 0 ? 0 : 1);
