/**
 * One replica of a listener, for `bench/growth.ts`. Prints a line of JSON when it listens, and then how many events it has
 * handled and the memory of the process, ten times a second. Ends with SIGTERM.
 *
 * @module
 */
import { connectNats, createListener } from "@glam/shared/messaging";
import process from "node:process";
import { Grown } from "./grown.ts";

const [servers, group] = process.argv.slice(-2) as [string, string];
const bus = await connectNats({ servers });
let handled = 0;
const listener = createListener(bus, {
  service: "bench",
  queueGroup: group,
  events: [Grown],
  concurrency: 16,
  handle: () => void handled++,
});
await listener.start();
const say = () => console.log(JSON.stringify({ handled, bytes: process.memoryUsage().rss }));
say();
setInterval(say, 100);
process.on("SIGTERM", async () => {
  await listener.stop();
  await bus.close();
  process.exit(0);
});
