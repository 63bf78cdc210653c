import assert from "node:assert/strict";
import { it } from "node:test";
import {
  createListener,
  createManualClock,
  createMemoryBus,
  defineEvent,
  Streams,
} from "@glam/shared/messaging";
import { createMetrics } from "@glam/shared/metrics";
import * as z from "zod";

const Numbered = defineEvent("evt.test.numbered.v1", z.object({ n: z.int() }));
const silent = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };
const LIFE_MS = 120_000;
const HOUR_MS = 3_600_000;

it("a listener warns at half of the life of its oldest event, counts what expires, and is degraded for an hour", async () => {
  const clock = createManualClock();
  let skipped = 0; // time that passes without the timers in it
  const now = () => clock.now() + skipped;
  await using bus = createMemoryBus({ clock: { now, setTimer: clock.setTimer } });
  await bus.ensureStream({ name: Streams.EVENTS, subjects: ["evt.>", "cmd.>"], maxAgeMs: LIFE_MS });
  const metrics = createMetrics({ service: "ledger" });
  const listener = createListener(bus, {
    service: "ledger",
    queueGroup: "summary",
    events: [Numbered],
    prefetch: 2,
    ackWaitMs: 60_000,
    maxHandlerMs: 10 * LIFE_MS,
    graceMs: 0,
    logger: silent,
    metrics,
    handle: () => new Promise(() => {}), // hangs: nothing else is handled
  });
  const starting = listener.start();
  await clock.advance(10);
  await starting;
  for (let n = 1; n <= 10; n++) {
    const event = { event_id: `e${n}`, timestamp: new Date(clock.now()).toISOString(), data: { n } };
    await bus.publish({ subject: Numbered.subject, data: JSON.stringify(event) });
  }
  const advance = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 1000) await clock.advance(1000);
  };
  const expired = async () =>
    Number(/^messages_expired_total\{.*\} (\d+)$/m.exec((await metrics.expose()).body)?.[1]);

  await advance(LIFE_MS / 4);
  assert.equal((await listener.health()).status, "healthy");
  await advance(LIFE_MS / 3);
  const { status, reasons, consumers } = await listener.health();
  assert.equal(status, "degraded");
  assert.match(reasons.join(), /has lived more than half of its time/);
  assert.ok(consumers[0]!.oldest_age_seconds! > LIFE_MS / 2000);
  assert.equal(await expired(), 0);

  await advance(LIFE_MS / 2);
  assert.equal((await listener.health()).status, "degraded");
  assert.match((await listener.health()).reasons.join(), /expired before they were handled: 7$/);
  // Three were delivered: the one that hangs, and the two that are prefetched.
  assert.equal(await expired(), 7);
  assert.equal((await listener.health()).consumers[0]!.expired_at_most, undefined);

  skipped = HOUR_MS - LIFE_MS;
  assert.equal((await listener.health()).status, "degraded");
  skipped = HOUR_MS;
  assert.deepEqual((await listener.health()).reasons, []);
  skipped = 0;
  const stopping = listener.stop();
  await clock.advance(5000);
  await stopping;
});
