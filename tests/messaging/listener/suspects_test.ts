// Messages that were delivered so often that one of them seems to kill processes.
import assert from "node:assert/strict";
import { it } from "node:test";
import {
  createListener,
  createManualClock,
  createMemoryBus,
  defineEvent,
  type MessageBus,
  STREAM_CONFIGS,
  Streams,
} from "@glam/shared/messaging";
import * as z from "zod";

const Numbered = defineEvent("evt.test.numbered.v1", z.object({ n: z.int() }));
const silent = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };
const ACK_WAIT_MS = 30_000;

async function publish(bus: MessageBus, n: number): Promise<void> {
  const event = { event_id: `e${n}`, timestamp: new Date().toISOString(), data: { n } };
  await bus.publish({ subject: Numbered.subject, data: JSON.stringify(event) });
}

/** An object with other methods in place of its own. */
function instead<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get(_, key) {
      const value = Reflect.get(methods, key) ?? Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** What a listener does with 1, 2 and 3 that come to it together, each for the nth time. */
async function stepsOf({ delivery }: { readonly delivery: number }): Promise<string[]> {
  const clock = createManualClock();
  await using bus = createMemoryBus({ clock });
  for (const config of STREAM_CONFIGS) await bus.ensureStream(config);
  for (const n of [1, 2, 3]) await publish(bus, n);
  const name = "test-suspects-evt_test_numbered_v1";
  const consumer = await bus.consumer({ stream: Streams.EVENTS, name, filterSubject: Numbered.subject });
  // Processes that die leave them to the end of the ack wait.
  let deliveries = 0;
  const dying = consumer.subscribe({
    expiresMs: 10 * ACK_WAIT_MS,
    onEnd() {},
    onDelivery: () => void deliveries++,
  });
  dying.pull(3 * (delivery - 1));
  await clock.advance((delivery - 2) * ACK_WAIT_MS);
  assert.equal(deliveries, 3 * (delivery - 1));
  dying.close();

  const steps: string[] = [];
  const watched = instead<MessageBus>(bus, {
    flush() {
      steps.push("flush");
      return bus.flush();
    },
    async consumer(...args) {
      const consumer = await bus.consumer(...args);
      return instead(consumer, {
        subscribe(options) {
          const subscription = consumer.subscribe(options);
          // As with a server: what is on its way still comes.
          return instead(subscription, { drain: () => Promise.resolve().then(() => subscription.drain()) });
        },
      });
    },
  });
  const listener = createListener(watched, {
    service: "test",
    queueGroup: "suspects",
    events: [Numbered],
    concurrency: 3,
    logger: silent,
    handle: ({ data }) => void steps.push(`run ${data.n}`),
  });
  await listener.start();
  await publish(bus, 4); // after one that is above suspicion it asks for many
  await clock.advance(ACK_WAIT_MS);
  assert.equal((await consumer.info())?.ackPending, 0);
  const found = [...steps];
  await listener.stop();
  return found;
}

it("messages run alone that seem to kill, each when the server knows of those before it", async () => {
  assert.deepEqual(await stepsOf({ delivery: 4 }), [
    "run 4",
    ...["flush", "run 1"],
    ...["flush", "run 2"],
    ...["flush", "run 3"],
  ]);
});

it("what came behind a message that kills its process comes before it the next time", async () => {
  const runs = (await stepsOf({ delivery: 5 })).filter((step) => step.startsWith("run"));
  assert.deepEqual(runs, ["run 4", "run 3", "run 2", "run 1"]);
});
