/**
 * The drill: replicas of the two services of examples/fleet on real servers, under load, while replicas and servers are
 * killed in turn. At the end it is compared what clients were told, the orders, the ledger of credits, the streams and the
 * read models.
 *
 * @module
 */
import { setTimeout as pause } from "node:timers/promises";
import { connectDatabase } from "@glam/shared/db";
import { connectNats } from "@glam/shared/messaging";
import { compareBooks, untilSettled } from "./books.ts";
import { type DrillFleet, type KillableServer, startDrillFleet } from "./fleet.ts";
import { type Latencies, Load } from "./load.ts";
import { restartReplica, stopReplica } from "./replica.ts";

/** Options of {@link runDrill}. */
export interface DrillOptions {
  /** How long to kill, in seconds; at least until each kind was killed once. */
  readonly seconds: number;
  /** Replicas of each service. @default 3 */
  readonly replicas?: number;
  /** Whether NATS is a cluster of three servers. @default false */
  readonly cluster?: boolean;
  /** Number of concurrent clients. @default 16 */
  readonly clients?: number;
  /** @default 10 */
  readonly merchants?: number;
  /** Seconds until an order that is not paid is cancelled. @default 5 */
  readonly payWithinSeconds?: number;
  /** Milliseconds from one kill to the next. @default 2500 */
  readonly everyMs?: number;
  /** Receives progress lines. */
  readonly onProgress?: (line: string) => void;
}

/** The result of a drill. */
export interface DrillReport {
  /** Orders that were acknowledged. */
  readonly acknowledged: number;
  /** Those of them that were paid; the others were cancelled. */
  readonly paid: number;
  /** Orders that were refused, because the credits did not suffice. */
  readonly refused: number;
  /** Requests that were sent. */
  readonly requests: number;
  /** Those of them that repeated an earlier one with the same key, and got its answer. */
  readonly replays: number;
  /** Milliseconds from the first request of an order to its acknowledgement: median, 99th percentile, maximum. */
  readonly latencyMs: Latencies;
  /** How often each was killed. */
  readonly kills: { readonly replicas: number; readonly postgres: number; readonly nats: number };
  /** Milliseconds from the last acknowledgement until nothing was under way. */
  readonly settledAfterMs: number;
  /** The differences between the books; empty when nothing was lost, duplicated, invented or out of order. */
  readonly differences: readonly string[];
}

/** Orders that are acknowledged before each kill, and after the last. */
const WORK_OF_A_TURN = 30;

/** Runs the drill. */
export async function runDrill(options: DrillOptions): Promise<DrillReport> {
  const { seconds, replicas = 3, clients = 16, merchants = 10, everyMs = 2500 } = options;
  const { cluster = false, payWithinSeconds = 5, onProgress: tell = () => {} } = options;
  await using fleet = await startDrillFleet({ replicas, cluster, payWithinSeconds });
  tell(
    `${replicas} replicas of credits and of orders on ${
      cluster ? "a cluster of NATS" : "a NATS"
    } and a Postgres each; ` +
      `${clients} clients, ${merchants} merchants, ${seconds} s of kills`,
  );
  using load = new Load(fleet, Array.from({ length: merchants }, (_, i) => `shop-${i}`));
  await load.createMerchants();

  const working = Promise.all(Array.from({ length: clients }, (_, i) => load.client(i)));
  working.catch(() => {}); // whoever waits for progress hears of it
  const progress = () => Promise.race([load.progress(WORK_OF_A_TURN), working]);
  const kills = { replicas: 0, postgres: 0, nats: 0 };
  const turns = turnsOf(fleet, kills);
  const end = performance.now() + seconds * 1000;
  for (let turn = 0; turn < turns.length || performance.now() < end; turn++) {
    await pause(everyMs);
    await progress(); // requests are in flight at each kill, and continue after it
    await turns[turn % turns.length]!();
    const { replicas: r, postgres: p, nats: n } = kills;
    tell(`killed ${r} replicas, ${p} x Postgres, ${n} x NATS; ${load.acknowledged.size} orders acknowledged`);
  }
  await progress();
  load.stop();
  await working;
  tell(`${load.acknowledged.size} orders acknowledged; waiting until nothing is under way`);

  await using credits = await connectDatabase({ url: fleet.postgres.credits.url, poolSize: 2 });
  await using orders = await connectDatabase({ url: fleet.postgres.orders.url, poolSize: 2 });
  await using bus = await connectNats({ servers: fleet.natsUrls });
  const since = performance.now();
  await untilSettled({ credits, orders, bus });
  const settledAfterMs = Math.round(performance.now() - since);
  const differences = await compareBooks(load.acknowledged, { credits, orders, bus });
  const ends = await Promise.all([...fleet.credits, ...fleet.orders].map(stopReplica));
  differences.push(...ends.flat());
  return {
    acknowledged: load.acknowledged.size,
    paid: [...load.acknowledged.values()].filter(({ outcome }) => outcome === "paid").length,
    refused: load.refused,
    requests: load.requests,
    replays: load.replays,
    latencyMs: load.latencies(),
    kills,
    settledAfterMs,
    differences,
  };
}

/** What is killed, one after another: replicas of both services, both databases, the servers of NATS. */
function turnsOf(
  { credits, orders, postgres, nats }: DrillFleet,
  kills: { replicas: number; postgres: number; nats: number },
): (() => Promise<void>)[] {
  const rounds = { credits: 0, orders: 0 };
  const killReplica = (name: "credits" | "orders") => async () => {
    const replicas = { credits, orders }[name];
    kills.replicas++;
    await restartReplica(replicas[rounds[name]++ % replicas.length]!);
  };
  const kill = async (server: KillableServer) => {
    await server.kill9();
    await server.restart();
  };
  const killPostgres = (name: "credits" | "orders") => async () => {
    kills.postgres++;
    await kill(postgres[name]);
  };
  const killNats = async () => await kill(nats[kills.nats++ % nats.length]!);
  return [
    killReplica("credits"),
    killPostgres("orders"),
    killNats,
    killReplica("orders"),
    killPostgres("credits"),
  ];
}
