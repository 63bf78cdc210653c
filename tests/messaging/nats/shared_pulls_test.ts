import assert from "node:assert/strict";
import { after, it } from "node:test";
import {
  connectNats,
  createListener,
  defineEvent,
  ensureStreams,
  type PullEnd,
  Streams,
} from "@glam/shared/messaging";
import * as z from "zod";
import { startNats } from "../../_support/nats_server.ts";
import { waitFor } from "../../_support/wait_for.ts";

const server = await startNats();
after(() => server.stop());

/** A bus with a consumer for each of four subjects, subscribed together. */
async function openPulls({ expiresMs = 30_000, heartbeatMs = 5000 } = {}) {
  const bus = await connectNats({ servers: server.url, ...server.account() });
  await ensureStreams(bus);
  const bind = (n: number) =>
    bus.consumer({
      stream: Streams.EVENTS,
      name: `lane${n}`,
      filterSubject: `evt.test.p${n}`,
      maxAckPending: 1,
    });
  const consumers = await Promise.all([0, 1, 2, 3].map(bind));
  const seen: string[] = [];
  const ends: [number, PullEnd["reason"]][] = [];
  const pulls = bus.subscribeAll!(consumers, {
    expiresMs,
    heartbeatMs,
    onDelivery(delivery, index) {
      seen.push(`${index} ${delivery.subject} ${new TextDecoder().decode(delivery.data)}`);
      delivery.ack();
    },
    onEnd: ({ reason }, index) => void ends.push([index, reason]),
  });
  const publish = (n: number, data: string) => bus.publish({ subject: `evt.test.p${n}`, data });
  return { bus, bind, consumers, seen, ends, pulls, publish, [Symbol.asyncDispose]: () => bus.close() };
}

it("consumers that are subscribed together give one message for each request, told by their place", async () => {
  await using t = await openPulls();
  for (const n of [0, 1, 2, 3]) for (const data of ["a", "b"]) await t.publish(n, data);
  t.pulls.pull(2);
  t.pulls.pull(2); // one that was asked for may still come
  await waitFor(() => t.seen.length === 1, "one has come");
  t.pulls.pull(0);
  await waitFor(() => t.seen.length === 2, "another has come");
  t.pulls.pull(2);
  await waitFor(() => t.seen.length === 3, "the next of the first has come");
  assert.deepEqual(t.seen, ["2 evt.test.p2 a", "0 evt.test.p0 a", "2 evt.test.p2 b"]);
  assert.deepEqual(t.ends, []);
});

it("a request that expires is told with its place, and the consumer can be asked again", async () => {
  await using t = await openPulls({ expiresMs: 400 });
  t.pulls.pull(1);
  await waitFor(() => t.ends.length === 1, "it has expired");
  assert.deepEqual(t.ends, [[1, "expired"]]);
  await t.publish(1, "late");
  t.pulls.pull(1);
  await waitFor(() => t.seen.length === 1, "it has come");
});

it("a consumer that is deleted is told alone, and goes on when it was made again", async () => {
  await using t = await openPulls({ heartbeatMs: 300 });
  for (const n of [0, 1]) t.pulls.pull(n);
  assert.ok(await t.bus.deleteConsumer(Streams.EVENTS, "lane1"));
  await waitFor(() => t.ends.length === 1, "it is told");
  assert.deepEqual(t.ends, [[1, "consumer_gone"]]);
  t.pulls.pull(1); // nobody is there
  await waitFor(() => t.ends.length === 2, "it is told again");
  assert.equal(t.ends[1]![0], 1); // as silent, by a server that does not say that there is none
  t.pulls.replace(1, await t.bind(1));
  t.pulls.pull(1);
  await t.publish(0, "a");
  await t.publish(1, "b");
  await waitFor(() => t.seen.length === 2, "both have come");
  assert.deepEqual(t.seen.sort(), ["0 evt.test.p0 a", "1 evt.test.p1 b"]);
});

it("a drain takes what is on its way, asks for no more, and leaves no request behind", async () => {
  await using t = await openPulls();
  for (const n of [0, 1, 2, 3]) t.pulls.pull(n);
  await waitFor(async () => (await t.consumers[3]!.info())?.waiting === 1, "it is asked");
  await t.pulls.drain();
  for (const n of [0, 1, 2, 3]) t.pulls.pull(n);
  for (const consumer of t.consumers) assert.equal((await consumer.info())?.waiting, 0);
  await t.publish(0, "a");
  assert.deepEqual(t.seen, []);
  assert.deepEqual(t.ends, []);
});

it("a listener of partitions on NATS has one subscription for all of them", async () => {
  await using t = await openPulls();
  t.pulls.close();
  const Keyed = defineEvent("evt.test.keyed.v1", z.object({ key: z.string() }), {
    partitions: 64,
    keyOf: (data) => data.key,
  });
  let together = 0;
  const bus = new Proxy(t.bus, {
    get(target, name) {
      if (name === "subscribeAll") together++;
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  await using listener = createListener(bus, {
    service: "test",
    queueGroup: "g",
    events: [Keyed],
    handle() {},
  });
  await listener.start();
  assert.equal(together, 1);
  const consumers = (await t.bus.listConsumers!(Streams.EVENTS)).filter(({ name }) =>
    name.startsWith("test-g-")
  );
  assert.equal(consumers.length, 64);
  await waitFor(
    async () =>
      (await t.bus.listConsumers!(Streams.EVENTS)).filter(({ waiting }) => waiting === 1).length === 64,
    "each is asked",
  );
});
