/**
 * How old the oldest event of an outbox gets while a service writes 1,000 transactions in a second, each with an event, and
 * relays them itself. Prints the greatest age, and how many were written in a second, as JSON.
 *
 * @module
 */
import { connectDatabase } from "@glam/shared/db";
import { connectNats, createOutbox, CreditDeducted } from "@glam/shared/messaging";
import process from "node:process";

const SECONDS = 10;
const WARM_UP_SECONDS = 2;
const PER_SECOND = 1000;

const [servers, database] = process.argv.slice(-2) as [string, string];
const schema = `bench_${crypto.randomUUID().slice(0, 8)}`;
await using db = await connectDatabase({ url: database, schema, poolSize: 10 });
await db.ensureSchema(schema);
// Looks from outside, so that it waits behind nothing that the service does.
await using watcher = await connectDatabase({ url: database, schema, poolSize: 1 });
await using bus = await connectNats({ servers });
const outbox = createOutbox(db, { service: "bench" });
const watched = createOutbox(watcher, { service: "bench" });
await outbox.ensureTable();
await db.sql`create table orders (id uuid primary key, customer int not null)`;
await using relay = outbox.relay(bus);
await relay.start();

const data = CreditDeducted.examples![0]!;

async function order(n: number): Promise<void> {
  await db.transaction(async (tx) => {
    await tx`insert into orders values (${crypto.randomUUID()}, ${n % 1000})`;
    await outbox.add(tx, CreditDeducted, data, { key: `customer-${n % 1000}` });
  });
}

const since = performance.now();
const elapsed = () => (performance.now() - since) / 1000;
let written = 0;
const writing: Promise<void>[] = [];
let oldest = 0;
const watching = (async () => {
  while (elapsed() < SECONDS) {
    const { oldest_age_seconds = 0 } = await watched.status();
    if (elapsed() > WARM_UP_SECONDS) oldest = Math.max(oldest, oldest_age_seconds);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
})();
while (elapsed() < SECONDS) {
  for (const due = elapsed() * PER_SECOND; written < due; written++) writing.push(order(written));
  await new Promise((resolve) => setTimeout(resolve, 5));
}
await Promise.all(writing);
const perSecond = written / elapsed();
await watching;
await relay.stop();
await db.sql.unsafe(`drop schema "${schema}" cascade`);
console.log(JSON.stringify({ oldestMs: oldest * 1000, perSecond }));
