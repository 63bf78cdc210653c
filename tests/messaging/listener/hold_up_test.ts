import assert from "node:assert/strict";
import process from "node:process";
import { it } from "node:test";
import { byExtent } from "../../_support/extent.ts";
import { startNats } from "../../_support/nats_server.ts";
import { waitFor } from "../../_support/wait_for.ts";
import {
  allSettled,
  deadNumbers,
  durableOf,
  endAckWaitOfDead,
  type ListeningProcess,
  openBus,
  publishNumbers,
  startListening,
} from "../_processes.ts";

const SIZES = byExtent({
  whole: { total: 2000, count: 3, kills: 4, serverKills: 2 },
  short: { total: 400, count: 2, kills: 1, serverKills: 1 },
});
const { count, kills, serverKills } = SIZES;
const TOTAL = Number(process.env["GLAM_HOLD_UP_MESSAGES"] ?? SIZES.total); // 20000 takes a minute
const CONCURRENCY = 4;
const HOPELESS_EACH = 100;
/** Acknowledgements leave together, a turn of the event loop later: as many as handlers may be done in the meantime. */
const ACKS_ON_THEIR_WAY = CONCURRENCY;

it("nothing is lost while processes and the server are killed again and again", async () => {
  await using server = await startNats();
  const { bus, options } = await openBus(server);
  await using _bus = bus;
  const consumer = await durableOf(bus, "processes");
  const numbers = Array.from({ length: TOTAL }, (_, i) => i + 1);
  const half = TOTAL / 2;
  const processes: ListeningProcess[] = [];
  let alive: ListeningProcess[] = [];

  async function start(count: number): Promise<void> {
    const started = Array.from({ length: count }, () =>
      startListening({
        ...options,
        concurrency: CONCURRENCY,
        handlerMs: 20,
        failing: 0.05,
        hopelessEach: HOPELESS_EACH,
      }));
    processes.push(...started);
    alive.push(...started);
    await Promise.all(started.map(({ ready }) => ready()));
  }

  async function killOne(): Promise<void> {
    const victim = alive.shift()!;
    victim.kill();
    await victim.exited();
  }

  /** Ends those that live, and gives back what those held that were killed: nobody else has it then. */
  async function stopAll(): Promise<void> {
    for (const each of alive) each.terminate();
    assert.deepEqual(await Promise.all(alive.map(({ exited }) => exited())), alive.map(() => 0));
    alive = [];
    await endAckWaitOfDead(bus, consumer);
  }

  const done = () => new Set(processes.flatMap((each) => each.done));
  const progress = (share: number) =>
    waitFor(() => done().size >= share, () => `${share} are handled, of which ${done().size} are`);

  try {
    // First only processes are killed, since a server that is killed forgets acknowledgements.
    await start(count);
    const publishing = publishNumbers(bus, 1, half);
    for (let kill = 1; kill <= kills; kill++) {
      await progress(half * kill / (kills + 3));
      await killOne();
      if (kill < kills) await start(1);
    }
    await publishing;
    await progress(half * (kills + 1) / (kills + 3));
    await stopAll();
    await start(count);
    await allSettled(consumer);
    const runs = processes.flatMap((each) => each.done).filter((n) => n <= half);
    const doubles = runs.length - new Set(runs).size;

    // Then the server as well.
    const publishingMore = publishNumbers(bus, half + 1, TOTAL);
    const before = done().size;
    for (let kill = 1; kill <= serverKills; kill++) {
      await progress(before + half * kill / (serverKills + 3));
      await killOne();
      await server.kill9();
      await server.restart();
      if (kill < serverKills) await start(1);
    }
    await publishingMore;
    await progress(before + half * (serverKills + 1) / (serverKills + 3));
    await stopAll();
    await start(1);
    let dead: number[] = [];
    const lost = () => {
      const found = new Set([...done(), ...dead]);
      return numbers.filter((n) => !found.has(n));
    };
    await waitFor(async () => {
      if (done().size >= 0.98 * TOTAL) dead = await deadNumbers(bus);
      return lost().length === 0;
    }, () => `each message is handled or dead: ${lost()} are lost`);
    await stopAll();

    console.log(
      `${TOTAL} messages, ${kills + serverKills} kills of a process, ${serverKills} of the server: ` +
        `${done().size} handled, ${dead.length} dead; ${doubles} handled twice by kills of a process`,
    );
    assert.ok(doubles <= kills * (CONCURRENCY + ACKS_ON_THEIR_WAY), `${doubles} doubles`);
  } finally {
    for (const each of processes) each.kill();
  }
});
