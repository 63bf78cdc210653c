import assert from "node:assert/strict";
import { it } from "node:test";
import {
  createListener,
  defineEvent,
  type Listener,
  type ListenerOptions,
  type MessageBus,
} from "@glam/shared/messaging";
import * as z from "zod";
import { startNats } from "../../_support/nats_server.ts";
import { waitFor } from "../../_support/wait_for.ts";
import {
  allSettled,
  durableOf,
  endAckWait,
  endAckWaitOfDead,
  openBus,
  publishNumbers,
} from "../_processes.ts";

const Numbered = defineEvent("evt.test.numbered.v1", z.object({ n: z.int() }));
const silent = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };

const GROUP = "faults";

type Options = ListenerOptions<[typeof Numbered], undefined>;

function listen(bus: MessageBus, options: Pick<Options, "handle"> & Partial<Options>): Listener {
  return createListener(bus, {
    service: "test",
    queueGroup: GROUP,
    events: [Numbered],
    logger: silent,
    backoffMs: [50],
    ...options,
  });
}

it("a listener goes on after its server was killed, and loses and repeats nothing", async () => {
  await using server = await startNats();
  const { bus } = await openBus(server);
  await using _bus = bus;
  const seen: number[] = [];
  const gate = Promise.withResolvers<void>();
  await using listener = listen(bus, {
    concurrency: 4,
    async handle({ data }) {
      if (data.n === 1) await gate.promise;
      seen.push(data.n);
    },
  });
  await listener.start();
  await publishNumbers(bus, 1, 50);
  await waitFor(() => seen.length === 49, "all but the one at work are handled");
  await server.kill9();
  await waitFor(() => !bus.connected, "the connection is lost");
  assert.equal((await listener.health()).status, "unhealthy");
  await server.restart();
  await waitFor(() => bus.connected, "the connection is there");
  await publishNumbers(bus, 51, 60);
  await waitFor(() => seen.length >= 59, "the new ones are handled");
  gate.resolve();
  await waitFor(() => seen.length === 60, "the one at work is done");
  await waitFor(async () => (await listener.health()).status === "healthy", "it is healthy");
  // What the server has forgotten to be acknowledged comes again, and is not handled again.
  const consumer = await durableOf(bus, GROUP);
  await endAckWait(bus, consumer);
  await allSettled(consumer);
  assert.deepEqual(seen.toSorted((a, b) => a - b), Array.from({ length: 60 }, (_, i) => i + 1));
});

it("what finishes while the server is away is acknowledged when it is back, and does not run again", async () => {
  await using server = await startNats();
  const { bus } = await openBus(server);
  await using _bus = bus;
  const gate = Promise.withResolvers<void>();
  let calls = 0;
  // So long that what settles the message is its acknowledgement, and not that it came again.
  const ackWaitMs = 3_600_000;
  await using listener = listen(bus, { handle: () => (calls++, gate.promise), ackWaitMs });
  await listener.start();
  await publishNumbers(bus, 1, 1);
  await waitFor(() => calls === 1, "it runs");
  await server.kill9();
  await waitFor(() => !bus.connected, "the connection is lost");
  gate.resolve();
  await waitFor(async () => (await listener.health()).in_flight === 0, "it is done");
  await server.restart();
  await waitFor(async () => (await listener.health()).status === "healthy", "it is healthy");
  await allSettled(await durableOf(bus, GROUP, ackWaitMs));
  assert.equal(calls, 1);
});

it("health answers while the server hangs, and the listener goes on when it is back", async () => {
  await using server = await startNats();
  const { bus } = await openBus(server);
  await using _bus = bus;
  const seen: number[] = [];
  await using listener = listen(bus, { handle: ({ data }) => void seen.push(data.n) });
  await listener.start();
  await publishNumbers(bus, 1, 1);
  await waitFor(() => seen.length === 1, "it listens");
  await server.pause();
  try {
    const { status, reasons } = await listener.health();
    assert.equal(status, "unhealthy");
    assert.notEqual(reasons.length, 0);
  } finally {
    await server.resume();
  }
  await publishNumbers(bus, 2, 2);
  await waitFor(() => seen.length === 2, "it goes on");
  await waitFor(async () => (await listener.health()).status === "healthy", "it is healthy");
});

it("a listener stops while the server is away, and what it held comes to the next one", async () => {
  await using server = await startNats();
  const { bus } = await openBus(server);
  await using _bus = bus;
  let calls = 0;
  const first = listen(bus, {
    graceMs: 200,
    handle: (
      { signal },
    ) => (calls++, new Promise((_, reject) => signal.onabort = () => reject(signal.reason))),
  });
  await first.start();
  await publishNumbers(bus, 1, 5);
  await waitFor(() => calls === 1, "it runs");
  await server.kill9();
  await waitFor(() => !bus.connected, "the connection is lost");
  const stopping = first.stop();
  assert.equal(first.stop(), stopping);
  await stopping;
  await server.restart();
  await waitFor(() => bus.connected, "the connection is there");
  await endAckWaitOfDead(bus, await durableOf(bus, GROUP));
  const seen = new Set<number>();
  await using second = listen(bus, { handle: ({ data }) => void seen.add(data.n) });
  await second.start();
  await waitFor(() => seen.size === 5, "all are handled");
});

it("many messages that fail do not keep healthy ones back, also after the server was killed", async () => {
  await using server = await startNats();
  const { bus } = await openBus(server);
  await using _bus = bus;
  const poisoned = 1600; // more than a listener keeps waiting
  const healthy = new Set<number>();
  await using listener = listen(bus, {
    concurrency: 8,
    backoffMs: [3_600_000],
    handle({ data }) {
      if (data.n <= poisoned) throw new Error("poisoned");
      healthy.add(data.n);
    },
  });
  await listener.start();
  await publishNumbers(bus, 1, poisoned + 100);
  await waitFor(() => healthy.size === 100, "the healthy ones are handled");
  await server.kill9();
  await waitFor(() => !bus.connected, "the connection is lost");
  await server.restart();
  await waitFor(() => bus.connected, "the connection is there");
  await endAckWait(bus, await durableOf(bus, GROUP));
  await publishNumbers(bus, poisoned + 101, poisoned + 200);
  await waitFor(() => healthy.size === 200, "the healthy ones are handled again");
});
