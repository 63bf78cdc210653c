import assert from "node:assert/strict";
import { it } from "node:test";
import { MessageBusError } from "@glam/shared/errors";
import {
  connectNats,
  createListener,
  defineEvent,
  type Listener,
  type MessageBus,
} from "@glam/shared/messaging";
import * as z from "zod";
import { byExtent } from "../../_support/extent.ts";
import { startNats } from "../../_support/nats_server.ts";
import { credsOf, operatorConfig } from "../../_support/nats_jwt.ts";
import { waitFor } from "../../_support/wait_for.ts";
import { openCluster } from "../_cluster.ts";
import { deadNumbers, durableOf, endAckWait, publishNumbers } from "../_processes.ts";
import { startListener } from "../_start_listener.ts";

const Numbered = defineEvent("evt.test.numbered.v1", z.object({ n: z.int() }));
const silent = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };
const options = { service: "test", queueGroup: "connection", events: [Numbered], logger: silent } as const;

/** A listener that is at work with credentials that expire in so many seconds; `undefined` where they were faster. */
async function listenFor(
  seconds: number,
  url: string,
  operator: ReturnType<typeof operatorConfig>,
): Promise<{ readonly bus: MessageBus; readonly listener: Listener } | undefined> {
  const bus = await connectNats({ servers: url, creds: credsOf(operator, seconds) }).catch(() => undefined);
  if (bus === undefined) return undefined;
  let handled = 0;
  const listener = createListener(bus, { ...options, handle: () => void handled++ });
  try {
    await listener.start();
    const event = { event_id: `event-${seconds}`, timestamp: new Date().toISOString(), data: { n: 1 } };
    await bus.publish({ subject: Numbered.subject, data: JSON.stringify(event) });
    await waitFor(() => handled === 1 || !bus.connected, "it listens");
    if ((await listener.health()).status === "healthy") return { bus, listener };
  } catch (error) {
    if (!(error instanceof MessageBusError)) throw error;
  }
  await bus.close();
  await listener.stop();
  return undefined;
}

it("a connection that the server ends for good ends the listener: finished rejects, and it is not ready", async () => {
  const operator = operatorConfig();
  await using server = await startNats({ config: operator.config });
  // The clock of a real server has to pass: it takes longer where the machine takes longer to begin.
  let begun: Awaited<ReturnType<typeof listenFor>>;
  for (const seconds of [3, 9, 27]) begun ??= await listenFor(seconds, server.url, operator);
  assert.ok(begun !== undefined, "it listens before its credentials expire");
  await using bus = begun.bus;
  await using listener = begun.listener;
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
  const total = byExtent({ whole: 1000, short: 300 });
  await using cluster = await openCluster();
  const { bus } = cluster;
  const runs = new Map<number, number>();
  await using listener = await startListener(() =>
    createListener(bus, {
      ...options,
      concurrency: 8,
      backoffMs: [50],
      async handle({ data }) {
        runs.set(data.n, (runs.get(data.n) ?? 0) + 1);
        await new Promise((resolve) => setTimeout(resolve, 2));
      },
    })
  );
  await publishNumbers(bus, 1, total / 2);
  await waitFor(() => runs.size >= total / 10, "it is at work");
  const publishing = publishNumbers(bus, total / 2 + 1, total);
  await cluster.killLeader();
  await publishing;
  // What was on its way from the leader that is dead comes again now, and not after the ack wait.
  await waitFor(
    () => durableOf(bus, "connection").then((it) => endAckWait(bus, it)).then(() => true, () => false),
    "a leader is elected",
  );
  await waitFor(() => runs.size === total, "all are handled");
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
