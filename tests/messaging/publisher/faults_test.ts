import assert from "node:assert/strict";
import { it } from "node:test";
import { MessageBusError } from "@glam/shared/errors";
import { connectNats, createPublisher, defineEvent, type MessageBus, Streams } from "@glam/shared/messaging";
import * as z from "zod";
import { byExtent } from "../../_support/extent.ts";
import { startNats } from "../../_support/nats_server.ts";
import { PATIENCE_MS, waitFor } from "../../_support/wait_for.ts";
import { openCluster } from "../_cluster.ts";

const Counted = defineEvent("evt.faults.counted.v1", z.object({ n: z.int() }));

/** How often each number is in the stream. */
async function storedNumbers(bus: MessageBus): Promise<Map<number, number>> {
  const counts = new Map<number, number>();
  for (let from = 1;;) {
    const message = await bus.readMessage(Streams.EVENTS, { from });
    if (message === undefined) return counts;
    const { data: { n } } = JSON.parse(new TextDecoder().decode(message.data));
    counts.set(n, (counts.get(n) ?? 0) + 1);
    from = message.sequence + 1;
  }
}

it("every event that publish has resolved survives kill -9 of the server, once; the others reject while it is away", async () => {
  await using server = await startNats();
  await using bus = await connectNats({ servers: server.url, ...server.account() });
  // One attempt for each, so that what is not known to be stored shows.
  const publisher = createPublisher(bus, { service: "faults", timeoutMs: 800, ackTimeoutMs: 800 });
  await publisher.publish(Counted, { n: -1 }, { timeoutMs: PATIENCE_MS });
  const resolved = new Set<number>();
  const rejected = new Map<number, unknown>();
  const underWay = new Set<number>();
  let n = 0;
  let isOver = false;
  const worker = async () => {
    while (!isOver) {
      const own = n++;
      underWay.add(own);
      await publisher.publish(Counted, { n: own }).then(
        () => resolved.add(own),
        (error) => rejected.set(own, error),
      );
      underWay.delete(own);
      if (rejected.has(own)) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const workers = Array.from({ length: 32 }, worker);
  for (let round = 0; round < byExtent({ whole: 2, short: 1 }); round++) {
    const target = resolved.size + 300;
    await waitFor(() => resolved.size >= target, "300 more are stored");
    await server.kill9();
    await waitFor(() => !bus.connected, "the connection is lost");
    const [before, left] = [rejected.size, [...underWay]];
    await waitFor(
      () => rejected.size >= before + 32 && left.every((own) => !underWay.has(own)),
      "all that was under way has an end, and so has what was begun without a server",
    );
    await server.restart();
    await waitFor(() => bus.connected, "the connection is there again");
  }
  isOver = true;
  await Promise.all(workers);
  const stored = await storedNumbers(bus);
  for (const own of resolved) {
    assert.equal(stored.get(own), 1, `Event ${own} is stored ${stored.get(own)} times`);
  }
  assert.deepEqual([...stored.values()].filter((count) => count > 1), []);
  for (const error of rejected.values()) {
    assert.ok(error instanceof MessageBusError, String(error));
    assert.ok(["timeout", "unavailable"].includes(error.kind!), error.message);
    assert.equal(error.retryable, true);
  }
});

it("publish goes on by itself after a restart of the server, and stores each event once", async () => {
  await using server = await startNats();
  await using bus = await connectNats({ servers: server.url, ...server.account() });
  const publisher = createPublisher(bus, { service: "faults", timeoutMs: PATIENCE_MS });
  await publisher.publish(Counted, { n: 0 });
  const states: string[] = [];
  bus.onStateChange(({ type }) => states.push(type));
  let last = 0;
  function* numbers() {
    while (states.length === 0) yield { n: ++last };
    for (let more = 0; more < 300; more++) yield { n: ++last };
  }
  const publishing = publisher.publishMany(Counted, numbers());
  await waitFor(() => last > 500, "it is under way");
  await server.kill9();
  await waitFor(() => !bus.connected, "the connection is lost");
  const whileDown = publisher.publish(Counted, { n: -1 });
  await server.restart();
  await publishing;
  await whileDown;
  assert.deepEqual(states, ["disconnected", "connected"]);
  const stored = await storedNumbers(bus);
  assert.equal(stored.size, last + 2);
  assert.deepEqual([...stored.values()].filter((count) => count > 1), []);
});

it("an event that was rejected can be published again with its id, and is stored once", async () => {
  await using server = await startNats();
  await using bus = await connectNats({ servers: server.url, ...server.account() });
  const publisher = createPublisher(bus, { service: "faults", timeoutMs: 300, ackTimeoutMs: 300 });
  await publisher.publish(Counted, { n: 0 }, { timeoutMs: PATIENCE_MS });
  await server.pause();
  const eventId = crypto.randomUUID();
  await assert.rejects(
    publisher.publish(Counted, { n: 1 }, { eventId }),
    (error) => error instanceof MessageBusError && error.kind === "timeout",
  );
  await server.resume();
  // What was written while the server hung has arrived by now: the outcome was unknown, and it was stored.
  const again = await publisher.publish(Counted, { n: 1 }, { eventId, timeoutMs: PATIENCE_MS });
  assert.equal(again.duplicate, true);
  assert.deepEqual([...await storedNumbers(bus)], [[0, 1], [1, 1]]);
});

it("attempts whose outcome is not known store one event", async () => {
  await using server = await startNats();
  await using bus = await connectNats({ servers: server.url, ...server.account() });
  const attempts: unknown[] = [];
  const logger = {
    debug() {},
    info() {},
    warn: (...args: unknown[]) => void attempts.push(args),
    error() {},
    critical() {},
  };
  const publisher = createPublisher(bus, {
    service: "faults",
    timeoutMs: PATIENCE_MS,
    ackTimeoutMs: 150,
    logger,
  });
  await publisher.publish(Counted, { n: 0 });
  attempts.length = 0;
  await server.pause();
  const publishing = publisher.publish(Counted, { n: 1 });
  await waitFor(() => attempts.length >= 3, "three attempts have had no answer");
  await server.resume();
  await publishing;
  assert.deepEqual([...await storedNumbers(bus)], [[0, 1], [1, 1]]);
});

it("what waits for an answer rejects at once when the connection is lost", async () => {
  await using server = await startNats();
  await using bus = await connectNats({ servers: server.url, ...server.account() });
  await bus.ensureStream({ name: "LOST", subjects: ["lost.>"] });
  await server.pause();
  const day = 86_400_000; // nothing but the loss of the connection ends it in time
  const waiting = [
    bus.publish({ subject: "lost.a", data: "1" }, { timeoutMs: day }),
    bus.call("rpc.lost", { data: "1" }, { timeoutMs: day }),
    bus.streamInfo("LOST"),
  ];
  const outcomes = Promise.allSettled(waiting);
  await server.kill9();
  for (const outcome of await outcomes) {
    assert.ok(outcome.status === "rejected" && outcome.reason instanceof MessageBusError);
    assert.equal(outcome.reason.kind, "unavailable", outcome.reason.message);
  }
});

it("publish while the connection is lost rejects when its time is over, and on a lost bus at once", async () => {
  await using server = await startNats();
  await using bus = await connectNats({ servers: server.url, ...server.account() });
  const publisher = createPublisher(bus, { service: "faults", timeoutMs: 200 });
  await publisher.publish(Counted, { n: 0 }, { timeoutMs: PATIENCE_MS });
  await server.kill9();
  await waitFor(() => !bus.connected, "the connection is lost");
  const isUnavailable = (error: unknown) => error instanceof MessageBusError && error.kind === "unavailable";
  await assert.rejects(publisher.publish(Counted, { n: 1 }), isUnavailable);
  await assert.rejects(bus.publish({ subject: Counted.subject, data: "{}" }), isUnavailable);
  await assert.rejects(bus.streamInfo(Streams.EVENTS), isUnavailable);
  await bus.close();
  await assert.rejects(publisher.publish(Counted, { n: 2 }), isUnavailable);
});

it("a cluster keeps every acknowledged event when the leader of the stream is killed", async () => {
  await using cluster = await openCluster();
  const { bus } = cluster;
  assert.equal((await bus.streamInfo(Streams.EVENTS))?.config.replicas, 3);
  const publisher = createPublisher(bus, { service: "faults", timeoutMs: PATIENCE_MS, ackTimeoutMs: 1000 });
  const resolved = new Set<number>();
  let n = 0;
  let isOver = false;
  const worker = async () => {
    while (!isOver) {
      const own = n++;
      await publisher.publish(Counted, { n: own });
      resolved.add(own);
    }
  };
  const workers = Array.from({ length: 16 }, worker);
  await waitFor(() => resolved.size >= 200, "200 are stored");
  await cluster.killLeader();
  const target = resolved.size + 200;
  await waitFor(() => resolved.size >= target, "200 more are stored");
  isOver = true;
  await Promise.all(workers);
  const stored = await storedNumbers(bus);
  for (const own of resolved) {
    assert.equal(stored.get(own), 1, `Event ${own} is stored ${stored.get(own)} times`);
  }
  assert.deepEqual([...stored.values()].filter((count) => count > 1), []);
});
