// A process with a scheduler, for tests that kill it.
import { writeSync } from "node:fs";
import process from "node:process";
import { connectDatabase } from "@glam/shared/db";
import { createOutbox } from "@glam/shared/messaging";
import { createScheduler, defineSchedule } from "@glam/shared/schedule";
import { Due } from "./_schedules.ts";

/** What the process is told, as JSON. */
export interface SchedulerChildOptions {
  readonly url: string;
  readonly pooler?: boolean;
}

const { url, pooler = false }: SchedulerChildOptions = JSON.parse(process.argv.at(-1)!);
const silent = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };
const db = await connectDatabase({ url, poolSize: 2, pooler });
const say = (line: string) => void writeSync(1, `${line}\n`);
const scheduler = createScheduler(db, {
  outbox: createOutbox(db, { service: "test", logger: silent }),
  pollMs: 50,
  logger: silent,
  jobs: [
    defineSchedule("minutely", {
      cron: "* * * * *",
      event: Due,
      missed: "all",
      data: ({ at }) => ({ tick: at.toISOString().slice(0, 16) }),
    }),
    defineSchedule("rare", {
      cron: "0 0 1 1 *",
      leaseMs: 500,
      run: async (_tick, { attempt }) => {
        say(`begun ${attempt}`);
        await new Promise(() => {}); // until it is killed
      },
    }),
  ],
});
process.on("SIGTERM", async () => {
  await scheduler.stop();
  await db.close();
  process.exit(0);
});
await scheduler.start();
say("ready");
