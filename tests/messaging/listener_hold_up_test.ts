import assert from "node:assert/strict";
import process from "node:process";
import { it } from "node:test";
import { startNats } from "../_support/nats_server.ts";
import {
  deadNumbers,
  type ListeningProcess,
  openBus,
  publishNumbers,
  startListening,
  until,
} from "./_processes.ts";

const TOTAL = Number(process.env["GLAM_HOLD_UP_MESSAGES"] ?? 4000); // 20000 takes a minute
const CONCURRENCY = 4;
const HOPELESS_EACH = 500;
/** Acknowledgements leave together, up to so many, and a server that dies forgets those of the last 150 ms. */
const ACKS_ON_THEIR_WAY = 64;
const FORGOTTEN_MS = 300;

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
  const publishing = publishNumbers(bus, 1, TOTAL);

  const done = () => new Set(processes.flatMap((each) => each.done));
  const numbers = Array.from({ length: TOTAL }, (_, i) => i + 1);
  let [kills, serverKills, forgotten] = [0, 0, 0];
  let isOver = false;
  const killing = (async () => {
    for (let turn = 0; !isOver; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      if (isOver) break;
      if (turn === 2 || turn === 4) {
        const since = performance.now() - FORGOTTEN_MS;
        await server.kill9();
        serverKills++;
        await new Promise((resolve) => setTimeout(resolve, 50));
        for (const { doneAt } of processes) forgotten += doneAt.filter((time) => time >= since).length;
        await server.restart();
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
    await until(
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 200));
        const handled = done();
        if (handled.size < 0.99 * TOTAL) return false;
        const dead = new Set(await deadNumbers(bus).catch(() => []));
        return numbers.every((n) => handled.has(n) || dead.has(n));
      },
      "each message is handled or dead",
      170_000,
    );
  } finally {
    isOver = true;
    await killing;
    for (const each of alive) each.terminate();
    await Promise.all(alive.map(({ exited }) => exited));
  }

  const dead = await deadNumbers(bus);
  const handled = done();
  const runs = processes.reduce((sum, each) => sum + each.done.length, 0);
  const doubles = runs - handled.size;
  const allowed = kills * (CONCURRENCY + ACKS_ON_THEIR_WAY) + forgotten;
  const lost = numbers.filter((n) => !handled.has(n) && !dead.includes(n));
  console.log(
    `${TOTAL} messages, ${kills} kills of a process, ${serverKills} of the server: ${handled.size} handled, ` +
      `${dead.length} dead, ${lost.length} lost, ${doubles} handled twice (${allowed} could have been)`,
  );
  assert.deepEqual(lost, []);
  assert.equal(serverKills, 2);
  assert.ok(doubles <= allowed, `${doubles} doubles`);
});
