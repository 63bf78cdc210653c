// Messages that were delivered so often that one of them seems to kill processes.
import assert from "node:assert/strict";
import { it } from "node:test";
import {
  createDeadLetters,
  createListener,
  createManualClock,
  createMemoryBus,
  defineEvent,
  type Delivery,
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

interface Scene {
  readonly delivery: number;
  readonly keyOf?: (n: number) => string | undefined;
  /** Whether the first three arrive in reverse. */
  readonly isReversed?: boolean;
}

/** What a listener does with 1, 2 and 3 that come to it together, each for the nth time. */
async function stepsOf({ delivery, keyOf, isReversed = false }: Scene): Promise<string[]> {
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
  const first: Delivery[] = [];
  const watched = instead<MessageBus>(bus, {
    flush() {
      steps.push("flush");
      return bus.flush();
    },
    async consumer(...args) {
      const consumer = await bus.consumer(...args);
      return instead(consumer, {
        subscribe(options) {
          const subscription = consumer.subscribe({
            ...options,
            onDelivery(delivery) {
              if (!isReversed || delivery.deliveryCount === 1 || first.length === 3) {
                return options.onDelivery(delivery);
              }
              first.push(delivery);
              if (first.length === 3) { for (const each of first.toReversed()) options.onDelivery(each); }
            },
          });
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
    keyOf: keyOf && (({ data }) => keyOf(data.n)),
    logger: silent,
    handle: ({ data }) => void steps.push(`run ${data.n}`),
  });
  await listener.start();
  await publish(bus, 4); // after one that is above suspicion it asks for many
  await clock.advance(ACK_WAIT_MS + 5000);
  assert.equal((await consumer.info())?.ackPending, 0);
  const found = [...steps];
  for await (const { event } of createDeadLetters(bus).list()) {
    found.push(`buried ${(event?.data as { n: number }).n}`);
  }
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

it("messages that come too often with others are buried unseen", async () => {
  const steps = (await stepsOf({ delivery: 9 })).filter((step) => step !== "flush");
  assert.deepEqual(steps, ["run 4", "buried 1", "buried 2", "buried 3"]);
});

it("messages that wait behind one of their key, which kills its process, are handled when it is buried", async () => {
  const keyOf = (n: number) => n === 4 ? undefined : "same";
  const steps = (await stepsOf({ delivery: 9, keyOf })).filter((step) => step !== "flush");
  assert.deepEqual(steps, ["run 4", "run 2", "run 3", "buried 1"]);
});

it("messages that come before the one of their key that kills its process wait until it is buried", async () => {
  const keyOf = (n: number) => n === 4 ? undefined : "same";
  const steps = await stepsOf({ delivery: 9, keyOf, isReversed: true });
  assert.deepEqual(steps.filter((step) => step !== "flush").toSorted(), [
    "buried 1",
    "run 2",
    "run 3",
    "run 4",
  ]);
});

it("a listener of two events starts, although it meets a suspect of the first before it has bound the second", async () => {
  const clock = createManualClock();
  await using bus = createMemoryBus({ clock });
  for (const config of STREAM_CONFIGS) await bus.ensureStream(config);
  await publish(bus, 1);
  const name = "test-suspects-evt_test_numbered_v1";
  const consumer = await bus.consumer({ stream: Streams.EVENTS, name, filterSubject: Numbered.subject });
  let deliveries = 0;
  const dying = consumer.subscribe({
    expiresMs: 10 * ACK_WAIT_MS,
    onEnd() {},
    onDelivery: () => void deliveries++,
  });
  dying.pull(4);
  await clock.advance(3 * ACK_WAIT_MS);
  assert.equal(deliveries, 4);
  dying.close();

  const Other = defineEvent("evt.test.other.v1", z.object({}));
  const ran: string[] = [];
  const reasons: string[] = [];
  const meets = Promise.withResolvers<void>();
  const slow = instead<MessageBus>(bus, {
    async consumer(...args) {
      const bound = await bus.consumer(...args);
      if (args[0].filterSubject === Other.subject) {
        reasons.push(...(await listener.health()).reasons);
        await meets.promise;
      }
      return bound;
    },
  });
  const listener = createListener(slow, {
    service: "test",
    queueGroup: "suspects",
    events: [Numbered, Other],
    logger: silent,
    handle({ event }) {
      ran.push(event.event_type);
      // After the turns in which the listener asks for messages again.
      setTimeout(meets.resolve, 0);
    },
  });
  const starting = listener.start();
  await clock.advance(ACK_WAIT_MS);
  await starting;
  assert.deepEqual(reasons, ["The listener is starting"]);
  await bus.publish({
    subject: Other.subject,
    data: JSON.stringify({ event_id: "e2", timestamp: new Date().toISOString(), data: {} }),
  });
  await clock.advance(10);
  assert.deepEqual(ran, [Numbered.subject, Other.subject]);
  assert.equal((await listener.health()).status, "healthy");
  await listener.stop();
});
