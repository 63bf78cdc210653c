// A replica of a listener: `replica.ts <server> <keyed|plain> <queue group> <handler ms>`. It prints how many events it has
// handled, and begins when it reads a line.
import { connectNats, createListener } from "@glam/shared/messaging";
import process from "node:process";
import { Keyed, Plain } from "./events.ts";

const [servers, kind, queueGroup, handlerMs] = process.argv.slice(-4) as [string, string, string, string];
const ms = Number(handlerMs);
const bus = await connectNats({ servers });
let handled = 0;
const listener = createListener(bus, {
  service: "bench",
  queueGroup,
  events: [kind === "keyed" ? Keyed : Plain],
  concurrency: 16,
  async handle() {
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    else await Promise.resolve();
    handled++;
  },
});
await listener.pause();
await listener.start();
const tell = () => console.log(handled);
tell();
process.stdin.once("data", () => {
  listener.resume();
  setInterval(tell, 20);
});
