/**
 * A relay beside the history of an outbox: events a second with so many sent rows in the table, against none, and how fast
 * the relay's clean-up deletes them. Prints JSON.
 *
 * @module
 */
import { connectDatabase } from "@glam/shared/db";
import { connectNats, createOutbox, type Outbox } from "@glam/shared/messaging";
import process from "node:process";
import { median } from "../_statistics.ts";
import { Grown, growths } from "./grown.ts";

const ROUNDS = 5;
const EVENTS = 10_000;
const AT_ONCE = 500_000;

const [servers, database, wanted] = process.argv.slice(-3) as [string, string, string];
const schema = `bench_${crypto.randomUUID().slice(0, 8)}`;
await using db = await connectDatabase({ url: database, schema, queryTimeoutMs: 600_000 });
await db.ensureSchema(schema);
await using bus = await connectNats({ servers });
const outbox: Outbox = createOutbox(db, { service: "bench", retentionMs: 24 * 3_600_000 });
await outbox.ensureTable();

/** Writes events through the outbox and sends them; gives how many a second were sent, and added. */
async function round(): Promise<{ readonly sent: number; readonly added: number }> {
  const startedAt = performance.now();
  await db.transaction(async (tx) => {
    for (const data of growths(EVENTS)) await outbox.add(tx, Grown, data);
  });
  const addedAt = performance.now();
  const relay = outbox.relay(bus, { graceMs: 120_000 });
  await relay.start();
  await relay.stop();
  const sentAt = performance.now();
  const { pending } = await outbox.status();
  if (pending > 0) throw new Error(`${pending} events were not sent`);
  return { added: EVENTS / (addedAt - startedAt) * 1000, sent: EVENTS / (sentAt - addedAt) * 1000 };
}

async function measure(): Promise<{ readonly sent: number; readonly added: number }> {
  const rounds: Awaited<ReturnType<typeof round>>[] = [];
  for (let n = 0; n < ROUNDS; n++) rounds.push(await round());
  // The first one warms up.
  const later = rounds.slice(1);
  return { sent: median(later.map(({ sent }) => sent)), added: median(later.map(({ added }) => added)) };
}

const empty = await measure();
const history = Number(wanted);
for (let written = 0; written < history; written += AT_ONCE) {
  await db.sql`
    insert into glam_outbox (event_id, subject, message_id, headers, body, status, sent_at)
    select id, ${Grown.subject}, id, '[]'::jsonb, repeat('x', 300), 'sent', now() - interval '1 hour'
    from (select gen_random_uuid()::text as id from generate_series(1, ${
    Math.min(AT_ONCE, history - written)
  }::int)) ids`;
}
await db.sql`analyze glam_outbox`;
const full = await measure();
const since = performance.now();
const status = await outbox.status();
console.log(JSON.stringify({
  sentRatio: full.sent / empty.sent,
  addedRatio: full.added / empty.added,
  perSecond: full.sent,
  statusMs: performance.now() - since,
  sentRows: status.sent,
}));
await db.sql.unsafe(`drop schema "${schema}" cascade`);
process.exit(0);
