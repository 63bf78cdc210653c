import assert from "node:assert/strict";
import { it } from "node:test";
import { MessageBusError } from "@glam/shared/errors";
import { connectNats, createListener, defineEvent, ensureStreams, Streams } from "@glam/shared/messaging";
import * as z from "zod";
import { startNats, startNatsCluster } from "../_support/nats_server.ts";
import { credsOf, operatorConfig } from "../_support/nats_jwt.ts";
import { waitFor } from "../_support/wait_for.ts";
import { deadNumbers, publishNumbers } from "./_processes.ts";

const Numbered = defineEvent("evt.test.numbered.v1", z.object({ n: z.int() }));
const silent = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };
const options = { service: "test", queueGroup: "connection", events: [Numbered], logger: silent } as const;

it("a connection that the server ends for good ends the listener: finished rejects, and it is not ready", async () => {
  const operator = operatorConfig();
  await using server = await startNats({ config: operator.config });
  await using bus = await connectNats({ servers: server.url, creds: credsOf(operator, 3) });
  let handled = 0;
  await using listener = createListener(bus, { ...options, handle: () => void handled++ });
  await listener.start();
  await publishNumbers(bus, 1, 1);
  await waitFor(() => handled === 1, "it listens");
  assert.equal((await listener.health()).status, "healthy");
  let ended: unknown;
  listener.finished.catch((error) => ended = error);
  await waitFor(() => ended !== undefined, "the listener is over");
  assert.ok(ended instanceof MessageBusError, String(ended));
  assert.equal(ended.kind, "unavailable");
  assert.match(ended.message, /Listener ended: the connection to the message bus is closed/);
  assert.match(String((ended.cause as Error | undefined)?.message), /the credentials have expired/);
  const { status, reasons } = await listener.health();
  assert.equal(status, "unhealthy");
  assert.equal(reasons[0], "The listener is over");
  assert.equal(bus.connected, false);
});

it("a listener on a cluster loses and repeats nothing when the leader of its stream is killed", async () => {
  await using cluster = await startNatsCluster();
  await using bus = await connectNats({ servers: cluster.urls });
  await ensureStreams(bus, { replicas: 3 });
  const runs = new Map<number, number>();
  await using listener = createListener(bus, {
    ...options,
    concurrency: 8,
    ackWaitMs: 2000,
    backoffMs: [50],
    async handle({ data }) {
      runs.set(data.n, (runs.get(data.n) ?? 0) + 1);
      await new Promise((resolve) => setTimeout(resolve, 2));
    },
  });
  await listener.start();
  await publishNumbers(bus, 1, 300);
  await waitFor(() => runs.size >= 100, "it is at work");
  const publishing = publishNumbers(bus, 301, 1000);
  const leader = await cluster.leaderOf(Streams.EVENTS);
  await cluster.servers[leader]!.kill9();
  await publishing;
  await waitFor(() => runs.size === 1000, "all are handled");
  await waitFor(async () => (await listener.health()).status === "healthy", "it is healthy");
  const twice = [...runs].filter(([, count]) => count > 1);
  assert.deepEqual(twice, [], "what comes again in this process is recognised");
  let dead: number[] | undefined; // their stream may have lost its leader, too
  await waitFor(
    async () => (dead = await deadNumbers(bus).catch(() => undefined)) !== undefined,
    "a leader is elected",
  );
  assert.deepEqual(dead, []);
});
