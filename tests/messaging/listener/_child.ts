// A process that listens, for tests that kill it: says on its standard output what it does, before it goes on.
import { writeSync } from "node:fs";
import process from "node:process";
import { connectNats, createListener, defineEvent } from "@glam/shared/messaging";
import * as z from "zod";
import { startListener } from "../_start_listener.ts";

/** What the process is told, as JSON. */
export interface ChildOptions {
  readonly servers: string;
  readonly user: string;
  readonly pass: string;
  readonly concurrency?: number;
  readonly backoffMs?: readonly number[];
  readonly handlerMs?: number;
  /** Share of the attempts that fail. */
  readonly failing?: number;
  /** The number whose handler kills the process. */
  readonly killer?: number;
  /** Share of messages that every attempt fails on, by their number. */
  readonly hopelessEach?: number;
}

const options: ChildOptions = JSON.parse(process.argv.at(-1)!);
const { servers, user, pass, handlerMs = 5, failing = 0, killer, hopelessEach } = options;
const Numbered = defineEvent("evt.test.numbered.v1", z.object({ n: z.int() }));
const say = (line: string) => void writeSync(1, `${line}\n`);
const silent = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };

const bus = await connectNats({ servers, user, pass, waitForServer: true });
const listener = await startListener(() =>
  createListener(bus, {
    service: "test",
    queueGroup: "processes",
    events: [Numbered],
    concurrency: options.concurrency,
    backoffMs: options.backoffMs ?? [20, 50],
    logger: silent,
    async handle({ data, message }) {
      say(`begin ${data.n} ${message.deliveryCount}`);
      if (data.n === killer) process.kill(process.pid, "SIGKILL");
      await new Promise((resolve) => setTimeout(resolve, handlerMs));
      if (hopelessEach !== undefined && data.n % hopelessEach === 0) throw new Error("hopeless");
      if (Math.random() < failing) throw new Error("by chance");
      say(`done ${data.n}`);
    },
  })
);
process.on("SIGTERM", async () => {
  await listener.stop();
  await bus.close();
  say("stopped");
  process.exit(0);
});
say("ready");
