// On Deno only: it takes the 20,000 unsettled messages that a consumer may have.
import assert from "node:assert/strict";
import { it } from "node:test";
import { type Clock, createListener, defineEvent, type MessageBus } from "@glam/shared/messaging";
import * as z from "zod";
import { startNats } from "../../_support/nats_server.ts";
import { waitFor } from "../../_support/wait_for.ts";
import { durableOf, endAckWait, openBus, publishNumbers } from "../_processes.ts";

const Numbered = defineEvent("evt.test.numbered.v1", z.object({ n: z.int() }));
const silent = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };
const LIMIT = 20_000;
const HOUR_MS = 3_600_000;

/** A bus on whose clock an hour passes when it is told to, and all else as on that of the machine. */
function withHours(bus: MessageBus): { readonly bus: MessageBus; pass(): void } {
  let waiting: (() => void)[] = [];
  const clock: Clock = {
    now: () => bus.clock.now(),
    setTimer(fn, ms) {
      if (ms < HOUR_MS) return bus.clock.setTimer(fn, ms);
      waiting.push(fn);
      return { cancel: () => void (waiting = waiting.filter((each) => each !== fn)) };
    },
  };
  const proxy = new Proxy(bus, {
    get(target, name) {
      if (name === "clock") return clock;
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { bus: proxy, pass: () => waiting.splice(0).forEach((fn) => fn()) };
}

it("a listener of a consumer that is at its limit waits, and goes on when there is room", async () => {
  await using server = await startNats();
  const { bus } = await openBus(server);
  await using _bus = bus;
  const hours = withHours(bus);
  let attempts = 0;
  const handled = new Set<number>();
  await using listener = createListener(hours.bus, {
    service: "test",
    queueGroup: "limit",
    events: [Numbered],
    logger: silent,
    concurrency: 64,
    backoffMs: [HOUR_MS],
    handle({ data, attempt }) {
      attempts++;
      if (attempt === 1) throw new Error("once");
      handled.add(data.n);
    },
  });
  const total = LIMIT + 1000;
  await publishNumbers(bus, 1, total);
  await listener.start();
  const consumer = await durableOf(bus, "limit");
  await waitFor(async () => (await consumer.info())?.ackPending === LIMIT, "the consumer is at its limit");
  await waitFor(() => attempts === LIMIT, "each has failed once");
  // The hour passes, for what waits in the process, and for what it has given back.
  hours.pass();
  await endAckWait(bus, consumer);
  // The last thousand fail for the first time, now that there is room.
  await waitFor(() => attempts === LIMIT + total, "they have failed, too");
  hours.pass();
  await endAckWait(bus, consumer);
  await waitFor(() => handled.size === total, "all are handled");
  assert.equal(attempts, 2 * total);
});
