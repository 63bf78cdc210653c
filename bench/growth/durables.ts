/**
 * What many durables cost one service and its server: listeners with ten events each, so that there are as many durables as
 * the first argument says. Prints JSON.
 *
 * @module
 */
import { connectNats, createListener, createPublisher, defineEvent } from "@glam/shared/messaging";
import process from "node:process";
import * as z from "zod";
import { median } from "../_statistics.ts";

const EVENTS_OF_A_LISTENER = 10;
const SAMPLES = 101;

const [servers, wanted] = process.argv.slice(-2) as [string, string];
const count = Number(wanted);
const data = z.object({ sentAt: z.number() });
const events = Array.from({ length: count }, (_, n) => defineEvent(`evt.bench.n${n}.v1`, data));
let arrived: (latencyMs: number) => void = () => {};

await using bus = await connectNats({ servers });
const listeners = Array.from({ length: count / EVENTS_OF_A_LISTENER }, (_, n) =>
  createListener(bus, {
    service: "bench",
    queueGroup: `group${n}`,
    events: events.slice(n * EVENTS_OF_A_LISTENER, (n + 1) * EVENTS_OF_A_LISTENER),
    handle: ({ data }) => arrived(performance.now() - data.sentAt),
  }));
const since = performance.now();
await Promise.all(listeners.map((listener) => listener.start()));
const startMs = performance.now() - since;

const publisher = createPublisher(bus, { service: "bench" });
const latencies: number[] = [];
for (let n = 0; n < SAMPLES; n++) {
  const { promise, resolve } = Promise.withResolvers<number>();
  arrived = resolve;
  await publisher.publish(events[n * 7 % count]!, { sentAt: performance.now() });
  latencies.push(await promise);
}
// The first one of the process warms up.
console.log(JSON.stringify({
  startMs,
  latencyMs: median(latencies.slice(1)),
  bytes: process.memoryUsage().rss,
}));
await Promise.all(listeners.map((listener) => listener.stop()));
process.exit(0);
