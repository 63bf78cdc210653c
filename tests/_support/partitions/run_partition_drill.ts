/**
 * The drill of partitions: events of many keys, replicas of a listener with an inbox, a cluster of three nats-servers.
 * Replicas and servers are killed, stopped and suspended in turn while handlers fail. At the end each key must have had its
 * steps in order, once each.
 *
 * @module
 */
import { setTimeout as pause } from "node:timers/promises";
import {
  connectNats,
  createDeadLetters,
  createInbox,
  createPublisher,
  ensureStreams,
  type MessageBus,
  Streams,
} from "@glam/shared/messaging";
import { type NatsCluster, startNatsCluster } from "../nats_server.ts";
import { createTestDatabase, type TestDatabase } from "../postgres.ts";
import { waitFor } from "../wait_for.ts";
import type { ReplicaOptions } from "./replica.ts";
import { RunBook } from "./run_book.ts";
import { type RunningReplica, startReplica } from "./running_replica.ts";
import { Stepped } from "./stepped.ts";

/** Options of {@link runPartitionDrill}. */
export interface PartitionDrillOptions {
  readonly events: number;
  readonly keys: number;
  /** How long to kill, in seconds; each kind at least once. The events are published in that time. */
  readonly seconds: number;
  /** @default 3 */
  readonly replicas?: number;
  /** @default 10000 */
  readonly ackWaitMs?: number;
  /** Share of the attempts that fail. @default 0.1 */
  readonly failing?: number;
  /** Milliseconds from one kill to the next. @default 3000 */
  readonly everyMs?: number;
  /** How long a server is suspended, in milliseconds. @default 3000 */
  readonly pauseMs?: number;
  /** Receives progress lines. */
  readonly onProgress?: (line: string) => void;
}

/** The result of a drill. */
export interface PartitionDrillReport {
  readonly published: number;
  /** How often each was done. */
  readonly turns: Readonly<Record<string, number>>;
  /** Runs of the handler, those that failed, and those whose process was killed or suspended. */
  readonly runs: number;
  readonly failed: number;
  readonly cutOff: number;
  /** Runs of one event at a time, where one of the processes was away from its server for longer than the ack wait. */
  readonly sameAtOnce: number;
  /** Milliseconds from the last event that was published until all were settled. */
  readonly settledAfterMs: number;
  /** What is not as promised. */
  readonly differences: readonly string[];
}

const WORKERS = 64;

/** Runs the drill. */
export async function runPartitionDrill(options: PartitionDrillOptions): Promise<PartitionDrillReport> {
  const { events, keys, seconds, replicas: count = 3, ackWaitMs = 10_000, failing = 0.1 } = options;
  const { everyMs = 3000, pauseMs = 3000, onProgress: tell = () => {} } = options;
  await using cluster = await startNatsCluster();
  await using db = await createTestDatabase();
  await createInbox(db, { fence: true }).ensureTable();
  await db.sql`create table effects (id bigint generated always as identity primary key, key text, n int)`;
  await using bus = await connectNats({ servers: cluster.urls });
  let reason: unknown; // the servers may not know each other well enough yet
  await waitFor(
    () => ensureStreams(bus, { replicas: 3 }).then(() => true, (error) => void (reason = error)),
    () => `the streams are there: ${reason}`,
  );
  const replicaOptions: ReplicaOptions = {
    servers: cluster.urls,
    database: { url: db.url, schema: db.schema },
    ackWaitMs,
    failing,
    maxAttempts: 1000,
    backoffMs: [20, 100],
  };
  const book = new RunBook();
  const start = (place: number) => startReplica(replicaOptions, book.of(place));
  const replicas = Array.from({ length: count }, (_, place) => start(place));
  await using _replicas = {
    async [Symbol.asyncDispose]() {
      await Promise.all(replicas.map((replica) => replica[Symbol.asyncDispose]()));
    },
  };
  await Promise.all(replicas.map((replica) => replica.ready()));
  tell(`${count} replicas, 3 nats-servers, ${events} events of ${keys} keys, ${seconds} s of kills`);

  const load = new Load(bus, events, keys, seconds);
  const working = load.run();
  working.catch(() => {}); // whoever waits for it hears of it
  const turns = { killed: 0, suspended: 0, stopped: 0, servers_killed: 0, servers_suspended: 0 };
  const scene = { cluster, replicas, start, book, turns, ackWaitMs, pauseMs, bus };
  const acts = [killReplica, killServer, suspendReplica, suspendServer, stopReplica];
  const end = performance.now() + seconds * 1000;
  for (let turn = 0; turn < acts.length || performance.now() < end; turn++) {
    await pause(everyMs);
    await acts[turn % acts.length]!(scene, turn);
    const [row] = await db.sql<{ done: string }>`select count(*) as done from effects`;
    tell(`${JSON.stringify(turns)}; ${load.published} published, ${row!.done} handled`);
  }
  await working;
  tell(`${load.published} published; waiting until all are settled`);
  const since = performance.now();
  await untilSettled(bus, db, events);
  const settledAfterMs = Math.round(performance.now() - since);
  await Promise.all(replicas.map((replica) => replica.stop()));
  const { problems, ...totals } = book.report();
  return {
    published: load.published,
    turns,
    ...totals,
    settledAfterMs,
    differences: [...problems, ...await compare(bus, db, events, keys)],
  };
}

/** What turns act on. */
interface Scene {
  readonly cluster: NatsCluster;
  readonly replicas: RunningReplica[];
  readonly start: (place: number) => RunningReplica;
  readonly book: RunBook;
  readonly turns: Record<string, number>;
  readonly ackWaitMs: number;
  readonly pauseMs: number;
  readonly bus: MessageBus;
}

async function replace({ replicas, start }: Scene, place: number): Promise<void> {
  replicas[place] = start(place);
  await replicas[place].ready();
}

async function killReplica(scene: Scene, turn: number): Promise<void> {
  const place = turn % scene.replicas.length;
  scene.book.ends(place);
  await scene.replicas[place]!.kill();
  scene.turns["killed"]!++;
  await replace(scene, place);
}

async function stopReplica(scene: Scene, turn: number): Promise<void> {
  const place = turn % scene.replicas.length;
  await scene.replicas[place]!.stop();
  scene.turns["stopped"]!++;
  await replace(scene, place);
}

/** Suspends a replica for longer than the ack wait: what it was handling goes to another one, and it does not know. */
async function suspendReplica({ replicas, book, turns, ackWaitMs }: Scene, turn: number): Promise<void> {
  const place = turn % replicas.length;
  book.suspended(place);
  replicas[place]!.suspend();
  await pause(ackWaitMs * 1.4);
  replicas[place]!.resume();
  turns["suspended"]!++;
}

async function killServer({ cluster, turns, bus }: Scene, turn: number): Promise<void> {
  const leader = await cluster.leaderOf(Streams.EVENTS).catch(() => turn % 3);
  await cluster.servers[leader]!.kill9();
  turns["servers_killed"]!++;
  await pause(1000);
  await cluster.servers[leader]!.restart();
  await waitFor(() => bus.streamInfo(Streams.EVENTS).catch(() => undefined), "the stream is there again");
}

async function suspendServer({ cluster, turns, pauseMs }: Scene, turn: number): Promise<void> {
  const server = cluster.servers[turn % 3]!;
  await server.pause();
  await pause(pauseMs);
  await server.resume();
  turns["servers_suspended"]!++;
}

/** Publishes the steps of each key, one after another. */
class Load {
  published = 0;
  readonly #bus: MessageBus;
  readonly #events: number;
  readonly #keys: number;
  readonly #startedAt = performance.now();
  readonly #perMs: number;

  constructor(bus: MessageBus, events: number, keys: number, seconds: number) {
    this.#bus = bus;
    this.#events = events;
    this.#keys = keys;
    this.#perMs = events / (seconds * 1000);
  }

  async run(): Promise<void> {
    const publisher = createPublisher(this.#bus, { service: "drill" });
    const steps = this.#events / this.#keys;
    await Promise.all(Array.from({ length: WORKERS }, async (_, worker) => {
      for (let n = 1; n <= steps; n++) {
        for (let key = worker; key < this.#keys; key += WORKERS) {
          const aheadMs = this.published / this.#perMs - (performance.now() - this.#startedAt);
          if (aheadMs > 20) await pause(aheadMs);
          const step = { key: `key-${key}`, n };
          // Again with the same id: the stream stores it once.
          for (let isStored = false; !isStored;) {
            isStored = await publisher.publish(Stepped, step, { eventId: `${step.key}/${n}` })
              .then(() => true, () => false);
          }
          this.published++;
        }
      }
    }));
  }
}

async function untilSettled(bus: MessageBus, db: TestDatabase, events: number): Promise<void> {
  let left = -1;
  let before = -1;
  // As long as anything happens: a long drill leaves much behind.
  for (;;) {
    const stuck = left;
    await waitFor(async () => {
      const [row] = await db.sql<{ done: string }>`select count(*) as done from effects`;
      const consumers = await bus.listConsumers!(Streams.EVENTS).catch(() => []);
      const pending = consumers.reduce((sum, each) => sum + each.pending + each.ackPending, 0);
      left = pending + events - Number(row!.done);
      return consumers.length > 0 && (left === 0 || left !== stuck && left !== before);
    }, () => `all are settled, and not ${left} left`);
    if (left === 0) return;
    before = stuck;
  }
}

/** Compares what was done of each key with its steps. */
async function compare(bus: MessageBus, db: TestDatabase, events: number, keys: number): Promise<string[]> {
  const differences: string[] = [];
  const rows = await db.sql<{ key: string; steps: number[] }>`
    select key, array_agg(n order by id) as steps from effects group by key`;
  const expected = Array.from({ length: events / keys }, (_, i) => i + 1).join();
  if (rows.length !== keys) differences.push(`${rows.length} of ${keys} keys were handled`);
  for (const { key, steps } of rows) {
    if (steps.join() !== expected) differences.push(`The steps of ${key} are ${steps.join()}`);
  }
  const dead = await createDeadLetters(bus).count();
  if (dead > 0) differences.push(`${dead} dead letters`);
  return differences;
}
