import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { natsConfig } from "@glam/shared/config";
import {
  connectNats,
  createMemoryBus,
  createPublisher,
  defineEvent,
  ensureStreams,
  type FleetStreamLimits,
  type MessageBus,
} from "@glam/shared/messaging";
import * as z from "zod";
import { type NatsServer, startNats } from "../../_support/nats_server.ts";

const DAY_MS = 86_400_000;
const streams: FleetStreamLimits = {
  events: { maxAgeMs: 3 * DAY_MS, maxMessages: 5, maxBytes: 1_000_000 },
  dlq: { maxAgeMs: 30 * DAY_MS },
};

async function limitsOf(bus: MessageBus, name: string) {
  const { maxAgeMs, maxMessages, maxBytes, replicas, discard } = (await bus.streamInfo(name))!.config;
  return { maxAgeMs, maxMessages, maxBytes, replicas, discard };
}

describe("limits of the fleet's streams", () => {
  let server: NatsServer;
  before(async () => server = await startNats());
  after(() => server.stop());

  const account = () => ({ servers: server.url, ...server.account() });
  const buses: [name: string, open: () => Promise<MessageBus>][] = [
    ["connectNats", () => connectNats({ ...account(), streams })],
    ["connectNats that is lazy", async () => {
      const bus = await connectNats({ ...account(), streams, lazy: true });
      if (!bus.connected) await new Promise<void>((resolve) => void bus.onStateChange(() => resolve()));
      return bus;
    }],
    ["createMemoryBus", () => Promise.resolve(createMemoryBus({ streams }))],
    ["natsConfig", async () => {
      const { servers, ...rest } = account();
      const config = natsConfig.parse({
        servers: [servers],
        streams: {
          events: { max_age_ms: 3 * DAY_MS, max_messages: 5, max_bytes: 1_000_000 },
          dlq: { max_age_ms: 30 * DAY_MS },
        },
      });
      return await connectNats({ ...config, ...rest });
    }],
  ];
  for (const [name, open] of buses) {
    it(`are those that ${name} was given, from the first event on`, async () => {
      await using bus = await open();
      const Done = defineEvent("evt.test.done.v1", z.object({ n: z.int() }));
      const publisher = createPublisher(bus, { service: "test" });
      for (let n = 0; n < 8; n++) await publisher.publish(Done, { n });
      assert.equal((await bus.streamInfo("GLAM_EVENTS"))?.messages, 5);
      assert.deepEqual(await limitsOf(bus, "GLAM_EVENTS"), {
        maxAgeMs: 3 * DAY_MS,
        maxMessages: 5,
        maxBytes: 1_000_000,
        replicas: 1,
        discard: "old",
      });
      assert.deepEqual(await limitsOf(bus, "GLAM_DLQ"), {
        maxAgeMs: 30 * DAY_MS,
        maxMessages: 100_000,
        maxBytes: undefined,
        replicas: 1,
        discard: "new",
      });
      const reports = await ensureStreams(bus, { again: true });
      assert.deepEqual(reports.map(({ outcome, drift }) => [outcome, drift]), [
        ["unchanged", []],
        ["unchanged", []],
      ]);
    });
  }

  it("may be given to ensureStreams, which reports what differs and repairs it on request", async () => {
    await using bus = await connectNats(account());
    await ensureStreams(bus);
    const [events] = await ensureStreams(bus, { streams });
    assert.deepEqual([events?.outcome, events?.drift], ["unchanged", [
      "max_age is 24h, expected 72h",
      "max_msgs is 1000000, expected 5",
      "max_bytes is unlimited, expected 1000000",
    ]]);
    const [repaired] = await ensureStreams(bus, { streams, repair: true });
    assert.deepEqual([repaired?.outcome, repaired?.drift], ["updated", []]);
    assert.equal((await limitsOf(bus, "GLAM_EVENTS")).maxMessages, 5);
  });

  it("are refused where they are no limits", async () => {
    const wrong: unknown[] = [
      { events: { maxAgeMs: 999 } },
      { events: { maxAgeMs: 1e12 } },
      { events: { maxMessages: 0 } },
      { dlq: { maxBytes: 1.5 } },
      { dlq: { replicas: 2 } },
    ];
    await using memory = createMemoryBus();
    for (const streams of wrong as FleetStreamLimits[]) {
      assert.throws(() => createMemoryBus({ streams }), RangeError);
      assert.throws(() => ensureStreams(memory, { streams }), RangeError);
      await assert.rejects(connectNats({ streams, lazy: true }), RangeError);
    }
    for (const streams of [{ event: {} }, { events: { maxMsgs: 1 } }] as unknown as FleetStreamLimits[]) {
      assert.throws(() => createMemoryBus({ streams }), TypeError);
    }
  });
});
