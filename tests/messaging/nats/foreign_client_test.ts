import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  connectNats,
  createListener,
  createPublisher,
  CreditDeducted,
  type GlamEvent,
  type MessageBus,
  Streams,
} from "@glam/shared/messaging";
import { AckPolicy, connect, type NatsConnection, StringCodec } from "nats";
import { type NatsServer, startNats } from "../../_support/nats_server.ts";
import { PATIENCE_MS } from "../../_support/wait_for.ts";

describe("a client of another package", () => {
  let server: NatsServer;
  let bus: MessageBus;
  let foreign: NatsConnection;
  before(async () => {
    server = await startNats();
    const account = server.account();
    bus = await connectNats({ servers: server.url, ...account });
    foreign = await connect({ servers: server.url, ...account });
  });
  after(async () => {
    await foreign.close();
    await bus.close();
    await server.stop();
  });

  it("reads the events that we publish", async () => {
    const data = CreditDeducted.examples![0]!;
    const before = Date.now();
    const { eventId, seq } = await createPublisher(bus, { service: "credits" }).publish(
      CreditDeducted,
      data,
      {
        correlationId: "corr_7",
        idempotencyKey: "KEY_7",
        headers: { "X-Tenant": "m_1" },
      },
    );
    const manager = await foreign.jetstreamManager();
    await manager.consumers.add(Streams.EVENTS, { durable_name: "foreign", ack_policy: AckPolicy.Explicit });
    const consumer = await foreign.jetstream().consumers.get(Streams.EVENTS, "foreign");
    const message = (await consumer.next({ expires: PATIENCE_MS }))!;
    assert.equal(message.seq, seq);
    assert.equal(message.subject, CreditDeducted.subject);
    const { timestamp, ...event } = message.json<GlamEvent>();
    assert.ok(before <= Date.parse(timestamp) && Date.parse(timestamp) <= Date.now(), timestamp);
    assert.deepEqual(event, {
      event_id: eventId,
      event_type: CreditDeducted.subject,
      correlation_id: "corr_7",
      source_service: "credits",
      data,
      metadata: {},
    });
    assert.equal(message.headers?.get("Nats-Msg-Id"), `${CreditDeducted.subject}:KEY_7`);
    assert.equal(message.headers?.get("X-Correlation-ID"), "corr_7");
    assert.equal(message.headers?.get("Content-Type"), "application/json");
    assert.equal(message.headers?.get("X-Tenant"), "m_1");
    assert.match(message.headers?.get("traceparent") ?? "", /^00-/);
    message.ack();
  });

  it("writes an event that we handle, as Python does: without headers", async () => {
    const handled = Promise.withResolvers<GlamEvent>();
    await using listener = createListener(bus, {
      service: "ledger",
      queueGroup: "foreign",
      events: [CreditDeducted],
      logger: { debug() {}, info() {}, warn() {}, error() {}, critical() {} },
      handle({ event }) {
        if (event.source_service === "python") handled.resolve(event);
      },
    });
    await listener.start();
    const envelope = {
      event_id: crypto.randomUUID(),
      event_type: "evt.credit.deducted.v1",
      correlation_id: null,
      timestamp: "2025-06-01T12:00:00.123456+00:00",
      source_service: "python",
      data: CreditDeducted.examples![0],
      metadata: {},
    };
    const bytes = StringCodec().encode(JSON.stringify(envelope));
    await foreign.jetstream().publish("evt.credit.deducted.v1", bytes);
    assert.deepEqual(await handled.promise, envelope);
  });
});
