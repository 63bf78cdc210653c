/**
 * Measures what the package costs, as ratios within one run against a named peer:
 *
 *     deno task bench            # prints the table
 *     deno task bench --write    # and keeps it in docs/performance.md
 *     deno task bench http       # one group: http, load, operations, endpoints, auth, limit, start, db, deduct, config,
 *                                # publish, listen, inbox, relay, partitions, growth, client or command
 *
 * @module
 */
import { root } from "../scripts/_project.ts";
import { bun, node } from "../scripts/tools.ts";
import { runOrThrow } from "../scripts/_run.ts";
import { authRows } from "./auth.ts";
import { clientRows } from "./client.ts";
import { commandRows } from "./command.ts";
import { configRows } from "./config.ts";
import { dbRows } from "./db.ts";
import { deductRows } from "./deduct.ts";
import { endpointRows } from "./endpoints.ts";
import { growthRows } from "./growth.ts";
import { inboxRows } from "./inbox.ts";
import { listenRows } from "./listen.ts";
import { loadRows } from "./load.ts";
import { inProcessRows } from "./in_process.ts";
import { operationsRows } from "./operations.ts";
import { partitionRows } from "./partitions.ts";
import { publishRows } from "./publish.ts";
import { rateLimitRows } from "./rate_limit.ts";
import { relayRows } from "./relay.ts";
import { startRows } from "./start.ts";
import { type Row, toTable } from "./_table.ts";

const groups: Readonly<Record<string, () => Promise<Row[]>>> = {
  http: inProcessRows,
  load: loadRows,
  operations: operationsRows,
  endpoints: endpointRows,
  auth: authRows,
  limit: rateLimitRows,
  start: startRows,
  db: dbRows,
  deduct: deductRows,
  config: configRows,
  publish: publishRows,
  listen: listenRows,
  inbox: inboxRows,
  relay: relayRows,
  partitions: partitionRows,
  growth: growthRows,
  client: clientRows,
  command: commandRows,
};

const wanted = Deno.args.filter((arg) => !arg.startsWith("-"));
const unknown = wanted.filter((name) => groups[name] === undefined);
if (unknown.length > 0) {
  console.error(`No group ${unknown.join(", ")}; there are ${Object.keys(groups).join(", ")}`);
  Deno.exit(1);
}

const rows: Row[] = [];
for (const [name, measure] of Object.entries(groups)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.error(`Measuring ${name}`);
  rows.push(...await measure());
}
const table = `${await machine()}\n\n${toTable(rows)}`;
console.log(table);
if (Deno.args.includes("--write")) await keep(table);
if (rows.some((row) => !row.met)) Deno.exitCode = 1;

async function machine(): Promise<string> {
  const versions = [
    `Deno ${Deno.version.deno}`,
    `Bun ${(await runOrThrow([await bun(), "--version"])).output.trim()}`,
    `Node ${(await runOrThrow([await node(), "--version"])).output.trim().slice(1)}`,
  ];
  return `${navigator.hardwareConcurrency} cores, ${versions.join(", ")}`;
}

/** Replaces what stands between the markers. */
async function keep(table: string): Promise<void> {
  const path = `${root}/docs/performance.md`;
  const page = await Deno.readTextFile(path);
  const [before, after] = [page.split("<!-- bench -->")[0], page.split("<!-- /bench -->")[1]];
  await Deno.writeTextFile(path, `${before}<!-- bench -->\n\n${table}\n\n<!-- /bench -->${after}`);
}
