import assert from "node:assert/strict";
import { after, it } from "node:test";
import { startNats } from "../_support/nats_server.ts";
import { deadNumbers, openBus, publishNumbers, startListening, until } from "./_processes.ts";

const server = await startNats();
after(() => server.stop());

it("a process that is killed loses nothing, and only what it was handling is handled twice", async () => {
  const { bus, options } = await openBus(server);
  await using _bus = bus;
  const concurrency = 4;
  await publishNumbers(bus, 1, 200);
  const first = startListening({ ...options, concurrency, handlerMs: 30, ackWaitMs: 1000 });
  await until(() => first.done.length >= 40, "40 are done");
  first.kill();
  await first.exited;
  const second = startListening({ ...options, concurrency, ackWaitMs: 1000 });
  const isDone = (n: number) => first.done.includes(n) || second.done.includes(n);
  const all = Array.from({ length: 200 }, (_, i) => i + 1);
  await until(() => all.every(isDone), "all are done");
  second.terminate();
  assert.equal(await second.exited, 0);
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
    const child = startListening({ ...options, concurrency: 4, ackWaitMs: 1000, killer });
    let isOver = false;
    const ended = child.exited.then(() => isOver = true);
    await until(
      async () => isOver || child.done.length + done.size >= 39 && (await deadNumbers(bus)).length === 1,
      "it dies or is done",
    );
    const isKilled = isOver;
    if (!isKilled) child.terminate();
    await ended;
    for (const n of child.done) done.add(n);
    if (!isKilled) break;
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
    const child = startListening({ ...options, concurrency: 4, handlerMs: 20, ackWaitMs: 30_000 });
    const enough = stop === 5 ? total : done.length + 60;
    await until(() => done.length + child.done.length >= enough, "it has done its part");
    child.terminate();
    assert.equal(await child.exited, 0);
    done.push(...child.done);
  }
  assert.equal(new Set(done).size, total);
  assert.equal(done.length, total, "none is handled twice");
  assert.deepEqual(await deadNumbers(bus), []);
});
