/**
 * How fast a listener is against the client's own `consume()` and `ack()` that parses the same JSON: one server, the same
 * stream, default options on both sides. Prints the ratios as JSON.
 *
 * @module
 */
import { connectNats, createListener, createPublisher, defineEvent } from "@glam/shared/messaging";
import { AckPolicy, jetstream, jetstreamManager, type JsMsg } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import process from "node:process";
import * as z from "zod";
import { medianRatio, takeTurns } from "../_statistics.ts";

const ROUNDS = 7;
const MESSAGES = 30_000;
const KEYS = 1000;

const ThingDone = defineEvent("evt.bench.thing.done.v1", z.object({ id: z.int(), owner: z.string() }));
const servers = process.argv.at(-1)!;
let serial = 0;

/** Messages in a millisecond by the client alone. */
async function consumeRaw(concurrency: number): Promise<number> {
  const connection = await connect({ servers });
  const name = `raw${serial++}`;
  const manager = await jetstreamManager(connection);
  const filter = { filter_subject: ThingDone.subject, max_ack_pending: 20_000 };
  await manager.consumers.add("GLAM_EVENTS", {
    durable_name: name,
    ack_policy: AckPolicy.Explicit,
    ...filter,
  });
  const consumer = await jetstream(connection).consumers.get("GLAM_EVENTS", name);
  const decoder = new TextDecoder();
  let [running, handled] = [0, 0];
  let wake: (() => void) | undefined;
  const handle = async (message: JsMsg) => {
    const event = JSON.parse(decoder.decode(message.data));
    await work(event.data);
    message.ack();
  };
  const since = performance.now();
  for await (const message of await consumer.consume()) {
    if (concurrency === 1) {
      await handle(message);
    } else {
      if (running === concurrency) await new Promise<void>((resolve) => wake = resolve);
      running++;
      handle(message).then(() => {
        running--;
        wake?.();
        wake = undefined;
      });
    }
    if (++handled === MESSAGES) break;
  }
  const rate = MESSAGES / (performance.now() - since);
  await connection.drain();
  await manager.consumers.delete("GLAM_EVENTS", name).catch(() => {});
  return rate;
}

/** Messages in a millisecond by a listener. */
async function listen(concurrency: number, isKeyed = false): Promise<number> {
  await using bus = await connectNats({ servers });
  const { promise, resolve } = Promise.withResolvers<void>();
  let handled = 0;
  await using listener = createListener(bus, {
    service: "bench",
    queueGroup: `own${serial++}`,
    events: [ThingDone],
    concurrency,
    keyOf: isKeyed ? (event) => event.data.owner : undefined,
    async handle({ data }) {
      await work(data);
      if (++handled === MESSAGES) resolve();
    },
  });
  const since = performance.now();
  await listener.start();
  await promise;
  return MESSAGES / (performance.now() - since);
}

async function work(_data: unknown): Promise<void> {
  await Promise.resolve();
}

{
  await using bus = await connectNats({ servers });
  const publisher = createPublisher(bus, { service: "bench" });
  for (let i = 0; i < MESSAGES; i += 250) {
    await Promise.all(
      Array.from(
        { length: 250 },
        (_, j) => publisher.publish(ThingDone, { id: i + j, owner: `owner-${(i + j) % KEYS}` }),
      ),
    );
  }
}
await Promise.all([consumeRaw(1), listen(1)]); // warm
const rates = await takeTurns(ROUNDS, {
  raw1: () => consumeRaw(1),
  one: () => listen(1),
  raw64: () => consumeRaw(64),
  many: () => listen(64),
  keyed: () => listen(64, true),
});
console.log(JSON.stringify({
  one: medianRatio(rates.one, rates.raw1),
  many: medianRatio(rates.many, rates.raw64),
  keyed: medianRatio(rates.keyed, rates.raw64),
  perSecond: 1000 * rates.many.toSorted((a, b) => a - b)[ROUNDS >> 1]!,
}));
process.exit(0);
