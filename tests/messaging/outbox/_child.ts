// A process with an outbox, for tests that kill it: it relays, or it writes orders, until it ends.
import { writeSync } from "node:fs";
import process from "node:process";
import { connectDatabase } from "@glam/shared/db";
import { connectNats, createOutbox, defineEvent } from "@glam/shared/messaging";
import * as z from "zod";

/** What the process is told, as JSON. */
export interface OutboxChildOptions {
  readonly role: "relay" | "writer";
  readonly url: string;
  readonly schema: string;
  readonly servers: string;
  /** The first number that it writes. */
  readonly first?: number;
}

const options: OutboxChildOptions = JSON.parse(process.argv.at(-1)!);
const Noted = defineEvent("evt.test.noted.v1", z.object({ n: z.int(), text: z.string().optional() }));
const silent = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };

const db = await connectDatabase({ url: options.url, schema: options.schema, poolSize: 4 });
const outbox = createOutbox(db, { service: "test", batchSize: 20, pollMs: 50, logger: silent });
const bus = await connectNats({ servers: options.servers, waitForServer: true });
if (options.role === "relay") {
  const relay = outbox.relay(bus, { graceMs: 10_000 });
  process.on("SIGTERM", async () => {
    await relay.stop();
    await bus.close();
    await db.close();
    process.exit(0);
  });
  await relay.start();
  writeSync(1, "ready\n");
} else {
  writeSync(1, "ready\n");
  let next = options.first ?? 1;
  const write = async (): Promise<void> => {
    for (;;) {
      const n = next++;
      await db.transaction(async (tx) => {
        await tx`insert into orders values (${n})`;
        await outbox.add(tx, Noted, { n }, { key: `key-${n % 7}` });
        await tx`update orders set done = true where n = ${n}`;
      });
    }
  };
  await Promise.all([write(), write(), write()]);
}
