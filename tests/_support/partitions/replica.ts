// A replica of a listener of partitions, for drills and tests that kill and suspend it: says what it does, before it goes on.
import { writeSync } from "node:fs";
import process from "node:process";
import { connectDatabase } from "@glam/shared/db";
import { connectNats, createInbox, createListener } from "@glam/shared/messaging";
import { startListener } from "../../messaging/_start_listener.ts";
import { Stepped } from "./stepped.ts";

/** What the replica is told, as JSON. */
export interface ReplicaOptions {
  readonly servers: readonly string[];
  readonly user?: string;
  readonly pass?: string;
  /** Database of the inbox and the effects; without one the handler has none. */
  readonly database?: { readonly url: string; readonly schema: string };
  readonly ackWaitMs: number;
  readonly maxAttempts?: number;
  readonly backoffMs?: readonly number[];
  readonly concurrency?: number;
  readonly onDeadLetter?: "continue" | "hold";
  /** Share of the attempts that fail. */
  readonly failing?: number;
  /** Milliseconds that a handler takes. */
  readonly handlerMs?: number;
  /** The steps, as `<key> <n>`, that take longer, and how long. */
  readonly slow?: Readonly<Record<string, number>>;
  /** The step whose handler kills the process. */
  readonly killer?: string;
  /** The step whose handler blocks the event loop, and for how long in milliseconds. */
  readonly blocker?: { readonly step: string; readonly ms: number };
}

const options: ReplicaOptions = JSON.parse(process.argv.at(-1)!);
const { ackWaitMs, database, failing = 0, handlerMs = 0, killer, slow = {}, blocker } = options;
const say = (line: string) => void writeSync(1, `${line} ${Date.now()}\n`);
const quiet = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };

const { servers, user, pass } = options;
const bus = await connectNats({
  servers,
  ...user !== undefined && { user, pass },
  waitForServer: true,
});
const db = database === undefined ? undefined : await connectDatabase({ ...database, poolSize: 20 });
const listener = await startListener(() =>
  createListener(bus, {
    service: "test",
    queueGroup: "steps",
    events: [Stepped],
    ackWaitMs,
    backoffMs: options.backoffMs ?? [20, 100],
    maxAttempts: options.maxAttempts,
    concurrency: options.concurrency,
    onDeadLetter: options.onDeadLetter,
    ...db !== undefined && { inbox: createInbox(db, { fence: true }) },
    logger: quiet,
    async handle({ data: { key, n }, signal }) {
      const step = `${key} ${n}`;
      say(`begin ${step}`);
      signal.addEventListener("abort", () => say(`abort ${step}`));
      if (step === killer) process.kill(process.pid, "SIGKILL");
      if (step === blocker?.step) {
        const until = performance.now() + blocker.ms;
        while (performance.now() < until);
      }
      const ms = slow[step] ?? handlerMs;
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
      if (db !== undefined) await db.sql`insert into effects (key, n) values (${key}, ${n})`; // in the transaction
      if (Math.random() < failing) {
        say(`fail ${step}`);
        throw new Error("by chance");
      }
      say(`end ${step}`);
    },
  })
);
process.on("SIGTERM", async () => {
  await listener.stop();
  await bus.close();
  await db?.close();
  say("stopped");
  process.exit(0);
});
say("ready");
