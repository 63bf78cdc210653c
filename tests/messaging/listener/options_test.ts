import assert from "node:assert/strict";
import { it } from "node:test";
import { createListener, createMemoryBus, defineEvent, type ListenerOptions } from "@glam/shared/messaging";
import * as z from "zod";

const One = defineEvent("evt.test.one.v1", z.object({ n: z.int() }));
const Two = defineEvent("evt.test.two.v1", z.object({ name: z.string() }));

function create(options: Partial<ListenerOptions<[typeof One], undefined>>): () => unknown {
  return () =>
    createListener(createMemoryBus(), {
      service: "ledger",
      queueGroup: "summary",
      events: [One],
      handle() {},
      ...options,
    });
}

it("a listener refuses two events that would share a durable consumer", () => {
  const dashed = defineEvent("evt.test.a_b", z.object({ n: z.int() }));
  const dotted = defineEvent("evt.test.a.b", z.object({ n: z.int() }));
  assert.throws(create({ events: [dashed, dotted] as never }), {
    name: "TypeError",
    message: 'Cannot listen to "evt.test.a_b" and "evt.test.a.b" in one queue group: ' +
      'both need the durable consumer "ledger-summary-evt_test_a_b"',
  });
  assert.throws(create({ events: [One, One] as never }), /each event once, got "evt.test.one.v1" twice/);
  assert.throws(create({ events: [] as never }), /at least one event/);
});

it("a listener refuses names that no durable consumer can have", () => {
  assert.throws(create({ service: "my service" }), /Expected `service` to be a name of letters/);
  assert.throws(create({ queueGroup: "a.b" }), /Expected `queueGroup` to be a name of letters/);
  const odd = defineEvent("evt.test.ä", z.object({ n: z.int() }));
  assert.throws(create({ events: [odd] as never }), /is not a valid durable name/);
});

it("a listener refuses numbers out of their range, and says what it expected", () => {
  assert.throws(create({ concurrency: 0 }), {
    name: "RangeError",
    message: "Expected `concurrency` to be a whole number from 1 to 10000, got 0",
  });
  assert.throws(create({ maxAttempts: 1.5 }), RangeError);
  assert.throws(create({ ackWaitMs: 50 }), RangeError);
  assert.throws(create({ backoffMs: [] }), /`backoffMs` to have a delay/);
  assert.throws(create({ backoffMs: [1, -1] }), /`backoffMs\[1\]`/);
  assert.throws(create({ prefetch: 0 }), RangeError);
  assert.throws(create({ graceMs: -1 }), RangeError);
  assert.throws(create({ handle: undefined as never }), /Expected `handle` to be a function/);
  assert.throws(create({ middleware: [null as never] }), /`middleware\[0\]` to be a function, got null/);
});

it("a listener says before its start and after its stop that it does not listen", async () => {
  await using bus = createMemoryBus();
  const listener = createListener(bus, {
    service: "ledger",
    queueGroup: "summary",
    events: [One, Two],
    handle({ event }) {
      // Each event has the data of its contract.
      const data: { n: number } | { name: string } = event.data;
      return data;
    },
  });
  assert.deepEqual((await listener.health()).reasons, ["The listener was not started"]);
  await listener.stop();
  await listener.finished;
  assert.deepEqual((await listener.health()).reasons, ["The listener was stopped"]);
  await assert.rejects(listener.start(), TypeError);
});
