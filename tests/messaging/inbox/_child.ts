// A process that listens with an inbox, for tests that kill it: says on its standard output what it does.
import { writeSync } from "node:fs";
import process from "node:process";
import { connectDatabase } from "@glam/shared/db";
import { connectNats, createInbox, type Inbox } from "@glam/shared/messaging";
import { listenOnce, silent } from "./_inbox.ts";
import { startListener } from "../_start_listener.ts";

/** What the process is told, as JSON. */
export interface InboxChildOptions {
  readonly servers: string;
  readonly user: string;
  readonly pass: string;
  readonly database: string;
  readonly schema?: string;
  readonly concurrency?: number;
  readonly handlerMs?: number;
  /** The process kills itself when the transaction of such a number is committed, and before that is acknowledged. */
  readonly killAfterCommitOfEach?: number;
}

const options: InboxChildOptions = JSON.parse(process.argv.at(-1)!);
const { servers, user, pass, handlerMs = 0, killAfterCommitOfEach } = options;
const say = (line: string) => void writeSync(1, `${line}\n`);

const db = await connectDatabase({ url: options.database, schema: options.schema, lazy: true, poolSize: 10 });
const bus = await connectNats({ servers, user, pass, waitForServer: true });
const inbox = createInbox(db);
let last = 0;
const deadly: Inbox = {
  ...inbox,
  async once(entry, work, more) {
    const result = await inbox.once(entry, work, more);
    if (!result.duplicate && killAfterCommitOfEach !== undefined && last % killAfterCommitOfEach === 0) {
      process.kill(process.pid, "SIGKILL");
    }
    return result;
  },
};
const listener = await startListener(() =>
  listenOnce(bus, deadly, {
    concurrency: options.concurrency ?? 1,
    backoffMs: [100],
    logger: {
      ...silent,
      error: (message) => void (message.startsWith("Inbox could not be used") && say("held up")),
    },
    async handle({ tx, data }) {
      last = data.n;
      say(`begin ${data.n}`);
      await tx`insert into effects (n) values (${data.n})`;
      if (handlerMs > 0) await new Promise((resolve) => setTimeout(resolve, handlerMs));
      say(`done ${data.n}`);
    },
  })
);
process.on("SIGTERM", async () => {
  await listener.stop();
  await bus.close();
  await db.close();
  say("stopped");
  process.exit(0);
});
say("ready");
