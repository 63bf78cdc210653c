/**
 * How fast a publisher is, validation, envelope and headers included, against `js.publish` of the client with the bytes
 * that it sends: one server, one stream in files, default options on both sides, 256 in flight. Prints the ratio as JSON.
 *
 * @module
 */
import { connectNats, createPublisher, CreditDeducted, Streams } from "@glam/shared/messaging";
import { jetstream } from "@nats-io/jetstream";
import { headers } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import process from "node:process";
import { median, medianRatio, takeTurns } from "../_statistics.ts";

const ROUNDS = 9;
const MESSAGES = 20_000;
const IN_FLIGHT = 256;

const servers = process.argv.at(-1)!;
const data = CreditDeducted.examples![0]!;
await using bus = await connectNats({ servers });
const publisher = createPublisher(bus, { service: "bench" });
const { seq } = await publisher.publish(CreditDeducted, data);
const sample = (await bus.readMessage(Streams.EVENTS, { sequence: seq }))!;
const names = [...sample.headers].filter(([name]) => name !== "Nats-Msg-Id");
const raw = await connect({ servers });
const stream = jetstream(raw);

/** Events in a second, with so many on their way. */
async function rate(publishOne: () => Promise<unknown>): Promise<number> {
  let left = MESSAGES;
  const since = performance.now();
  await Promise.all(Array.from({ length: IN_FLIGHT }, async () => {
    while (left-- > 0) await publishOne();
  }));
  return MESSAGES / (performance.now() - since) * 1000;
}

function publishRaw(): Promise<unknown> {
  const own = headers(); // the client writes into them, so each message needs its own
  for (const [name, value] of names) own.set(name, value);
  return stream.publish(sample.subject, sample.data, {
    msgID: `${sample.subject}:${crypto.randomUUID()}`,
    headers: own,
  });
}

const rates = await takeTurns(ROUNDS, {
  raw: () => rate(publishRaw),
  glam: () => rate(() => publisher.publish(CreditDeducted, data)),
});
await raw.close();
// The first round warms up.
const [own, theirs] = [rates.glam.slice(1), rates.raw.slice(1)];
console.log(JSON.stringify({ ratio: medianRatio(own, theirs), perSecond: median(own) }));
