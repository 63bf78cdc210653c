// Listens to as many messages as it is told, and prints its heap after a tenth of them and after all, in bytes.
import process from "node:process";
import { connectNats, createListener, defineEvent } from "@glam/shared/messaging";
import * as z from "zod";

const { gc } = globalThis as unknown as { gc(): void };
const [servers, total] = [process.argv.at(-2)!, Number(process.argv.at(-1))];
const Numbered = defineEvent("evt.test.numbered.v1", z.object({ n: z.int() }));

const bus = await connectNats({ servers });
const done = Promise.withResolvers<void>();
const heap = () => {
  gc();
  return process.memoryUsage().heapUsed;
};
let handled = 0;
let before = 0;
const listener = createListener(bus, {
  service: "test",
  queueGroup: "heap",
  events: [Numbered],
  concurrency: 16,
  keyOf: ({ data }) => data.n % 1000,
  async handle() {
    await Promise.resolve();
    if (++handled === total / 10) before = heap();
    if (handled === total) done.resolve();
  },
});
await listener.start();
await done.promise;
const after = heap();
await listener.stop();
await bus.close();
console.log(JSON.stringify({ before, after }));
process.exit(0);
