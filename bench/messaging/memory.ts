/**
 * How many messages a second go through the memory bus: published with an id and headers, stored, delivered, acknowledged.
 *
 * @module
 */
import { createMemoryBus, STREAM_CONFIGS, Streams } from "@glam/shared/messaging";
import { median } from "../_statistics.ts";

const ROUNDS = 9;
const MESSAGES = 100_000;
const IN_FLIGHT = 256;

async function round(): Promise<number> {
  await using bus = createMemoryBus();
  await bus.ensureStream(STREAM_CONFIGS[0]);
  const consumer = await bus.consumer({
    stream: Streams.EVENTS,
    name: "bench",
    filterSubject: "evt.bench.v1",
  });
  const done = Promise.withResolvers<void>();
  let delivered = 0;
  const subscription = consumer.subscribe({
    onDelivery(delivery) {
      delivery.ack();
      if (++delivered % 64 === 0) subscription.pull(64);
      if (delivered === MESSAGES) done.resolve();
    },
    onEnd() {},
  });
  subscription.pull(128);
  const since = performance.now();
  let sent = 0;
  await Promise.all(Array.from({ length: IN_FLIGHT }, async () => {
    while (sent < MESSAGES) {
      await bus.publish({
        subject: "evt.bench.v1",
        data: '{"id":1,"owner":"ada"}',
        id: `evt.bench.v1:${sent++}`,
        headers: [["Content-Type", "application/json"], ["X-Correlation-ID", "corr_0123456789ab"]],
      });
    }
  }));
  await done.promise;
  return MESSAGES / (performance.now() - since) * 1000;
}

const rates: number[] = [];
for (let i = 0; i < ROUNDS; i++) rates.push(await round());
console.log(JSON.stringify({ trips: median(rates) }));
