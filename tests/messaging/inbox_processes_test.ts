import assert from "node:assert/strict";
import { after, it } from "node:test";
import { connectDatabase } from "@glam/shared/db";
import { createMetrics } from "@glam/shared/metrics";
import { createTestDatabase, startPostgres } from "../_support/postgres.ts";
import { startNats } from "../_support/nats_server.ts";
import { effects, listenOnce, openInbox } from "./_inbox.ts";
import { waitFor } from "../_support/wait_for.ts";
import {
  deadNumbers,
  type ListeningProcess,
  openBus,
  publishNumbers,
  startInboxListening,
} from "./_processes.ts";

const server = await startNats();
after(() => server.stop());

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

it("a process that is killed between commit and acknowledgement has done it once", async () => {
  await using db = await createTestDatabase();
  const { bus, options } = await openBus(server);
  await using _bus = bus;
  await openInbox(db);
  await publishNumbers(bus, 1, 100);
  const children: ListeningProcess[] = [];
  const database = { database: db.url, schema: db.schema };
  for (let died = 0;; died++) {
    const child = startInboxListening({ ...options, ...database, ackWaitMs: 300, killAfterCommitOfEach: 25 });
    children.push(child);
    let end: number | string | undefined;
    child.exited.then((code) => end = code);
    await waitFor(
      async () => end !== undefined || (await effects(db)).length >= 100,
      "it dies or all is done",
    );
    if (end === undefined && died < 4) await waitFor(() => end !== undefined, "it dies of the last one");
    if (end === undefined) {
      await waitFor(async () => await pending(bus) === 0, "all is acknowledged");
      child.terminate();
      assert.equal(await child.exited, 0);
      break;
    }
    assert.notEqual(end, 7);
  }
  assert.equal(children.length, 5);
  assert.deepEqual(await effects(db), numbers(100));
  for (const n of [25, 50, 75, 100]) {
    const calls = children.flatMap(({ begun }) => begun.filter((each) => each === n));
    assert.equal(calls.length, 1, `${n} was committed, and is not handled again`);
  }
  assert.deepEqual(await deadNumbers(bus), []);
});

/** Messages that are not acknowledged. */
async function pending(bus: Awaited<ReturnType<typeof openBus>>["bus"]): Promise<number> {
  const consumer = await bus.consumer({
    stream: "GLAM_EVENTS",
    name: "test-inbox-evt_test_numbered_v1",
    filterSubject: "evt.test.numbered.v1",
    ackWaitMs: 300,
    maxAckPending: 20_000,
  });
  const info = (await consumer.info())!;
  return info.pending + info.ackPending;
}

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
  const start = () =>
    startInboxListening({
      ...options,
      database: postgres.url,
      concurrency: 4,
      ackWaitMs: 1000,
      handlerMs: 2,
    });
  const replicas = [start(), start()];
  await Promise.all(replicas.map(({ ready }) => ready));
  const handled = () => replicas.reduce((sum, { done }) => sum + done.length, 0);
  let published = 0;
  let isOver = false;
  const publishing = (async () => {
    while (!isOver) {
      await waitFor(() => isOver || handled() > published - 1000, "there is need for more");
      await publishNumbers(bus, published + 1, published + 100);
      published += 100;
    }
  })();
  const progress = async () => {
    const target = handled() + 200;
    await waitFor(
      () => replicas.reduce((sum, { done }) => sum + done.length, 0) >= target,
      "work goes on",
    );
  };
  try {
    await progress();
    for (let round = 0; round < 2; round++) {
      replicas[round]!.kill();
      const next = start();
      replicas.push(next);
      await next.ready; // it could not start without its database
      await progress();
      await postgres.kill9();
      await new Promise((resolve) => setTimeout(resolve, 1500)); // an outage that outlasts every attempt
      await postgres.restart();
      await progress();
      await own.kill9();
      await own.restart();
      await progress();
    }
    isOver = true;
    await publishing;
    await waitFor(async () => new Set(await effects(db)).size === published, "all are handled");
    for (const replica of replicas.slice(2)) replica.terminate();
    assert.deepEqual(await Promise.all(replicas.slice(2).map(({ exited }) => exited)), [0, 0]);
    assert.deepEqual(await effects(db), numbers(published));
    assert.deepEqual(await deadNumbers(bus), []);
  } finally {
    isOver = true;
    for (const replica of replicas) replica.kill();
  }
  const calls = replicas.reduce((sum, { begun }) => sum + begun.length, 0);
  console.log(`${published} events, ${calls} calls of a handler`);
});
