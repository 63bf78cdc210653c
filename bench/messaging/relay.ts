/**
 * How fast a relay empties an outbox, of events without a key and with one of a thousand, against `js.publish` of the
 * client with the bytes that it sends: one server, one stream in files, 256 in flight. Prints the ratios as JSON.
 *
 * @module
 */
import { connectDatabase } from "@glam/shared/db";
import { connectNats, createOutbox, CreditDeducted, type Outbox, Streams } from "@glam/shared/messaging";
import { jetstream } from "@nats-io/jetstream";
import { headers } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import process from "node:process";
import { median, medianRatio, takeTurns } from "../_statistics.ts";

const ROUNDS = 7;
const MESSAGES = 20_000;
const IN_FLIGHT = 256;

const [servers, database] = process.argv.slice(-2) as [string, string];
const schema = `bench_${crypto.randomUUID().slice(0, 8)}`;
await using db = await connectDatabase({ url: database, schema });
await db.ensureSchema(schema);
await using bus = await connectNats({ servers });
const outbox: Outbox = createOutbox(db, { service: "bench" });
await outbox.ensureTable();
const raw = await connect({ servers });
const stream = jetstream(raw);

await db.transaction((tx) => outbox.add(tx, CreditDeducted, CreditDeducted.examples![0]!));
await drain();
const sample = (await bus.readMessage(Streams.EVENTS, { sequence: 1 }))!;
const names = [...sample.headers].filter(([name]) => name !== "Nats-Msg-Id");

/** Writes events as `add` does, each with an id of its own, and with one of a thousand keys where it is given a start. */
async function fill(key: string | null): Promise<void> {
  await db.sql`truncate glam_outbox`;
  await db.sql`
    insert into glam_outbox (event_id, subject, message_id, key, headers, body)
    select id, ${sample.subject}, ${sample.subject} || ':' || id, ${key}::text || n % 1000, ${
    JSON.stringify(names)
  }::text::jsonb,
      ${new TextDecoder().decode(sample.data)}
    from (select gen_random_uuid()::text as id, n from generate_series(1, ${MESSAGES}::int) n) ids`;
  await db.sql`analyze glam_outbox`;
}

/** Sends whatever there is. */
async function drain(): Promise<void> {
  const relay = outbox.relay(bus, { graceMs: 60_000 });
  await relay.start();
  await relay.stop();
}

async function relayRate(key: string | null): Promise<number> {
  await fill(key);
  const since = performance.now();
  await drain();
  const seconds = (performance.now() - since) / 1000;
  const { pending } = await outbox.status();
  if (pending > 0) throw new Error(`${pending} events were not sent`);
  return MESSAGES / seconds;
}

async function rawRate(): Promise<number> {
  let left = MESSAGES;
  const since = performance.now();
  await Promise.all(Array.from({ length: IN_FLIGHT }, async () => {
    while (left-- > 0) {
      const own = headers(); // the client writes into them, so each message needs its own
      for (const [name, value] of names) own.set(name, value);
      const msgID = `${sample.subject}:${crypto.randomUUID()}`;
      await stream.publish(sample.subject, sample.data, { msgID, headers: own });
    }
  }));
  return MESSAGES / (performance.now() - since) * 1000;
}

const rates = await takeTurns(ROUNDS, {
  raw: rawRate,
  relay: () => relayRate(null),
  keyed: () => relayRate("key-"),
});
await raw.close();
await db.sql.unsafe(`drop schema "${schema}" cascade`);
// The first round warms up.
const [relay, keyed, theirs] = [rates.relay.slice(1), rates.keyed.slice(1), rates.raw.slice(1)];
console.log(JSON.stringify({
  ratio: medianRatio(relay, theirs),
  keyed: medianRatio(keyed, theirs),
  perSecond: median(relay),
}));
