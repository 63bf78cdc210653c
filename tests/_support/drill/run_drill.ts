/**
 * The drill: replicas of the credits example on a real Postgres and NATS, under load, while replicas, Postgres and
 * nats-server are killed in turn. At the end the operations that were acknowledged, those in the ledger, in the stream
 * and in the summary are compared.
 *
 * @module
 */
import { setTimeout as pause } from "node:timers/promises";
import { connectDatabase } from "@glam/shared/db";
import { connectNats } from "@glam/shared/messaging";
import { startNats } from "../nats_server.ts";
import { startPostgres } from "../postgres.ts";
import { compareBooks, untilSettled } from "./books.ts";
import { type Latencies, Load } from "./load.ts";
import { operator, variables } from "../credits_callers.ts";
import { type Replica, restartReplica, startReplica, stopReplica } from "./replica.ts";

/** Options of {@link runDrill}. */
export interface DrillOptions {
  /** How long to kill, in seconds; at least until each kind was killed once. */
  readonly seconds: number;
  /** @default 3 */
  readonly replicas?: number;
  /** Number of concurrent clients. @default 16 */
  readonly clients?: number;
  /** @default 10 */
  readonly merchants?: number;
  /** Milliseconds from one kill to the next. @default 2500 */
  readonly everyMs?: number;
  /** Receives progress lines. */
  readonly onProgress?: (line: string) => void;
}

/** The result of a drill. */
export interface DrillReport {
  /** Operations that were acknowledged. */
  readonly acknowledged: number;
  /** Requests that were sent. */
  readonly requests: number;
  /** Those of them that repeated an earlier one with the same key, and got its answer. */
  readonly replays: number;
  /** Milliseconds from the first request of an operation to its acknowledgement: median, 99th percentile, maximum. */
  readonly latencyMs: Latencies;
  /** How often each was killed. */
  readonly kills: { readonly replicas: number; readonly postgres: number; readonly nats: number };
  /** Milliseconds from the last acknowledgement until the summary had everything. */
  readonly settledAfterMs: number;
  /** The differences between the four places; empty when no operation was lost, duplicated or invented. */
  readonly differences: readonly string[];
}

/** Operations that are acknowledged before each kill, and after the last. */
const WORK_OF_A_TURN = 30;

/** Runs the drill. */
export async function runDrill(options: DrillOptions): Promise<DrillReport> {
  const { seconds, replicas: count = 3, clients = 16, merchants = 10, everyMs = 2500 } = options;
  const tell = options.onProgress ?? (() => {});
  await using postgres = await startPostgres();
  await using nats = await startNats({ accounts: false });
  const environment = { DATABASE_URL: postgres.url, NATS_SERVERS: nats.url, ...await variables() };
  const replicas: Replica[] = [];
  try {
    for (let i = 0; i < count; i++) replicas.push(await startReplica(environment));
    tell(
      `${count} replicas of the example, ${clients} clients, ${merchants} merchants, ${seconds} s of kills`,
    );
    const names = Array.from({ length: merchants }, (_, i) => `shop-${i}`);
    using load = new Load(replicas, names, (await operator()).headers);
    await load.createMerchants();

    const working = Promise.all(Array.from({ length: clients }, (_, i) => load.client(i)));
    working.catch(() => {}); // whoever waits for progress hears of it
    const progress = () => Promise.race([load.progress(WORK_OF_A_TURN), working]);
    const kills = { replicas: 0, postgres: 0, nats: 0 };
    const turns = ["replica", "postgres", "nats", "replica"] as const;
    const end = performance.now() + seconds * 1000;
    for (let turn = 0; kills.nats === 0 || performance.now() < end; turn++) {
      await pause(everyMs);
      // Requests are in flight at each kill, and continue after it.
      await progress();
      switch (turns[turn % turns.length]) {
        case "replica":
          await restartReplica(replicas[kills.replicas++ % count]!, environment);
          break;
        case "postgres":
          await postgres.kill9();
          await postgres.restart();
          kills.postgres++;
          break;
        case "nats":
          await nats.kill9();
          await nats.restart();
          kills.nats++;
      }
      const { replicas: r, postgres: p, nats: n } = kills;
      tell(
        `killed ${r} replicas, ${p} x Postgres, ${n} x NATS; ${load.acknowledged.size} operations acknowledged`,
      );
    }
    await progress();
    load.stop();
    await working;
    tell(`${load.acknowledged.size} operations acknowledged; waiting until the summary has them`);

    await using db = await connectDatabase({ url: postgres.url, poolSize: 2 });
    await using bus = await connectNats({ servers: nats.url });
    const since = performance.now();
    await untilSettled(db, load.acknowledged.size);
    const settledAfterMs = Math.round(performance.now() - since);
    const differences = await compareBooks(load.acknowledged, db, bus);
    differences.push(...await Promise.all(replicas.map(stopReplica)).then((all) => all.flat()));
    return {
      acknowledged: load.acknowledged.size,
      requests: load.requests,
      replays: load.replays,
      latencyMs: load.latencies(),
      kills,
      settledAfterMs,
      differences,
    };
  } finally {
    for (const replica of replicas) await replica.process[Symbol.asyncDispose]();
  }
}
