/**
 * A listener that starts on a durable with very many pending events: how long until the first one is handled, how fast
 * the next 100,000 are, and what memory that takes. Prints JSON. With `bind` it only makes the durable.
 *
 * @module
 */
import { connectNats, createListener } from "@glam/shared/messaging";
import process from "node:process";
import { Grown } from "./grown.ts";

const MEASURED = 100_000;

const [servers, task] = process.argv.slice(-2) as [string, "bind" | "handle"];
await using bus = await connectNats({ servers });
let handled = 0;
let [firstAt, lastAt] = [0, 0];
const measured = Promise.withResolvers<void>();
const listener = createListener(bus, {
  service: "bench",
  queueGroup: "pending",
  events: [Grown],
  concurrency: 64,
  handle() {
    handled++;
    if (handled === 1) firstAt = performance.now();
    if (handled !== MEASURED) return;
    lastAt = performance.now();
    measured.resolve();
  },
});
const bytesBefore = process.memoryUsage().rss;
const since = performance.now();
await listener.start();
if (task === "handle") await measured.promise;
const bytes = process.memoryUsage().rss;
await listener.stop();
console.log(JSON.stringify({
  firstMs: firstAt - since,
  perSecond: MEASURED / (lastAt - firstAt) * 1000,
  grownBytes: bytes - bytesBefore,
}));
process.exit(0);
