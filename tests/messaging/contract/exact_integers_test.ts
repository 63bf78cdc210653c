import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  asyncapi,
  createListener,
  createMemoryBus,
  createPublisher,
  createResponder,
  decodeEvent,
  defineEvent,
  defineRequest,
  ensureStreams,
  type MessageBus,
  sendRequest,
  Streams,
} from "@glam/shared/messaging";
import * as z from "zod";
import { waitFor } from "../../_support/wait_for.ts";

const BEYOND = 2n ** 53n + 1n; // the first that a number cannot hold
const HUGE = -(10n ** 30n);

/** An event as Python writes it, with `data` as text. */
function written(data: string): Uint8Array {
  return new TextEncoder().encode(
    `{"event_id": "e1", "event_type": "evt.x.y.v1", "timestamp": "2026-01-01T00:00:00Z", "data": ${data}}`,
  );
}

/** What a contract of this schema reads from the data. */
function read(schema: z.ZodType, data: string): unknown {
  const { event, error } = decodeEvent(defineEvent("evt.x.y.v1", schema), written(data));
  return error === undefined ? event.data : error.details["validation_errors"];
}

describe("an integer of an event", () => {
  it("is a bigint where the schema wants one, of any size", () => {
    const schema = z.object({
      id: z.bigint(),
      maybe: z.bigint().nullish(),
      list: z.array(z.bigint()),
      of: z.record(z.string(), z.object({ n: z.bigint().min(0n) })),
      either: z.union([z.string(), z.object({ n: z.bigint() })]),
    });
    const data =
      `{"id": ${BEYOND}, "maybe": 7, "list": [1, ${HUGE}], "of": {"a": {"n": 0}}, "either": {"n": 3}}`;
    assert.deepEqual(read(schema, data), {
      id: BEYOND,
      maybe: 7n,
      list: [1n, HUGE],
      of: { a: { n: 0n } },
      either: { n: 3n },
    });
    assert.equal(read(z.bigint(), String(BEYOND)), BEYOND);
    assert.deepEqual(read(z.object({ id: z.coerce.bigint() }), `{"id": ${BEYOND}}`), { id: BEYOND });
  });

  it("is refused where the schema wants a number and it would be rounded", () => {
    for (const schema of [z.object({ id: z.number() }), z.object({ id: z.int() })]) {
      const [problem, ...rest] = read(schema, `{"id": ${BEYOND}}`) as { field: string; message: string }[];
      assert.deepEqual([problem!.field, rest.length], ["data.id", 0]);
      assert.match(problem!.message, /received bigint/);
      assert.deepEqual(read(schema, `{"id": ${2n ** 53n - 1n}}`), { id: Number.MAX_SAFE_INTEGER });
    }
  });

  it("is kept exactly where the schema leaves it open", () => {
    const open = z.object({ payload: z.record(z.string(), z.unknown()) });
    const data =
      `{"payload": {"id": ${BEYOND}, "n": 7, "text": "12345678901234567890", "f": 1.5e300, "g": 1e22}}`;
    assert.deepEqual(read(open, data), {
      payload: { id: BEYOND, n: 7, text: "12345678901234567890", f: 1.5e300, g: 1e22 },
    });
  });

  it("does not make a bigint of what is no integer", () => {
    for (const value of ["1.5", '"7"', "true", "1e400", "[]"]) {
      assert.ok(Array.isArray(read(z.object({ id: z.bigint() }), `{"id": ${value}}`)), value);
    }
  });
});

describe("a bigint", () => {
  const Counted = defineEvent("evt.shop.counted.v1", z.object({ id: z.bigint(), n: z.int() }));

  async function start(): Promise<MessageBus> {
    const bus = createMemoryBus();
    await ensureStreams(bus);
    return bus;
  }

  it("is published as an integer, and comes back as it was", async () => {
    await using bus = await start();
    const seen: unknown[] = [];
    await using listener = createListener(bus, {
      service: "shop",
      queueGroup: "count",
      events: [Counted],
      handle: ({ data }) => void seen.push(data),
    });
    await listener.start();
    await createPublisher(bus, { service: "shop" }).publish(Counted, { id: HUGE, n: 1 });
    await waitFor(() => seen.length === 1);
    assert.deepEqual(seen, [{ id: HUGE, n: 1 }]);
    const stored = await bus.readMessage(Streams.EVENTS, { from: 1 });
    assert.match(new TextDecoder().decode(stored!.data), new RegExp(`"data":\\{"id":${HUGE},"n":1\\}`));
  });

  it("is an integer in the AsyncAPI document", () => {
    const document = JSON.stringify(asyncapi([Counted], { title: "Shop", version: "1.0.0" }));
    assert.match(document, /"id":\{"type":"integer"\}/);
  });

  it("travels in a request and its reply", async () => {
    const Double = defineRequest("rpc.shop.double", {
      request: z.object({ n: z.bigint() }),
      response: z.object({ n: z.bigint() }),
    });
    await using bus = await start();
    await using responder = createResponder(bus, { service: "shop" });
    await responder.respond(Double, ({ data }) => ({ n: data.n * 2n }));
    assert.deepEqual(await sendRequest(bus, Double, { n: BEYOND }), { n: BEYOND * 2n });
    assert.deepEqual(await sendRequest(bus, Double, { n: 2n }), { n: 4n });
  });
});
