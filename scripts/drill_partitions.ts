/**
 * Runs replicas of a listener of partitions on a cluster of three nats-servers, with an inbox on a real Postgres, kills,
 * stops and suspends replicas and servers in turn while handlers fail, and checks that every key kept its order, and that
 * nothing was lost or doubled.
 *
 *     deno task drill:partitions [--events=100000] [--keys=5000] [--seconds=120] [--replicas=3] [--ack-wait-ms=10000]
 *
 * @module
 */
import { parseArgs } from "node:util";
import { runPartitionDrill } from "../tests/_support/partitions/run_partition_drill.ts";

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "100000" },
    keys: { type: "string", default: "5000" },
    seconds: { type: "string", default: "120" },
    replicas: { type: "string", default: "3" },
    "ack-wait-ms": { type: "string", default: "10000" },
  },
});
const number = (name: keyof typeof values) => {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value > 0) return value;
  console.error(`Expected --${name} to be a whole number from 1, got "${values[name]}"`);
  Deno.exit(2);
};
const [events, keys, seconds] = [number("events"), number("keys"), number("seconds")];
const [replicas, ackWaitMs] = [number("replicas"), number("ack-wait-ms")];
if (events % keys !== 0) {
  console.error("Expected --events to be a multiple of --keys: each key has as many");
  Deno.exit(2);
}

const startedAt = performance.now();
const report = await runPartitionDrill({
  events,
  keys,
  seconds,
  replicas,
  ackWaitMs,
  onProgress: (line) =>
    console.log(`${((performance.now() - startedAt) / 1000).toFixed(0).padStart(4)} s  ${line}`),
});
const { published, turns, runs, failed, cutOff, sameAtOnce, settledAfterMs, differences } = report;
const did = Object.entries(turns).map(([what, count]) => `${count} ${what.replaceAll("_", " ")}`).join(", ");
console.log(`
events published             ${published} of ${keys} keys
replicas and servers         ${did}
runs of the handler          ${runs}, of which ${failed} failed and ${cutOff} were cut off or suspended
one event twice at a time    ${sameAtOnce}
all settled after            ${settledAfterMs} ms
lost, doubled, out of order  ${
  differences.length === 0 ? "none: every key has its steps in order, once each" : ""
}`);
for (const difference of differences.slice(0, 20)) console.log(`  ${difference}`);
Deno.exit(differences.length === 0 ? 0 : 1);
