import assert from "node:assert/strict";
import * as z from "zod";
import { getContext, runWithContext } from "../context/storage.ts";
import { MessageBusError } from "../errors/infrastructure.ts";
import { ContractError } from "../errors/common.ts";
import { createPublisher } from "../messaging/publisher/create_publisher.ts";
import { defineEvent, type EventContract } from "../messaging/contract/define_event.ts";
import { decodeEvent, type GlamEvent } from "../messaging/contract/event.ts";
import type { StoredMessage } from "../messaging/bus/stream.ts";
import type { It } from "./_listener_delivery_conformance.ts";
import { type BusUnderTest, Listening, Named, Numbered } from "./_listening.ts";

/** Tests of publishing. */
export function publishConformance(it: It, create: () => Promise<BusUnderTest>): void {
  const test = (name: string, fn: (t: Listening) => Promise<void>) =>
    it(name, async () => {
      await using t = new Listening(await create());
      await fn(t);
    });
  const service = "conformance";

  test("publish resolves with what the stream says, and the stream has the event", async (t) => {
    const publisher = createPublisher(t.bus, { service });
    const first = await t.pass(publisher.publish(Numbered, { n: 1 }));
    const second = await t.pass(publisher.publish(Numbered, { n: 2 }));
    assert.deepEqual([first.stream, first.seq, first.duplicate], [t.events.name, 1, false]);
    assert.equal(second.seq, 2);
    const stored = await t.bus.readMessage(t.events.name, { sequence: 2 });
    assert.equal(stored?.subject, Numbered.subject);
    const { event } = decodeEvent(Numbered, stored!.data);
    assert.deepEqual(event?.data, { n: 2 });
    assert.equal(event?.event_id, second.eventId);
    assert.equal(event?.event_type, Numbered.subject);
    assert.equal(event?.source_service, service);
    assert.deepEqual(event?.metadata, {});
  });

  test("publish with the id of an earlier event stores nothing, and says duplicate", async (t) => {
    const publisher = createPublisher(t.bus, { service });
    const eventId = crypto.randomUUID();
    const first = await t.pass(publisher.publish(Numbered, { n: 1 }, { eventId }));
    const again = await t.pass(publisher.publish(Numbered, { n: 1 }, { eventId }));
    assert.deepEqual([again.seq, again.duplicate], [first.seq, true]);
    assert.equal((await t.bus.streamInfo(t.events.name))?.messages, 1);
  });

  test("publish with one idempotency key stores one event of each type", async (t) => {
    const publisher = createPublisher(t.bus, { service });
    const idempotencyKey = "SHOPIFY_ORDER_7";
    const results = [
      await t.pass(publisher.publish(Numbered, { n: 1 }, { idempotencyKey })),
      await t.pass(publisher.publish(Numbered, { n: 2 }, { idempotencyKey })),
      await t.pass(publisher.publish(Named, { name: "Ada" }, { idempotencyKey })),
    ];
    assert.deepEqual(results.map(({ duplicate }) => duplicate), [false, true, false]);
    assert.equal((await t.bus.streamInfo(t.events.name))?.messages, 2);
  });

  test("publish of data that break the contract rejects, and nothing leaves", async (t) => {
    const publisher = createPublisher(t.bus, { service });
    await t.pass(publisher.publish(Numbered, { n: 1 }));
    await assert.rejects(publisher.publish(Numbered, { n: 1.5 }), (error) => {
      assert.ok(error instanceof ContractError);
      assert.deepEqual([error.status, error.code], [500, "CONTRACT_ERROR"]);
      const [issue] = error.details["validation_errors"] as { field: string }[];
      assert.equal(issue?.field, "data.n");
      return true;
    });
    assert.equal((await t.bus.streamInfo(t.events.name))?.messages, 1);
  });

  test("publish to a subject that no stream covers rejects with no_stream", async (t) => {
    const publisher = createPublisher(t.bus, { service, ensureStreams: false });
    await t.bus.ensureStream({ name: "OTHER", subjects: ["other.>"] });
    await assert.rejects(t.pass(publisher.publish(Numbered, { n: 1 })), isBusError("no_stream", false));
  });

  test("a message that another stream than the expected one has stored rejects with no_stream", async (t) => {
    await t.bus.ensureStream(t.events);
    const message = { subject: Numbered.subject, data: "{}", stream: "OTHER" };
    await assert.rejects(t.bus.publish(message), isBusError("no_stream", false));
  });

  test("a stored message has no header of the broker but its id", async (t) => {
    await t.bus.ensureStream(t.events);
    const { subject } = Numbered;
    const { seq } = await t.bus.publish({ subject, data: "{}", stream: t.events.name, id: "id_1" });
    const stored = await t.bus.readMessage(t.events.name, { sequence: seq });
    assert.deepEqual([...stored!.headers], [["Nats-Msg-Id", "id_1"]]);
  });

  test("publish of more than the broker takes rejects with too_large", async (t) => {
    const Large = defineEvent("evt.conformance.large.v1", z.object({ text: z.string() }));
    const publisher = createPublisher(t.bus, { service });
    const text = "x".repeat(t.bus.maxPayloadBytes);
    await assert.rejects(t.pass(publisher.publish(Large, { text })), isBusError("too_large", false));
    assert.equal((await t.bus.streamInfo(t.events.name))?.messages, 0);
    // In characters it is under the limit, in bytes over it.
    const accents = "é".repeat(t.bus.maxPayloadBytes * 0.6);
    await assert.rejects(t.pass(publisher.publish(Large, { text: accents })), isBusError("too_large", false));
  });

  test("publish leaves the caller's headers as they are, and keeps their order and case", async (t) => {
    const publisher = createPublisher(t.bus, { service });
    const headers: [string, string][] = [["X-Tenant", "m_1"], ["x-Tag", "a"], ["x-Tag", "b"]];
    await t.pass(publisher.publish(Numbered, { n: 1 }, { headers }));
    assert.deepEqual(headers, [["X-Tenant", "m_1"], ["x-Tag", "a"], ["x-Tag", "b"]]);
    const record = Object.freeze({ "X-Tenant": "m_2" });
    const second = await t.pass(publisher.publish(Numbered, { n: 2 }, { headers: record }));
    assert.equal(second.duplicate, false);
    const stored = await t.bus.readMessage(t.events.name, { sequence: 1 });
    const kept = [...stored!.headers].filter(([name]) => /^x-t/i.test(name));
    assert.deepEqual(kept, headers);
  });

  for (
    const [what, headers] of [
      ["a Nats- header", { "nats-rollup": "all" }],
      ["a line break in a value", { "X-Note": "a\r\nNats-Rollup: all" }],
      ["a line feed in a value", { "X-Note": "a\nb" }],
      ["a colon in a name", { "X:Note": "a" }],
      ["a line break in a name", { "X\r\nNote": "a" }],
    ] as [string, Record<string, string>][]
  ) {
    test(`publish refuses ${what}`, async (t) => {
      const publisher = createPublisher(t.bus, { service });
      await assert.rejects(t.pass(publisher.publish(Numbered, { n: 1 }, { headers })), TypeError);
      await assert.rejects(
        t.bus.publish({ subject: Numbered.subject, data: "{}", headers: Object.entries(headers) }),
        TypeError,
      );
      assert.equal((await t.bus.streamInfo(t.events.name))?.messages ?? 0, 0);
    });
  }

  test("publish refuses the headers of dead letters", async (t) => {
    const publisher = createPublisher(t.bus, { service });
    for (const headers of [{ "glam-dlq-message-id": "x" }, [["Glam-Dlq-Redrive-Count", "1"]] as const]) {
      await assert.rejects(t.pass(publisher.publish(Numbered, { n: 1 }, { headers })), TypeError);
    }
    assert.equal((await t.bus.streamInfo(t.events.name))?.messages ?? 0, 0);
  });

  test("publish refuses a line break in an idempotency key", async (t) => {
    const publisher = createPublisher(t.bus, { service });
    const idempotencyKey = "a\r\nNats-Rollup: all";
    await assert.rejects(t.pass(publisher.publish(Numbered, { n: 1 }, { idempotencyKey })), TypeError);
  });

  test("publish carries the ids and the trace of the request that it happens in", async (t) => {
    const publisher = createPublisher(t.bus, { service });
    const init = {
      service,
      correlationId: "corr_1",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      tracestate: "vendor=a,other=b",
      baggage: "tenant=m_1",
    };
    await runWithContext(init, async () => {
      assert.equal(getContext()?.correlationId, "corr_1");
      await t.pass(publisher.publish(Numbered, { n: 1 }, { metadata: { reason: "test" } }));
    });
    const stored = await t.bus.readMessage(t.events.name, { sequence: 1 });
    const { event } = decodeEvent(Numbered, stored!.data);
    assert.equal(event?.correlation_id, "corr_1");
    assert.deepEqual(event?.metadata, { reason: "test" });
    assert.equal(stored?.headers.get("x-correlation-id"), "corr_1");
    assert.equal(stored?.headers.get("content-type"), "application/json");
    assert.match(
      stored?.headers.get("traceparent") ?? "",
      /^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/,
    );
    assert.equal(stored?.headers.get("tracestate"), "vendor=a,other=b");
    assert.equal(stored?.headers.get("baggage"), "tenant=m_1");
  });

  test("publish outside of a request makes a correlation id and a trace", async (t) => {
    const publisher = createPublisher(t.bus, { service });
    await t.pass(publisher.publish(Numbered, { n: 1 }));
    const stored = await t.bus.readMessage(t.events.name, { sequence: 1 });
    assert.match(stored?.headers.get("X-Correlation-ID") ?? "", /^corr_[0-9a-f]{12}$/);
    assert.match(stored?.headers.get("traceparent") ?? "", /^00-[0-9a-f]{32}-[0-9a-f]{16}-0\d$/);
  });

  test("publish sends what the schema makes of the data, defaults included", async (t) => {
    const Stamped: EventContract<{ at: string }, { at?: string | undefined }> = defineEvent(
      "evt.conformance.stamped.v1",
      z.object({ at: z.string().default("now") }),
    );
    await t.pass(createPublisher(t.bus, { service }).publish(Stamped, {}));
    const stored = await t.bus.readMessage(t.events.name, { sequence: 1 });
    assert.deepEqual(bodyOf(stored).data, { at: "now" });
  });

  test("publish keeps text of every script as it is", async (t) => {
    const name = 'ΩЖ漢字🎉 "quoted" \\ \u2028 \u0000';
    await t.pass(createPublisher(t.bus, { service }).publish(Named, { name }));
    const stored = await t.bus.readMessage(t.events.name, { sequence: 1 });
    assert.deepEqual(bodyOf(stored).data, { name });
  });

  test("publish refuses a correlation id that no other message or request could carry on", async (t) => {
    const publisher = createPublisher(t.bus, { service });
    for (const correlationId of ["", "a b", "a\nb", "日本", "x".repeat(129), 7 as unknown as string]) {
      await assert.rejects(publisher.publish(Named, { name: "a" }, { correlationId }), TypeError);
    }
    assert.equal((await t.bus.streamInfo(t.events.name))?.messages ?? 0, 0);
  });

  test("publishMany stores all, in order, with at most inFlight on their way", async (t) => {
    let underWay = 0;
    let most = 0;
    const counting = new Proxy(t.bus, {
      get(target, name) {
        const value = Reflect.get(target, name, target);
        if (name !== "publish") return typeof value === "function" ? value.bind(target) : value;
        return async (...args: Parameters<typeof target.publish>) => {
          most = Math.max(most, ++underWay);
          await new Promise((resolve) => setTimeout(resolve, 0));
          try {
            return await target.publish(...args);
          } finally {
            underWay--;
          }
        };
      },
    });
    const publisher = createPublisher(counting, { service });
    const data = Array.from({ length: 100 }, (_, n) => ({ n }));
    const results = await t.pass(publisher.publishMany(Numbered, data, { inFlight: 8 }));
    assert.equal(results.length, 100);
    assert.equal(most, 8);
    const numbers = await Promise.all(results.map(async ({ seq }) => {
      return (bodyOf(await t.bus.readMessage(t.events.name, { sequence: seq })).data as { n: number }).n;
    }));
    assert.deepEqual(numbers, data.map(({ n }) => n));
  });

  test("publishMany stops after a failure, and its keys make it safe to do again", async (t) => {
    const publisher = createPublisher(t.bus, { service });
    const data = [{ n: 1 }, { n: 2 }, { n: 3.5 }, { n: 4 }, { n: 5 }];
    const options = { inFlight: 1, idempotencyKeyOf: ({ n }: { n: number }) => `key-${Math.floor(n)}` };
    await assert.rejects(t.pass(publisher.publishMany(Numbered, data, options)), ContractError);
    assert.equal((await t.bus.streamInfo(t.events.name))?.messages, 2);
    data[2] = { n: 3 };
    const results = await t.pass(publisher.publishMany(Numbered, data, options));
    assert.deepEqual(results.map(({ duplicate }) => duplicate), [true, true, false, false, false]);
    assert.equal((await t.bus.streamInfo(t.events.name))?.messages, 5);
  });

  test("publish on a closed bus rejects at once", async (t) => {
    const publisher = createPublisher(t.bus, { service });
    await t.bus.close();
    assert.equal(t.bus.connected, false);
    await assert.rejects(t.pass(publisher.publish(Numbered, { n: 1 })), isBusError("unavailable", true));
    await assert.rejects(
      t.bus.publish({ subject: Numbered.subject, data: "{}" }),
      isBusError("unavailable", true),
    );
  });

  test("a stream that is full refuses new messages with stream_full, and loses none", async (t) => {
    await t.bus.ensureStream({ name: "SMALL", subjects: ["small.>"], maxMessages: 2, discard: "new" });
    await t.bus.publish({ subject: "small.a", data: "1" });
    await t.bus.publish({ subject: "small.a", data: "2" });
    await assert.rejects(t.bus.publish({ subject: "small.a", data: "3" }), isBusError("stream_full", true));
    assert.equal((await t.bus.streamInfo("SMALL"))?.messages, 2);
    assert.equal(await t.bus.deleteMessage("SMALL", 1), true);
    assert.equal((await t.bus.publish({ subject: "small.a", data: "3" })).duplicate, false);
  });
}

function bodyOf(stored: StoredMessage | undefined): GlamEvent {
  return JSON.parse(new TextDecoder().decode(stored!.data));
}

/** A predicate for `assert.rejects`: a `MessageBusError` of this kind. */
export function isBusError(kind: string, retryable: boolean): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof MessageBusError, String(error));
    assert.deepEqual([error.kind, error.retryable], [kind, retryable], error.message);
    return true;
  };
}
