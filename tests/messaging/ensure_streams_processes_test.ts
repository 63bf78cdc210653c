import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { after, it } from "node:test";
import { fileURLToPath } from "node:url";
import { connectNats, type EnsuredStream, STREAM_CONFIGS, Streams } from "@glam/shared/messaging";
import { type NatsAccount, startNats } from "../_support/nats_server.ts";
import { waitFor } from "../_support/wait_for.ts";

const server = await startNats();
after(() => server.stop());

const script = fileURLToPath(new URL("./_ensure_child.ts", import.meta.url));
const runtimeArgs = "Deno" in globalThis ? ["run", "--allow-all", "--no-check", "--quiet"] : [];

interface Ensuring {
  readonly child: ChildProcess;
  readonly lines: string[];
  readonly exited: Promise<number | null>;
}

function start(account: NatsAccount): Ensuring {
  const options = JSON.stringify({ servers: server.url, ...account });
  const child = spawn(process.execPath, [...runtimeArgs, script, options], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines: string[] = [];
  let rest = "";
  child.stdout!.setEncoding("utf8").on("data", (text: string) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    lines.push(...parts);
  });
  return { child, lines, exited: new Promise((resolve) => child.once("close", (code) => resolve(code))) };
}

/** What the processes of one account report that ensure the streams at the same moment. */
async function ensureAtOnce(account: NatsAccount, count: number): Promise<EnsuredStream[][]> {
  const all = Array.from({ length: count }, () => start(account));
  await waitFor(() => all.every(({ lines }) => lines.includes("ready")));
  for (const { child } of all) child.stdin!.write("go\n");
  assert.deepEqual(await Promise.all(all.map(({ exited }) => exited)), all.map(() => 0));
  return all.map(({ lines }) => JSON.parse(lines.at(-1)!));
}

it("processes that ensure the streams at the same moment all succeed, and find what they want", async () => {
  const account = server.account();
  for (const reports of await ensureAtOnce(account, 4)) {
    assert.deepEqual(reports.map(({ name, drift }) => [name, drift]), [[Streams.EVENTS, []], [
      Streams.DLQ,
      [],
    ]]);
  }
  await using bus = await connectNats({ servers: server.url, ...account });
  for (const { name, subjects, maxAgeMs } of STREAM_CONFIGS) {
    const info = await bus.streamInfo(name);
    assert.deepEqual([info?.config.subjects, info?.config.maxAgeMs], [subjects, maxAgeMs]);
  }
});

it("processes that widen the stream of the Python package at the same moment keep its events", async () => {
  const account = server.account();
  await using bus = await connectNats({ servers: server.url, ...account });
  const [events] = STREAM_CONFIGS;
  await bus.ensureStream({ ...events, subjects: ["evt.*", "cmd.*"] });
  await bus.publish({ subject: "evt.old", data: "{}" });
  for (const [report] of await ensureAtOnce(account, 4)) assert.deepEqual(report!.drift, []);
  const info = await bus.streamInfo(Streams.EVENTS);
  assert.deepEqual([info?.config.subjects, info?.messages], [events.subjects, 1]);
});
