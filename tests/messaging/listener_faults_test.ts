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
import { startNats } from "../_support/nats_server.ts";
import { waitFor } from "../_support/wait_for.ts";
import { openBus, publishNumbers } from "./_processes.ts";

const Numbered = defineEvent("evt.test.numbered.v1", z.object({ n: z.int() }));
const silent = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };

type Options = ListenerOptions<[typeof Numbered], undefined>;

function listen(bus: MessageBus, options: Pick<Options, "handle"> & Partial<Options>): Listener {
  return createListener(bus, {
    service: "test",
    queueGroup: "faults",
    events: [Numbered],
    logger: silent,
    ackWaitMs: 2000,
    backoffMs: [50],
    ...options,
  });
}

it("a listener goes on after its server was killed, within seconds, and loses nothing", async () => {
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
  const before = performance.now();
  await publishNumbers(bus, 51, 60);
  await waitFor(() => seen.length >= 59, "the new ones are handled");
  console.log(
    `consuming went on ${Math.round(performance.now() - before)} ms after the connection was there`,
  );
  gate.resolve();
  await waitFor(() => seen.length === 60, "the one at work is done");
  await waitFor(async () => (await listener.health()).status === "healthy", "it is healthy");
  await new Promise((resolve) => setTimeout(resolve, 2500)); // longer than the ack wait
  assert.deepEqual(seen.toSorted((a, b) => a - b), Array.from({ length: 60 }, (_, i) => i + 1));
});

it("what finishes while the server is away is acknowledged when it is back, and does not run again", async () => {
  await using server = await startNats();
  const { bus } = await openBus(server);
  await using _bus = bus;
  const gate = Promise.withResolvers<void>();
  let calls = 0;
  await using listener = listen(bus, { handle: () => (calls++, gate.promise), ackWaitMs: 1500 });
  await listener.start();
  await publishNumbers(bus, 1, 1);
  await waitFor(() => calls === 1, "it runs");
  await server.kill9();
  await waitFor(() => !bus.connected, "the connection is lost");
  gate.resolve();
  await waitFor(async () => (await listener.health()).in_flight === 0, "it is done");
  await server.restart();
  await waitFor(async () => (await listener.health()).status === "healthy", "it is healthy");
  await new Promise((resolve) => setTimeout(resolve, 2000)); // longer than the ack wait
  assert.equal(calls, 1);
});

it("health answers within its time while the server hangs, and the listener goes on when it is back", async () => {
  await using server = await startNats();
  const { bus } = await openBus(server);
  await using _bus = bus;
  const seen: number[] = [];
  await using listener = listen(bus, { handle: ({ data }) => void seen.push(data.n) });
  await listener.start();
  await publishNumbers(bus, 1, 1);
  await waitFor(() => seen.length === 1, "it listens");
  await server.pause();
  const before = performance.now();
  const { status, reasons } = await listener.health();
  const took = performance.now() - before;
  assert.equal(status, "unhealthy");
  assert.notEqual(reasons.length, 0);
  assert.ok(took < 2000, `${took} ms`);
  await server.resume();
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
  const before = performance.now();
  const stopping = first.stop();
  assert.equal(first.stop(), stopping);
  await stopping;
  assert.ok(performance.now() - before < 5000);
  await server.restart();
  await waitFor(() => bus.connected, "the connection is there");
  const seen = new Set<number>();
  await using second = listen(bus, { handle: ({ data }) => void seen.add(data.n) });
  await second.start();
  await waitFor(() => seen.size === 5, "all are handled");
});

it("many messages that fail do not keep healthy ones back, also after the server was killed", async () => {
  await using server = await startNats();
  const { bus } = await openBus(server);
  await using _bus = bus;
  const healthy = new Set<number>();
  await using listener = listen(bus, {
    concurrency: 8,
    backoffMs: [60_000],
    ackWaitMs: 5000,
    handle({ data }) {
      if (data.n <= 3000) throw new Error("poisoned");
      healthy.add(data.n);
    },
  });
  await listener.start();
  await publishNumbers(bus, 1, 3100);
  await waitFor(() => healthy.size === 100, "the healthy ones are handled");
  await server.kill9();
  await waitFor(() => !bus.connected, "the connection is lost");
  await server.restart();
  await waitFor(() => bus.connected, "the connection is there");
  await publishNumbers(bus, 3101, 3200);
  await waitFor(() => healthy.size === 200, "the healthy ones are handled again");
});
