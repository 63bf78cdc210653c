import assert from "node:assert/strict";
import { after, it } from "node:test";
import { createDeadLetters, createInbox, createPublisher } from "@glam/shared/messaging";
import type { MessageBus } from "@glam/shared/messaging";
import { startNats } from "../../_support/nats_server.ts";
import type { ReplicaOptions } from "../../_support/partitions/replica.ts";
import { type RunningReplica, startReplica } from "../../_support/partitions/running_replica.ts";
import { Stepped } from "../../_support/partitions/stepped.ts";
import { createTestDatabase } from "../../_support/postgres.ts";
import { waitFor } from "../../_support/wait_for.ts";
import { openBus } from "../_processes.ts";

const server = await startNats();
after(() => server.stop());

/** Replicas of one listener, and what they did, in order: `A begin order 1`. */
async function openScene(defaults: Partial<ReplicaOptions> = {}) {
  const { bus, options } = await openBus(server);
  const { servers, ...account } = options;
  const lines: string[] = [];
  const times = new Map<string, number>();
  const replicas: RunningReplica[] = [];
  return {
    bus,
    lines,
    async start(name: string, own: Partial<ReplicaOptions> = {}) {
      const all = { servers: [servers], ...account, ackWaitMs: 2000, ...defaults, ...own };
      const replica = startReplica(all, (what, key, n, at) => {
        const line = `${name} ${what} ${key} ${n}`;
        lines.push(line);
        times.set(line, at);
      });
      replicas.push(replica);
      await replica.ready();
      return replica;
    },
    has: (line: string) => lines.includes(line),
    /** When something was done, by any of the replicas: the lines of two of them come in any order. */
    at: (line: string) =>
      Math.min(...["A ", "B "].map((name) => times.get(line) ?? times.get(name + line) ?? Infinity)),
    async [Symbol.asyncDispose]() {
      for (const replica of replicas) await replica[Symbol.asyncDispose]();
      await bus.close();
    },
  };
}

async function publish(bus: MessageBus, key: string, ...numbers: readonly number[]): Promise<void> {
  const publisher = createPublisher(bus, { service: "test" });
  for (const n of numbers) await publisher.publish(Stepped, { key, n });
}

it("a replica that is killed lets nothing of its key overtake what it was handling", async () => {
  await using scene = await openScene();
  const { bus, lines, has, start } = scene;
  const first = await start("A", { slow: { "order 1": 600_000 } });
  await publish(bus, "order", 1, 2, 3);
  await waitFor(() => has("A begin order 1"), "the first handles it");
  await start("B");
  await publish(bus, "other", 1);
  await waitFor(() => lines.some((line) => line.endsWith("end other 1")), "another key is handled");
  await first.kill();
  await waitFor(() => has("B end order 3"), "the second handles all");
  const order = lines.filter((line) => line.includes("order"));
  assert.deepEqual(order, [
    "A begin order 1",
    ...[1, 2, 3].flatMap((n) => [`B begin order ${n}`, `B end order ${n}`]),
  ]);
});

it("a replica that is suspended for too long keeps back its late answer, and its handler is told", async () => {
  await using scene = await openScene();
  const { bus, lines, has, at, start } = scene;
  const first = await start("A", { slow: { "order 1": 500 } });
  await publish(bus, "order", 1, 2);
  await waitFor(() => has("A begin order 1"), "the first handles it");
  first.suspend();
  await start("B", { slow: { "order 1": 3000 } });
  await waitFor(() => has("B begin order 1"), "the second handles it");
  first.resume();
  await waitFor(() => has("A end order 1") && has("B end order 1"), "both have ended");
  await waitFor(() => at("end order 2") < Infinity, "the next is handled");
  assert.ok(at("A end order 1") < at("B end order 1"), `It came too late to show it\n${lines.join("\n")}`);
  assert.ok(at("begin order 2") >= at("B end order 1"), lines.join("\n"));
  assert.ok(has("A abort order 1"));
});

it("a replica whose event loop was blocked keeps back its late answer as well", async () => {
  await using scene = await openScene({ ackWaitMs: 1000 });
  const { bus, lines, has, at, start } = scene;
  await start("A", { blocker: { step: "order 1", ms: 6000 } });
  await publish(bus, "order", 1, 2);
  await waitFor(() => has("A begin order 1"), "the first handles it");
  await start("B", { slow: { "order 1": 8000 } });
  await waitFor(() => has("A end order 1") && has("B end order 1"), "both have ended");
  await waitFor(() => at("end order 2") < Infinity, "the next is handled");
  assert.ok(at("begin order 2") >= at("B end order 1"), lines.join("\n"));
});

it("a replica that was suspended does not begin what it got meanwhile, and others have handled", async () => {
  await using scene = await openScene();
  const { bus, lines, has, start } = scene;
  const first = await start("A");
  await publish(bus, "order", 1);
  await waitFor(() => has("A end order 1"), "the first listens to its partition");
  first.suspend(); // with its request for the next one open
  await publish(bus, "order", 2);
  await start("B");
  await waitFor(() => has("B end order 2"), "the second handles it");
  await publish(bus, "order", 3);
  await waitFor(() => has("B end order 3"), "and the next");
  first.resume();
  await publish(bus, "after", ...Array.from({ length: 40 }, (_, i) => i + 1));
  await waitFor(() => lines.filter((line) => line.includes("end after")).length === 40, "all is handled");
  assert.ok(!has("A begin order 2") && !has("A begin order 3"), lines.join("\n"));
});

it("with an inbox the effects of a suspended replica come once, in order, and never late", async () => {
  await using db = await createTestDatabase();
  await createInbox(db, { fence: true }).ensureTable();
  await db.sql`create table effects (id bigint generated always as identity primary key, key text, n int)`;
  await using scene = await openScene({ database: { url: db.url, schema: db.schema } });
  const { bus, has, start } = scene;
  const first = await start("A", { slow: { "order 1": 500 } });
  await publish(bus, "order", 1, 2);
  await waitFor(() => has("A begin order 1"), "the first handles it, in an open transaction");
  first.suspend();
  await start("B");
  const isWaiting = async () =>
    (await db.sql`
      select from pg_stat_activity where wait_event_type in ('Lock', 'LWLock') and query like '%glam_inbox_fences%'`)
      .length > 0;
  await waitFor(isWaiting, "the second waits for that transaction");
  assert.ok(!has("B begin order 1") && !has("B begin order 2"));
  first.resume();
  await waitFor(async () => (await db.sql`select from effects`).length === 2, "both are handled");
  const rows = await db.sql<{ n: number }>`select n from effects order by id`;
  assert.deepEqual(rows.map(({ n }) => n), [1, 2]);
  assert.equal((await createDeadLetters(bus).newest()).letters.length, 0);
});

it("a message that kills its process is buried, and only its partition waits for that", async () => {
  await using scene = await openScene({ ackWaitMs: 2000, killer: "killer 1" });
  const { bus, lines, has, start } = scene;
  await publish(bus, "killer", 1, 2);
  await publish(bus, "other", 1, 2, 3);
  const dead = createDeadLetters(bus);
  let deaths = 0;
  for (; deaths < 12; deaths++) {
    const replica = await start(`${deaths}`);
    await waitFor(
      () => replica.child.hasEnded() || lines.some((line) => line.endsWith("end killer 2")),
      "it dies, or the next is handled",
    );
    if (!replica.child.hasEnded()) break;
  }
  assert.ok(deaths >= 3 && deaths <= 9, `${deaths} deaths`);
  const letters = (await dead.newest()).letters;
  assert.deepEqual(
    letters.map(({ errorCode, event }) => [errorCode, event?.data]),
    [["POISON_MESSAGE", { key: "killer", n: 1 }]],
    [...lines, JSON.stringify(letters)].join("\n"),
  );
  for (const n of [1, 2, 3]) assert.ok(lines.some((line) => line.endsWith(`end other ${n}`)));
  assert.ok(!has("0 begin killer 2"));
});

it("no step of a key begins before the one before it has ended once, whatever happens to the server", async () => {
  await using own = await startNats();
  const { bus, options } = await openBus(own);
  await using _bus = bus;
  const firsts = new Map<string, number>();
  const firstAt = (line: string) => firsts.get(line) ?? Infinity;
  const { servers, ...account } = options;
  const replicas = ["A", "B"].map(() =>
    startReplica(
      { servers: [servers], ...account, ackWaitMs: 2000, handlerMs: 2, failing: 0.1, maxAttempts: 1000 },
      (what, key, n, at) => {
        const line = `${what} ${key} ${n}`;
        firsts.set(line, Math.min(at, firstAt(line)));
      },
    )
  );
  await using _replicas = {
    async [Symbol.asyncDispose]() {
      for (const replica of replicas) await replica[Symbol.asyncDispose]();
    },
  };
  for (const replica of replicas) await replica.ready();
  const [keys, steps] = [20, 20];
  const isDone = (key: number, n: number) => firsts.has(`end ${key} ${n}`);
  let published = 0;
  const publisher = createPublisher(bus, { service: "test" });
  const load = Promise.all(Array.from({ length: keys }, async (_, key) => {
    for (let n = 1; n <= steps; n++) {
      const step = { key: String(key), n };
      const again = () =>
        publisher.publish(Stepped, step, { eventId: `${key}/${n}` }).then(() => true, () => false);
      while (!await again());
      published++;
    }
  }));
  for (const share of [0.25, 0.5, 0.75]) {
    await waitFor(() => published >= keys * steps * share, "a part is published");
    if (share === 0.5) await own.restart();
    else {
      await own.kill9();
      await own.restart();
    }
  }
  await load;
  await waitFor(
    () => Array.from({ length: keys }, (_, key) => isDone(key, steps)).every(Boolean),
    "the last step of each key is done",
  );
  for (let key = 0; key < keys; key++) {
    for (let n = 2; n <= steps; n++) {
      const [before, begun] = [firstAt(`end ${key} ${n - 1}`), firstAt(`begin ${key} ${n}`)];
      assert.ok(before <= begun, `Step ${n} of ${key} began ${before - begun} ms too early`);
    }
  }
});
