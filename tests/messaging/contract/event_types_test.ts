import assert from "node:assert/strict";
import { it } from "node:test";
import {
  createListener,
  createMemoryBus,
  createPublisher,
  CreditDeducted,
  type CreditDeductedPayload,
  defineEvent,
  type EventContract,
} from "@glam/shared/messaging";
import * as z from "zod";
import { waitFor } from "../../_support/wait_for.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
function expectType<_ extends true>(): void {}

const Placed = defineEvent("evt.test.placed.v1", z.object({ total: z.int() }));
const Renamed = defineEvent("evt.test.renamed.v1", z.object({ name: z.string() }));

it("a handler of several events tells them apart by their type, and their data with them", async () => {
  await using bus = createMemoryBus();
  const seen: unknown[] = [];
  await using listener = createListener(bus, {
    service: "test",
    queueGroup: "types",
    events: [Placed, Renamed, CreditDeducted],
    keyOf: (event) => event.event_type === Placed.subject ? event.data.total : undefined,
    handle({ event }) {
      // @ts-expect-error: of which event is not known
      void event.data.total;
      expectType<
        Equal<
          typeof event.event_type,
          "evt.test.placed.v1" | "evt.test.renamed.v1" | "evt.credit.deducted.v1"
        >
      >();
      if (event.event_type === Placed.subject) {
        expectType<Equal<typeof event.data, { total: number }>>();
        seen.push(event.data.total);
        return;
      }
      switch (event.event_type) {
        case Renamed.subject:
          expectType<Equal<typeof event.data, { name: string }>>();
          seen.push(event.data.name);
          break;
        case CreditDeducted.subject:
          expectType<Equal<typeof event.data, CreditDeductedPayload>>();
          break;
        default:
          event satisfies never;
      }
    },
  });
  await listener.start();
  const publisher = createPublisher(bus, { service: "test" });
  await publisher.publish(Renamed, { name: "a" });
  await publisher.publish(Placed, { total: 7 });
  // Another client may write what it wants; the subject is what counts.
  const event = {
    event_id: "e1",
    event_type: "placed",
    timestamp: "2026-01-01T00:00:00Z",
    data: { total: 8 },
  };
  await bus.publish({ subject: Placed.subject, data: JSON.stringify(event) });
  await waitFor(() => seen.length === 3, "all are handled");
  assert.deepEqual(new Set(seen), new Set(["a", 7, 8]));
});

it("a contract carries its subject, and fits where any contract does", () => {
  expectType<Equal<typeof Placed.subject, "evt.test.placed.v1">>();
  const plain: EventContract<{ total: number }> = Placed;
  const made: string = "evt.test.made.v1";
  const Made = defineEvent(made, z.object({}));
  expectType<Equal<typeof Made.subject, string>>();
  assert.equal(plain.subject, "evt.test.placed.v1");
});
