import assert from "node:assert/strict";
import { after, it } from "node:test";
import { connectDatabase } from "@glam/shared/db";
import { createMetrics } from "@glam/shared/metrics";
import { createTestDatabase, startPostgres } from "../../_support/postgres.ts";
import { byExtent } from "../../_support/extent.ts";
import { startNats } from "../../_support/nats_server.ts";
import { effects, listenOnce, openInbox } from "./_inbox.ts";
import { waitFor } from "../../_support/wait_for.ts";
import {
  allSettled,
  deadNumbers,
  durableOf,
  endAckWait,
  endAckWaitOfDead,
  type ListeningProcess,
  openBus,
  publishNumbers,
  startInboxListening,
} from "../_processes.ts";

const server = await startNats();
after(() => server.stop());

/** Of a listener, by default. */
const MAX_ATTEMPTS = 3;
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

it("a process that is killed between commit and acknowledgement has done it once", async () => {
  await using db = await createTestDatabase();
  const { bus, options } = await openBus(server);
  await using _bus = bus;
  await openInbox(db);
  await publishNumbers(bus, 1, 100);
  const consumer = await durableOf(bus, "inbox");
  const killAfterCommitOfEach = byExtent({ whole: 25, short: 50 });
  const children: ListeningProcess[] = [];
  const start = () => {
    const database = { database: db.url, schema: db.schema };
    const child = startInboxListening({ ...options, ...database, killAfterCommitOfEach });
    children.push(child);
    return child;
  };
  const deadly = numbers(100).filter((n) => n % killAfterCommitOfEach === 0);
  for (const n of deadly) {
    assert.equal(await start().exited(), "SIGKILL", `it dies of ${n}`);
    await endAckWaitOfDead(bus, consumer);
  }
  const last = start();
  await allSettled(consumer);
  last.terminate();
  assert.equal(await last.exited(), 0);
  assert.deepEqual(await effects(db), numbers(100));
  for (const n of deadly) {
    const calls = children.flatMap(({ begun }) => begun.filter((each) => each === n));
    assert.equal(calls.length, 1, `${n} was committed, and is not handled again`);
  }
  assert.deepEqual(await deadNumbers(bus), []);
});

it("everything that a server delivers once more has no second effect", async () => {
  await using db = await createTestDatabase();
  const { bus } = await openBus(server);
  await using _bus = bus;
  const inbox = await openInbox(db);
  await publishNumbers(bus, 1, 300);
  const first = listenOnce(bus, inbox, { concurrency: 8 });
  await first.start();
  await waitFor(async () => (await effects(db)).length === 300, "all are handled");
  await first.stop();
  const [durable] = [...first.durables.values()];
  await bus.deleteConsumer("GLAM_EVENTS", durable!); // and with it what the server knows of acknowledgements
  const metrics = createMetrics({ service: "test" });
  let calls = 0;
  await using second = listenOnce(bus, inbox, { concurrency: 8, metrics, handle: () => void calls++ });
  await second.start();
  await waitFor(
    async () =>
      /^messaging_consumed_total\{.*outcome="duplicate"\} 300$/m.test(
        await (await metrics.registry()).metrics(),
      ),
    "all came again",
  );
  assert.equal(calls, 0);
  assert.deepEqual(await effects(db), numbers(300));
});

it("replicas, Postgres and NATS are killed in turn under load, and each event has one effect", async () => {
  await using own = await startNats();
  await using postgres = await startPostgres();
  await using db = await connectDatabase({ url: postgres.url });
  const { bus, options } = await openBus(own);
  await using _bus = bus;
  await openInbox(db);
  const rounds = byExtent({ whole: 2, short: 1 });
  const replicas: ListeningProcess[] = [];
  const start = () => {
    const database = postgres.url;
    replicas.push(startInboxListening({ ...options, database, concurrency: 4, handlerMs: 2 }));
    return replicas.at(-1)!.ready();
  };
  const alive = (killed: number) => replicas.slice(killed);
  const handled = () => replicas.reduce((sum, { done }) => sum + done.length, 0);
  let published = 0;
  let isOver = false;
  const publishing = (async () => {
    while (!isOver) {
      await waitFor(() => isOver || handled() > published - 300, "there is need for more");
      await publishNumbers(bus, published + 1, published + 100);
      published += 100;
    }
  })();
  const progress = async () => {
    const target = handled() + 100;
    await waitFor(() => handled() >= target, "work goes on");
  };
  try {
    await Promise.all([start(), start()]);
    await progress();
    for (let round = 0; round < rounds; round++) {
      replicas[round]!.kill();
      await start(); // it could not without its database
      await progress();
      const tries = alive(round + 1).map((replica) => [replica, replica.heldUp] as const);
      await postgres.kill9();
      await waitFor(
        () => tries.every(([replica, before]) => replica.heldUp > before + MAX_ATTEMPTS),
        "the outage has outlasted every attempt",
      );
      await postgres.restart();
      await progress();
      await own.kill9();
      await own.restart();
      await progress();
    }
    isOver = true;
    await publishing;
    // Also what others have: it has its effect once, whoever gets it.
    await endAckWait(bus, await durableOf(bus, "inbox"));
    await waitFor(async () => new Set(await effects(db)).size === published, "all are handled");
    for (const replica of alive(rounds)) replica.terminate();
    assert.deepEqual(
      await Promise.all(alive(rounds).map(({ exited }) => exited())),
      alive(rounds).map(() => 0),
    );
    assert.deepEqual(await effects(db), numbers(published));
    assert.deepEqual(await deadNumbers(bus), []);
  } finally {
    isOver = true;
    for (const replica of replicas) replica.kill();
  }
  const calls = replicas.reduce((sum, { begun }) => sum + begun.length, 0);
  console.log(`${published} events, ${calls} calls of a handler`);
});
