/**
 * How fast a listener with an inbox is against the same listener whose handler begins a transaction of the driver and
 * inserts the event's id into a table with a unique key: one NATS server, one pool. Prints the ratios as JSON.
 *
 * @module
 */
import {
  connectNats,
  createInbox,
  createListener,
  createPublisher,
  defineEvent,
} from "@glam/shared/messaging";
import process from "node:process";
import * as z from "zod";
import { medianRatio, takeTurns } from "../_statistics.ts";
import { openSetting } from "../db/_setting.ts";

const ROUNDS = 9;
const MESSAGES = 2000;

const ThingDone = defineEvent("evt.bench.thing.done.v1", z.object({ id: z.int(), owner: z.string() }));
const [database, servers] = process.argv.slice(-2) as [string, string];
let serial = 0;

await using bus = await connectNats({ servers });
await using setting = await openSetting(database);
const { db, raw } = setting;
const inbox = createInbox(db);
await inbox.ensureTable();
await db.sql`create table seen (consumer text, id text, primary key (consumer, id))`;
await db.sql`create table effects (id int, owner text)`;

/** Events in a millisecond, from the start of a new consumer to the last event. */
async function consume(concurrency: number, isOwn: boolean): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let handled = 0;
  const isLast = () => ++handled === MESSAGES && resolve();
  const queueGroup = `group${serial++}`;
  const options = { service: "bench", queueGroup, events: [ThingDone], concurrency } as const;
  await using listener = isOwn
    ? createListener(bus, {
      ...options,
      inbox,
      async handle({ tx, data }) {
        await tx`insert into effects (id, owner) values (${data.id}, ${data.owner})`;
        isLast();
      },
    })
    : createListener(bus, {
      ...options,
      async handle({ event, data }) {
        await raw.begin(async (tx) => {
          const { count } = await tx`
            insert into seen (consumer, id) values (${queueGroup}, ${event.event_id}) on conflict do nothing`;
          if (count === 0) return;
          await tx`insert into effects (id, owner) values (${data.id}, ${data.owner})`;
        });
        isLast();
      },
    });
  const since = performance.now();
  await listener.start();
  await promise;
  return MESSAGES / (performance.now() - since);
}

const publisher = createPublisher(bus, { service: "bench" });
const events = Array.from({ length: MESSAGES }, (_, id) => ({ id, owner: `owner-${id % 100}` }));
await publisher.publishMany(ThingDone, events);
const subjects = {
  own1: () => consume(1, true),
  raw1: () => consume(1, false),
  own16: () => consume(16, true),
  raw16: () => consume(16, false),
};
await takeTurns(1, subjects); // warm
const rates = await takeTurns(ROUNDS, subjects);
console.log(JSON.stringify({
  one: medianRatio(rates.own1, rates.raw1),
  many: medianRatio(rates.own16, rates.raw16),
  perSecond: 1000 * rates.own16.toSorted((a, b) => a - b)[ROUNDS >> 1]!,
}));
await setting[Symbol.asyncDispose]();
process.exit(0);
