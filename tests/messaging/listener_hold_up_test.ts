import assert from "node:assert/strict";
import process from "node:process";
import { it } from "node:test";
import { type BusConsumer, Streams } from "@glam/shared/messaging";
import { startNats } from "../_support/nats_server.ts";
import { waitFor } from "../_support/wait_for.ts";
import { deadNumbers, type ListeningProcess, openBus, publishNumbers, startListening } from "./_processes.ts";

const TOTAL = Number(process.env["GLAM_HOLD_UP_MESSAGES"] ?? 4000); // 20000 takes a minute
const CONCURRENCY = 4;
const HOPELESS_EACH = 500;
/** Acknowledgements leave together, a turn of the event loop later: as many as handlers may be done in the meantime. */
const ACKS_ON_THEIR_WAY = CONCURRENCY;
/** A server that dies forgets the acknowledgements of the last 150 ms, of more where it has been busy. */
const FORGOTTEN_MS = 1000;
const DURABLE = {
  stream: Streams.EVENTS,
  name: "test-processes-evt_test_numbered_v1",
  filterSubject: "evt.test.numbered.v1",
  ackWaitMs: 2000,
};
/** Numbers are published a hundred at a time, and again until they are acknowledged: so far may one be from its sequence. */
const OUT_OF_ORDER = 200;

it("nothing is lost while processes and the server are killed again and again", async () => {
  await using server = await startNats();
  const { bus, options } = await openBus(server);
  await using _bus = bus;
  const start = () =>
    startListening({
      ...options,
      concurrency: CONCURRENCY,
      ackWaitMs: 2000,
      handlerMs: 20,
      failing: 0.05,
      hopelessEach: HOPELESS_EACH,
    });
  const processes: ListeningProcess[] = [];
  const alive = [start(), start(), start()];
  processes.push(...alive);
  await Promise.all(alive.map(({ ready }) => ready));
  const durable = await bus.consumer(DURABLE);
  const publishing = publishNumbers(bus, 1, TOTAL);

  const done = () => new Set(processes.flatMap((each) => each.done));
  const numbers = Array.from({ length: TOTAL }, (_, i) => i + 1);
  let kills = 0;
  const serverKills: number[] = [];
  const forgottenByServer = new Set<number>();
  let isOver = false;
  const killing = (async () => {
    for (let turn = 0; !isOver; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      if (isOver) break;
      if (turn === 2 || turn === 4) {
        serverKills.push(performance.now());
        await server.kill9();
        await server.restart();
        // nats-server 2.9 writes a consumer's state over the old one: killed in the middle, it starts from nothing.
        const floor = await ackFloor(durable);
        for (const n of done()) if (n > floor - OUT_OF_ORDER) forgottenByServer.add(n);
      } else {
        const victim = turn % 3;
        alive[victim]!.kill();
        kills++;
        await alive[victim]!.exited;
        alive[victim] = start();
        processes.push(alive[victim]!);
      }
    }
  })();
  await publishing;
  try {
    await waitFor(
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 200));
        const handled = done();
        if (handled.size < 0.99 * TOTAL) return false;
        const dead = new Set(await deadNumbers(bus).catch(() => []));
        return numbers.every((n) => handled.has(n) || dead.has(n));
      },
      "each message is handled or dead",
    );
  } finally {
    isOver = true;
    await killing;
    for (const each of alive) each.terminate();
    await Promise.all(alive.map(({ exited }) => exited));
  }

  const dead = await deadNumbers(bus);
  const handled = done();
  const lost = numbers.filter((n) => !handled.has(n) && !dead.includes(n));
  const runs = new Map<number, number[]>();
  for (const { done, doneAt } of processes) {
    done.forEach((n, i) => runs.set(n, [...runs.get(n) ?? [], doneAt[i]!]));
  }
  const isNearKill = (time: number) =>
    serverKills.some((at) => time > at - FORGOTTEN_MS && time < at + FORGOTTEN_MS);
  const doubles = [...runs].filter(([, times]) => times.length > 1);
  const forgotten =
    doubles.filter(([n, times]) => forgottenByServer.has(n) || isNearKill(Math.min(...times))).length;
  console.log(
    `${TOTAL} messages, ${kills} kills of a process, ${serverKills.length} of the server: ${handled.size} handled, ` +
      `${dead.length} dead, ${lost.length} lost; handled twice: ${
        doubles.length - forgotten
      } after kills of a process, ` +
      `${forgotten} after kills of the server`,
  );
  assert.deepEqual(lost, []);
  assert.equal(serverKills.length, 2);
  assert.ok(
    doubles.length - forgotten <= kills * (CONCURRENCY + ACKS_ON_THEIR_WAY),
    `${doubles.length} doubles`,
  );
});

/** Where the server believes that everything up to there is settled. */
async function ackFloor(consumer: BusConsumer): Promise<number> {
  for (;;) {
    try {
      return (await consumer.info())?.ackFloor ?? 0;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10)); // the connection is not there again yet
    }
  }
}
