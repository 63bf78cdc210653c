/**
 * How long a listener takes to handle again after its server was restarted, and after its consumer was deleted. Prints
 * milliseconds as JSON.
 *
 * @module
 */
import {
  connectNats,
  createListener,
  createPublisher,
  defineEvent,
  type MessageBus,
  Streams,
} from "@glam/shared/messaging";
import process from "node:process";
import * as z from "zod";
import { type NatsServer, startNats } from "../../tests/_support/nats_server.ts";
import { median } from "../_statistics.ts";

const ROUNDS = 5;
const Ticked = defineEvent("evt.bench.ticked.v1", z.object({ n: z.int() }));
const silent = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };

let handledAt: ((n: number) => void) | undefined;
let next = 0;

async function measure(server: NatsServer, bus: MessageBus, durable: string) {
  const publisher = createPublisher(bus, { service: "bench", timeoutMs: 500 });
  /** Publishes until one is stored, and waits until it is handled. */
  const tick = async () => {
    const n = next++;
    const handled = new Promise<void>((resolve) => handledAt = (seen) => seen === n && resolve());
    const since = performance.now();
    for (;;) {
      try {
        await publisher.publish(Ticked, { n }, { idempotencyKey: String(n) });
        break;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
    const published = performance.now() - since;
    await handled;
    return { published, handled: performance.now() - since };
  };
  const restarts: { published: number; handled: number }[] = [];
  const deletions: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await tick();
    await server.kill9();
    await server.restart();
    restarts.push(await tick());
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await bus.deleteConsumer(Streams.EVENTS, durable);
    deletions.push((await tick()).handled);
  }
  return {
    published: median(restarts.map(({ published }) => published)),
    consumed: median(restarts.map(({ handled }) => handled)),
    deleted: median(deletions),
  };
}

await using server = await startNats({ accounts: false });
await using bus = await connectNats({ servers: server.url });
const listener = createListener(bus, {
  service: "bench",
  queueGroup: "recovery",
  events: [Ticked],
  logger: silent,
  handle: ({ data }) => handledAt?.(data.n),
});
await listener.start();
console.log(JSON.stringify(await measure(server, bus, listener.durables.get(Ticked.subject)!)));
await listener.stop();
await bus.close();
await server.stop();
process.exit(0);
