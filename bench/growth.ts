import { root } from "../scripts/_project.ts";
import { runOrThrow } from "../scripts/_run.ts";
import { type RunningChild, startChild } from "../tests/_support/child_process.ts";
import { type NatsServer, startNats } from "../tests/_support/nats_server.ts";
import { startPostgres } from "../tests/_support/postgres_server.ts";
import { waitFor } from "../tests/_support/wait_for.ts";
import { atLeast, known, type Row } from "./_table.ts";

const BACKLOG = 60_000;
const PENDING = 1_000_000;
const HISTORY = 10_000_000;

/** What grows with a fleet: replicas, durables, what is pending, and the history of an outbox. */
export async function growthRows(): Promise<Row[]> {
  return [
    ...await replicaRows(),
    ...await durableRows(),
    ...await pendingRows(),
    ...await historyRows(),
  ];
}

async function replicaRows(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const count of [1, 3, 10]) {
    const { perSecond, startMs, bytes } = await backlog(count);
    rows.push(
      known(
        `${replicas(count)} of a listener, 16 at a time`,
        `a backlog of ${thousands(BACKLOG)}`,
        `${thousands(perSecond)} a second`,
      ),
      known(
        `start of ${replicas(count)}`,
        "at once, until the last one listens",
        `${Math.round(startMs)} ms`,
      ),
      known(`memory of each of ${replicas(count)}`, "after the backlog", megabytes(bytes)),
    );
  }
  return rows;
}

interface Handled {
  readonly handled: number;
  readonly bytes: number;
}

/** How fast so many replicas empty a backlog, from the first event to the last one. */
async function backlog(count: number) {
  await using server = await startNats({ accounts: false });
  {
    await using first = replica(server); // makes the durable
    await first.reaches(() => latest(first) !== undefined, "the replica listens");
  }
  await runProgram("publish.ts", server.url, String(BACKLOG));
  const since = performance.now();
  const started = Array.from({ length: count }, () => replica(server));
  try {
    await waitFor(() => started.every((each) => latest(each) !== undefined), "all replicas listen");
    const startMs = performance.now() - since;
    const total = () => started.reduce((sum, each) => sum + (latest(each)?.handled ?? 0), 0);
    const [handledBefore, startedAt] = [total(), performance.now()];
    await waitFor(() => total() >= BACKLOG, "the backlog is empty");
    const seconds = (performance.now() - startedAt) / 1000;
    const bytes = started.reduce((sum, each) => sum + latest(each)!.bytes, 0) / count;
    return { perSecond: (BACKLOG - handledBefore) / seconds, startMs, bytes };
  } finally {
    await Promise.all(started.map((each) => each[Symbol.asyncDispose]()));
  }
}

function replica(server: NatsServer): RunningChild {
  return startChild(Deno.execPath(), [...DENO, `${root}/bench/growth/replica.ts`, server.url, "growth"]);
}

function latest(child: RunningChild): Handled | undefined {
  const line = child.out().trimEnd().split("\n").at(-1);
  return line === "" || line === undefined ? undefined : JSON.parse(line);
}

async function durableRows(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const count of [10, 100, 1000]) {
    await using server = await startNats({ accounts: false });
    const before = await server.memoryBytes();
    const result = await runProgram("durables.ts", server.url, String(count));
    const added = await server.memoryBytes() - before;
    const what = `${count} durables`;
    rows.push(
      known(`${what}: start of the service`, "", `${Math.round(result["startMs"]!)} ms`),
      known(
        `${what}: latency of an event`,
        "publish to handler, median of 100",
        `${result["latencyMs"]!.toFixed(1)} ms`,
      ),
      known(
        `${what}: memory of the service`,
        `the server: ${megabytes(added)} more`,
        megabytes(result["bytes"]!),
      ),
    );
  }
  return rows;
}

async function pendingRows(): Promise<Row[]> {
  await using server = await startNats({ accounts: false });
  await runProgram("pending.ts", server.url, "bind");
  await runProgram("publish.ts", server.url, String(PENDING));
  const result = await runProgram("pending.ts", server.url, "handle");
  const what = "a listener with a million pending";
  return [
    known(what, "from its start to the first event", `${Math.round(result["firstMs"]!)} ms`),
    known(what, "the first 100,000, 64 at a time", `${thousands(result["perSecond"]!)} a second`),
    known(what, "memory, after these", `${megabytes(result["grownBytes"]!)} more`),
  ];
}

async function historyRows(): Promise<Row[]> {
  await using nats = await startNats({ accounts: false });
  await using postgres = await startPostgres();
  const result = await runProgram("outbox_history.ts", nats.url, postgres.url, String(HISTORY));
  const peer = "the same with an empty table";
  return [
    atLeast("relay with 10 million sent rows", peer, result["sentRatio"]!, 0.8),
    atLeast("adding with 10 million sent rows", peer, result["addedRatio"]!, 0.8),
    known("outbox.status() with them", "", `${Math.round(result["statusMs"]!)} ms`),
  ];
}

const DENO = ["run", "-A", "--no-check", "--quiet"];

/** Runs a program of `bench/growth/` and gives what it prints last, where that is JSON. */
async function runProgram(name: string, ...args: string[]): Promise<Record<string, number>> {
  const command = [Deno.execPath(), ...DENO, `${root}/bench/growth/${name}`, ...args];
  const { output } = await runOrThrow(command, { cwd: root });
  const last = output.trim().split("\n").at(-1) ?? "";
  return last === "" ? {} : JSON.parse(last);
}

function replicas(count: number): string {
  return count === 1 ? "1 replica" : `${count} replicas`;
}

function thousands(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MB`;
}
