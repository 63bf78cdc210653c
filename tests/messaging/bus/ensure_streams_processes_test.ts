import assert from "node:assert/strict";
import { after, it } from "node:test";
import { connectNats, type EnsuredStream, STREAM_CONFIGS, Streams } from "@glam/shared/messaging";
import { startScript } from "../../_support/child_process.ts";
import { type NatsAccount, startNats } from "../../_support/nats_server.ts";

const server = await startNats();
after(() => server.stop());

const script = new URL("./_ensure_child.ts", import.meta.url);

/** What the processes of one account report that ensure the streams at the same moment. */
async function ensureAtOnce(account: NatsAccount, count: number): Promise<EnsuredStream[][]> {
  const options = JSON.stringify({ servers: server.url, ...account });
  await using children = new AsyncDisposableStack();
  const all = Array.from(
    { length: count },
    () => children.use(startScript(script, [options], { isInteractive: true })),
  );
  await Promise.all(all.map((child) => child.reaches(() => child.out().includes("ready\n"))));
  for (const { input } of all) input.write("go\n");
  const ended = await Promise.all(all.map((child) => child.ended()));
  assert.deepEqual(ended.map(({ code }) => code), all.map(() => 0));
  return ended.map(({ out }) => JSON.parse(out.trimEnd().split("\n").at(-1)!));
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
