import assert from "node:assert/strict";
import { after, it } from "node:test";
import { startNats } from "../../_support/nats_server.ts";
import { waitFor } from "../../_support/wait_for.ts";
import {
  deadNumbers,
  durableOf,
  endAckWaitOfDead,
  openBus,
  publishNumbers,
  startListening,
} from "../_processes.ts";

const server = await startNats();
after(() => server.stop());

const GROUP = "processes";
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

it("a process that is killed loses nothing, and only what it was handling is handled twice", async () => {
  const { bus, options } = await openBus(server);
  await using _bus = bus;
  const concurrency = 4;
  await publishNumbers(bus, 1, 200);
  await using first = startListening({ ...options, concurrency, handlerMs: 30 });
  await waitFor(() => first.done.length >= 40, "40 are done");
  first.kill();
  await first.exited();
  await endAckWaitOfDead(bus, await durableOf(bus, GROUP));
  await using second = startListening({ ...options, concurrency });
  const isDone = (n: number) => first.done.includes(n) || second.done.includes(n);
  const all = numbers(200);
  await waitFor(() => all.every(isDone), "all are done");
  second.terminate();
  assert.equal(await second.exited(), 0);
  const twice = all.filter((n) => first.begun.includes(n) && second.begun.includes(n));
  assert.ok(twice.length <= concurrency + 16, `${twice.length} were handled twice`); // and what was acknowledged together
  const doneTwice = second.done.length + first.done.length - 200;
  console.log(
    `killed with ${
      first.begun.length - first.done.length
    } running: ${twice.length} begun twice, ${doneTwice} done twice`,
  );
  assert.equal(new Set(second.done).size, second.done.length);
  assert.deepEqual(await deadNumbers(bus), []);
});

it("a message that kills its process becomes a dead letter, and the 39 beside it are handled", async () => {
  const { bus, options } = await openBus(server);
  await using _bus = bus;
  await publishNumbers(bus, 1, 40);
  const killer = 13;
  const done = new Set<number>();
  let crashes = 0;
  for (; crashes < 12; crashes++) {
    await using child = startListening({ ...options, concurrency: 4, killer });
    await waitFor(async () => {
      if (child.hasEnded()) return true;
      const settled = new Set([...done, ...child.done, ...await deadNumbers(bus)]);
      return settled.size === 40;
    }, "it dies, or each message is handled or dead");
    const isKilled = child.hasEnded();
    if (!isKilled) child.terminate();
    assert.equal(await child.exited(), isKilled ? "SIGKILL" : 0);
    for (const n of child.done) done.add(n);
    if (!isKilled) break;
    await endAckWaitOfDead(bus, await durableOf(bus, GROUP));
  }
  console.log(`the process died ${crashes} times`);
  assert.equal(done.size, 39);
  assert.ok(!done.has(killer));
  assert.deepEqual(await deadNumbers(bus), [killer]);
  assert.ok(crashes <= 6, `${crashes} crashes`);
});

it("four graceful stops under load bury nothing and handle nothing twice", async () => {
  const { bus, options } = await openBus(server);
  await using _bus = bus;
  const total = 400;
  await publishNumbers(bus, 1, total);
  const done: number[] = [];
  for (let stop = 1; stop <= 5; stop++) {
    await using child = startListening({ ...options, concurrency: 4, handlerMs: 20 });
    const enough = stop === 5 ? total : done.length + 60;
    await waitFor(() => done.length + child.done.length >= enough, "it has done its part");
    child.terminate();
    assert.equal(await child.exited(), 0);
    done.push(...child.done);
  }
  assert.equal(new Set(done).size, total);
  assert.equal(done.length, total, "none is handled twice");
  assert.deepEqual(await deadNumbers(bus), []);
});
