import assert from "node:assert/strict";
import { it } from "node:test";
import {
  connectNats,
  createManualClock,
  createMemoryBus,
  type MessageBus,
  STREAM_CONFIGS,
} from "@glam/shared/messaging";
import { byExtent } from "../../_support/extent.ts";
import { startNats } from "../../_support/nats_server.ts";
import { PATIENCE_MS, waitFor } from "../../_support/wait_for.ts";
import {
  addNumbers,
  Noted,
  openOutbox,
  range,
  type StoredEvent,
  storedEvents,
  storedNumbers,
} from "./_outbox.ts";

/** A bus on which each publish takes a while, and answers in no order. */
function slowly(bus: MessageBus, onPublish: (n: number) => Promise<void>): MessageBus {
  return new Proxy(bus, {
    get(target, name) {
      if (name === "publish") {
        return async (message: { data: string }, options: object) => {
          await onPublish(JSON.parse(message.data).data.n);
          return await target.publish(message as never, options);
        };
      }
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function assertOrderedByKey(events: readonly StoredEvent[], keyOf: (n: number) => string): void {
  const last = new Map<string, number>();
  for (const { event: { data: { n } } } of events) {
    const key = keyOf(n);
    assert.ok(n > (last.get(key) ?? -1), `${n} came after ${last.get(key)} of key ${key}`);
    last.set(key, n);
  }
}

it("transactions that commit in another order than their rows are numbered are both published", async () => {
  await using setting = await openOutbox();
  const { db, bus, outbox } = setting;
  await using relay = outbox.relay(bus);
  await relay.start();
  const [added, proceed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const first = db.transaction(async (tx) => {
    await outbox.add(tx, Noted, { n: 4 });
    added.resolve();
    await proceed.promise;
  });
  await added.promise;
  await addNumbers(db, outbox, [5]);
  await waitFor(async () => (await outbox.status()).sent === 1);
  assert.deepEqual(await storedNumbers(bus), [5]);
  proceed.resolve();
  await first;
  await waitFor(async () => (await outbox.status()).sent === 2);
  assert.deepEqual(await storedNumbers(bus), [5, 4]);
});

it("transactions that add for one key take turns, so that its order is that of their commits", async () => {
  await using setting = await openOutbox();
  const { db, bus, outbox } = setting;
  await using relay = outbox.relay(bus);
  await relay.start();
  const [added, proceed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const first = db.transaction(async (tx) => {
    await outbox.add(tx, Noted, { n: 1 }, { key: "a" });
    added.resolve();
    await proceed.promise;
  });
  await added.promise;
  let committed = false;
  const second = addNumbers(db, outbox, [2], () => "a").then(() => committed = true);
  await addNumbers(db, outbox, [3], () => "b"); // another key does not wait
  await waitFor(async () =>
    (await db.sql`select 1 from pg_locks where locktype = 'advisory' and not granted`).length > 0
  );
  assert.equal(committed, false);
  proceed.resolve();
  await Promise.all([first, second]);
  await waitFor(async () => (await outbox.status()).sent === 3);
  assert.deepEqual((await storedNumbers(bus)).filter((n) => n !== 3), [1, 2]);
});

it("a transaction may add for more keys than a server has locks", async () => {
  await using setting = await openOutbox();
  const { db, outbox } = setting;
  const keys = byExtent({ whole: 12_000, short: 2000 });
  await db.transaction(async (tx) => {
    await Promise.all(range(1, keys).map((n) => outbox.add(tx, Noted, { n }, { key: `key-${n}` })));
    const [row] = await tx<{ n: number }>`
      select count(*)::int as n from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()`;
    assert.ok(row!.n <= 1024, `${row!.n} locks`);
  });
});

it("events of one key are published one after another, also across batches, while other keys go on", async () => {
  await using setting = await openOutbox({ batchSize: 10 });
  const { db, bus, outbox } = setting;
  await addNumbers(db, outbox, range(1, 60), (n) => n % 2 === 0 ? "even" : `odd-${n}`);
  let running = 0;
  const seen: number[] = [];
  const slow = slowly(bus, async (n) => {
    seen.push(n);
    if (n % 2 !== 0) return;
    assert.equal(++running, 1, `${n} of a key was published beside another`);
    await new Promise((resolve) => setTimeout(resolve, 2));
    running--;
  });
  const relay = outbox.relay(slow, { graceMs: PATIENCE_MS });
  await relay.start();
  await relay.stop();
  assert.equal((await outbox.status()).sent, 60);
  assert.deepEqual(seen.filter((n) => n % 2 === 0), range(1, 30).map((n) => 2 * n));
  assert.ok(seen.indexOf(59) < seen.indexOf(60));
});

it("a lane that takes long is not held in one transaction to its end", async () => {
  await using setting = await openOutbox({ batchSize: 100 });
  const { db, outbox } = setting;
  const clock = createManualClock();
  await using bus = createMemoryBus({ clock });
  await addNumbers(db, outbox, range(1, 60), () => "a");
  let sentBeforeLast: number | undefined;
  const slow = slowly(bus, async (n) => {
    await new Promise<void>((resolve) => clock.setTimer(resolve, 100));
    if (n === 60) sentBeforeLast = (await outbox.status()).sent;
  });
  await using relay = outbox.relay(slow);
  await relay.start();
  await waitFor(async () => {
    await clock.advance(100);
    return (await outbox.status()).sent === 60;
  }, "all are sent");
  assert.ok(sentBeforeLast! >= 20, `${sentBeforeLast} were marked when the last one was published`);
  assert.deepEqual(await storedNumbers(bus), range(1, 60), "each is published once");
  assert.deepEqual(setting.logger.lines, []);
});

it("what follows a failure of its key is not published before it, be it in the same batch or in the next", async () => {
  await using setting = await openOutbox({ batchSize: 4, backoffMs: [50], pollMs: 20 });
  const { db, bus, outbox } = setting;
  await addNumbers(db, outbox, range(1, 40), () => "a");
  const failed = new Set<number>();
  const failing = slowly(bus, async (n) => {
    await new Promise((resolve) => setTimeout(resolve, n % 3));
    if (n % 5 !== 2 || failed.has(n)) return;
    failed.add(n);
    throw new Error("Refused once");
  });
  await using relay = outbox.relay(failing);
  await relay.start();
  await waitFor(async () => (await outbox.status()).sent === 40);
  assert.deepEqual(await storedNumbers(bus), range(1, 40));
  assert.equal(failed.size, 8);
});

it("what follows an event of its key that is in another relay's hands is left alone until that is done", async () => {
  await using setting = await openOutbox({ pollMs: 20 });
  const { db, bus, outbox } = setting;
  await addNumbers(db, outbox, range(1, 10), (n) => n < 10 ? "a" : "b");
  const [taken, proceed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const holding = slowly(bus, async (n) => {
    if (n !== 1) return;
    taken.resolve();
    await proceed.promise;
  });
  const small = setting.another({ batchSize: 1 });
  await using first = small.relay(holding);
  await first.start();
  await taken.promise;
  await using second = outbox.relay(bus);
  await second.start();
  await waitFor(async () => (await storedNumbers(bus)).length === 1);
  assert.deepEqual(await storedNumbers(bus), [10]);
  proceed.resolve();
  await waitFor(async () => (await outbox.status()).sent === 10);
  assert.deepEqual((await storedNumbers(bus)).slice(1), range(1, 9));
});

it("three relays under load keep the order of every key, lose nothing, and give doubles the same id", async () => {
  await using server = await startNats({ accounts: false });
  await using setting = await openOutbox({ batchSize: 50 }, { poolSize: 20 });
  const { db } = setting;
  const buses = await Promise.all([0, 1, 2].map(() => connectNats({ servers: server.url })));
  for (const config of STREAM_CONFIGS) await buses[0]!.ensureStream(config);
  const relays = buses.map((bus) => setting.another().relay(bus, { graceMs: PATIENCE_MS }));
  await Promise.all(relays.map((relay) => relay.start()));
  const keyOf = (n: number) => `key-${n % 17}`;
  const total = byExtent({ whole: 3000, short: 300 });
  let next = 1;
  const writer = async () => {
    for (let n = next++; n <= total; n = next++) {
      // One writer for each key at a time: what is committed first has the lower number.
      const key = keyOf(n);
      const turn = turns.get(key) ?? Promise.resolve();
      const mine = turn.then(() => addNumbers(db, setting.outbox, [n], keyOf));
      turns.set(key, mine);
      await mine;
    }
  };
  const turns = new Map<string, Promise<unknown>>();
  await Promise.all(Array.from({ length: 12 }, writer));
  await waitFor(async () => (await setting.outbox.status()).sent === total);
  await Promise.all(relays.map((relay) => relay.stop()));
  const events = await storedEvents(buses[0]!);
  assertOrderedByKey(events, keyOf);
  assert.deepEqual(events.map(({ event }) => event.data.n).sort((a, b) => a - b), range(1, total));
  await Promise.all(buses.map((bus) => bus.close()));
});
