import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  type AnyEventContract,
  connectNats,
  createDeadLetters,
  createListener,
  createMemoryBus,
  createPublisher,
  defineEvent,
  type DomainStream,
  domainStreams,
  ensureStreams,
  type FleetStreamLimits,
  type MessageBus,
  type StreamLayout,
} from "@glam/shared/messaging";
import * as z from "zod";
import { type NatsServer, startNats } from "../../_support/nats_server.ts";
import { waitFor } from "../../_support/wait_for.ts";

const schema = z.object({ n: z.int() });
const Placed = defineEvent("evt.shop.order.placed.v1", schema);
const Sent = defineEvent("evt.email.send.complete.v1", schema);
const Made = defineEvent("evt.merchant.created.v1", schema);
const Counted = defineEvent("evt.stock.item.counted.v1", schema);
const streams = domainStreams(["shop", { name: "notification", domains: ["notification", "email"] }]);
const silent = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };

type Given = FleetStreamLimits | StreamLayout | undefined;

async function subjectsOf(bus: MessageBus, name: string): Promise<readonly string[]> {
  return [...(await bus.streamInfo(name))?.config.subjects ?? []].sort();
}

/** Gives a stream other subjects, as an operator does with the server's own tools. */
async function move(bus: MessageBus, name: string, subjects: readonly string[]): Promise<void> {
  const ask = async (verb: string, body: unknown) => {
    const reply = await bus.call(`$JS.API.STREAM.${verb}.${name}`, { data: JSON.stringify(body) });
    return JSON.parse(new TextDecoder().decode(reply.data));
  };
  const { config } = await ask("INFO", {});
  assert.equal((await ask("UPDATE", { ...config, subjects })).error, undefined);
}

function eventOf(n: number): string {
  const [event_type, timestamp] = [Placed.subject, new Date().toISOString()];
  return JSON.stringify({ event_id: crypto.randomUUID(), event_type, timestamp, data: { n } });
}

/** Listens to the events, and collects their numbers. */
async function listen(bus: MessageBus, events: readonly AnyEventContract[], seen: number[]) {
  const listener = createListener(bus, {
    service: "test",
    queueGroup: "layout",
    events,
    logger: silent,
    handle({ data }) {
      seen.push((data as { n: number }).n);
    },
  });
  await listener.start();
  return listener;
}

describe("domainStreams", () => {
  let server: NatsServer;
  before(async () => server = await startNats());
  after(() => server.stop());

  /** Opens buses on one broker, each with the streams that it is given. */
  const brokers: [name: string, open: () => (streams?: Given) => Promise<MessageBus>][] = [
    ["NATS", () => {
      const account = server.account();
      return (streams) => connectNats({ servers: server.url, ...account, streams });
    }],
    ["memory", () => {
      let bus: MessageBus | undefined;
      return (streams) => {
        // One bus is one broker; a second service on it is seen from outside as the first one's options.
        bus ??= createMemoryBus({ streams });
        return Promise.resolve(bus);
      };
    }],
  ];

  for (const [broker, open] of brokers) {
    describe(`on ${broker}`, () => {
      it("gives each domain its stream, and lists the others of the fleet in GLAM_EVENTS", async () => {
        await using bus = await open()(streams);
        const reports = await ensureStreams(bus);
        assert.deepEqual(reports.map(({ name, outcome, drift }) => [name, outcome, drift]), [
          ["GLAM_SHOP", "created", []],
          ["GLAM_NOTIFICATION", "created", []],
          ["GLAM_EVENTS", "created", []],
          ["GLAM_DLQ", "created", []],
        ]);
        assert.deepEqual(await subjectsOf(bus, "GLAM_NOTIFICATION"), [
          "cmd.email.>",
          "cmd.notification.>",
          "evt.email.>",
          "evt.notification.>",
        ]);
        const others = ["catalog", "credit", "merchant", "webhook"];
        assert.deepEqual(await subjectsOf(bus, "GLAM_EVENTS"), [
          ...others.map((domain) => `cmd.${domain}.>`),
          ...others.map((domain) => `evt.${domain}.>`),
        ]);
        const again = await ensureStreams(bus, { again: true });
        assert.ok(again.every(({ outcome, drift }) => outcome === "unchanged" && drift.length === 0));
      });

      it("is where publishers, listeners, dead letters and redrives find the stream of a subject", async () => {
        await using bus = await open()(streams);
        const publisher = createPublisher(bus, { service: "test" });
        const stored = [];
        for (const [n, event] of [Placed, Sent, Made].entries()) {
          stored.push((await publisher.publish(event, { n })).stream);
        }
        assert.deepEqual(stored, ["GLAM_SHOP", "GLAM_NOTIFICATION", "GLAM_EVENTS"]);
        let isMended = false;
        const seen: number[] = [];
        await using listener = createListener(bus, {
          service: "test",
          queueGroup: "layout",
          events: [Placed, Sent, Made],
          maxAttempts: 1,
          logger: silent,
          handle({ data: { n } }) {
            if (!isMended) throw new Error("broken");
            seen.push(n);
          },
        });
        await listener.start();
        const dead = createDeadLetters(bus);
        await waitFor(async () => await dead.count() === 3, "all three are dead letters");
        const origins = [];
        for await (const { stream } of dead.list()) origins.push(stream);
        assert.deepEqual(origins.sort(), ["GLAM_EVENTS", "GLAM_NOTIFICATION", "GLAM_SHOP"]);
        isMended = true;
        assert.equal((await dead.redrive("all")).redriven, 3);
        await waitFor(() => seen.length === 3, "all three are handled");
        for (const name of stored) assert.equal((await bus.streamInfo(name))?.messages, 2, name);
      });

      it("has a publisher and a listener add the domain that no stream has to GLAM_EVENTS", async () => {
        await using bus = await open()(streams);
        const seen: number[] = [];
        await using _listener = await listen(bus, [Counted], seen);
        assert.equal(await bus.findStream(Counted.subject), "GLAM_EVENTS");
        const Other = defineEvent("cmd.parcel.send.v1", schema);
        const Short = defineEvent("evt.bell", schema);
        const publisher = createPublisher(bus, { service: "test" });
        for (const event of [Other, Short, Counted]) {
          assert.equal((await publisher.publish(event, { n: 1 })).stream, "GLAM_EVENTS");
        }
        await waitFor(() => seen.length === 1, "it is handled");
        const subjects = await subjectsOf(bus, "GLAM_EVENTS");
        for (const subject of ["cmd.parcel.>", "evt.parcel.>", "evt.stock.>", "evt.bell", "evt.merchant.>"]) {
          assert.ok(subjects.includes(subject), subject);
        }
        const closed = createPublisher(bus, { service: "test", ensureStreams: false });
        const Never = defineEvent("evt.never.v1", schema);
        await assert.rejects(closed.publish(Never, { n: 1 }), { kind: "no_stream" });
      });

      it("makes GLAM_EVENTS when the first domain needs it, where it has none before", async () => {
        const all = domainStreams(["catalog", "credit", "email", "merchant", "webhook"]);
        await using bus = await open()(all);
        const eventsOf = async () =>
          (await ensureStreams(bus, { again: true })).find(({ name }) => name === "GLAM_EVENTS");
        const [name, drift] = ["GLAM_EVENTS", [] as string[]];
        assert.deepEqual(await eventsOf(), { name, outcome: "absent", drift });
        assert.equal(await bus.streamInfo("GLAM_EVENTS"), undefined);
        await createPublisher(bus, { service: "test" }).publish(Placed, { n: 1 });
        assert.deepEqual(await eventsOf(), { name, outcome: "unchanged", drift });
        assert.deepEqual(await subjectsOf(bus, "GLAM_EVENTS"), ["cmd.shop.>", "evt.shop.>"]);
      });

      it("makes nothing over the subjects of a stream that exists, and says whose they are", async () => {
        await using bus = await open()();
        await bus.ensureStream({ name: "GLAM_EVENTS", subjects: ["evt.>", "cmd.>"] });
        const reports = await ensureStreams(bus, { streams });
        assert.deepEqual(reports.slice(0, 2), [
          { name: "GLAM_SHOP", outcome: "absent", drift: ["GLAM_EVENTS has evt.>, cmd.>"] },
          { name: "GLAM_NOTIFICATION", outcome: "absent", drift: ["GLAM_EVENTS has evt.>, cmd.>"] },
        ]);
        assert.deepEqual(await subjectsOf(bus, "GLAM_EVENTS"), ["cmd.>", "evt.>"]);
        const { stream } = await createPublisher(bus, { service: "test" }).publish(Placed, { n: 1 });
        assert.equal(stream, "GLAM_EVENTS");
      });

      it("is not widened over by a service that was given no layout", async () => {
        await using bus = await open()();
        await bus.ensureStream({ name: "GLAM_SHOP", subjects: ["evt.shop.>", "cmd.shop.>"] });
        const [events] = await ensureStreams(bus);
        assert.deepEqual(events, {
          name: "GLAM_EVENTS",
          outcome: "absent",
          drift: ["GLAM_SHOP has evt.shop.>, cmd.shop.>"],
        });
        const publisher = createPublisher(bus, { service: "test" });
        assert.equal((await publisher.publish(Placed, { n: 1 })).stream, "GLAM_SHOP");
        assert.equal((await publisher.publish(Made, { n: 1 })).stream, "GLAM_EVENTS");
        await ensureStreams(bus, { repair: true });
        assert.deepEqual(await subjectsOf(bus, "GLAM_EVENTS"), ["cmd.merchant.>", "evt.merchant.>"]);
        assert.deepEqual(await subjectsOf(bus, "GLAM_SHOP"), ["cmd.shop.>", "evt.shop.>"]);
      });
    });
  }

  it("has a listener whose durable is gone go on in the stream that has its subject then", async () => {
    await using bus = await connectNats({ servers: server.url, ...server.account() });
    await bus.ensureStream({ name: "GLAM_OLD", subjects: ["evt.shop.>"] });
    const seen: number[] = [];
    await using listener = await listen(bus, [Placed], seen);
    const publisher = createPublisher(bus, { service: "test" });
    for (const n of [1, 2, 3]) await publisher.publish(Placed, { n });
    await waitFor(() => seen.length === 3, "the first three are handled");
    const durable = listener.durables.get(Placed.subject)!;
    const floor = async () =>
      (await bus.listConsumers!("GLAM_OLD")).find(({ name }) => name === durable)?.ackFloor;
    await waitFor(async () => await floor() === 3, "the three are acknowledged");
    await move(bus, "GLAM_OLD", ["parked.shop"]);
    await bus.ensureStream({ name: "GLAM_NEW", subjects: ["evt.shop.>"] });
    // Its sequence is one that the listener has seen in the other stream.
    assert.deepEqual(
      await bus.publish({ subject: Placed.subject, data: eventOf(4) }).then(({ seq }) => seq),
      1,
    );
    for (const n of [5, 6, 7]) await publisher.publish(Placed, { n });
    await bus.deleteConsumer("GLAM_OLD", durable);
    await waitFor(() => seen.length >= 7, "those of the new stream are handled");
    assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7]);
    await waitFor(async () => (await listener.health()).status === "healthy", "it is healthy");
  });

  it("is what a consumer in memory has to fit, as on nats-server 2.9", async () => {
    await using bus = createMemoryBus();
    await bus.ensureStream({ name: "GLAM_SHOP", subjects: ["evt.shop.>"] });
    const consumer = { stream: "GLAM_SHOP", name: "reader", filterSubject: Made.subject };
    await assert.rejects(bus.consumer(consumer), { kind: "refused" });
    await bus.consumer({ ...consumer, filterSubject: Placed.subject });
    await bus.consumer({ ...consumer, name: "all", filterSubject: "evt.>" });
    // A durable that was there before stays, and is bound to.
    await bus.ensureStream({ name: "GLAM_SHOP", subjects: ["evt.merchant.>"] });
    assert.equal((await bus.consumer({ ...consumer, name: "other" })).created, true);
    assert.equal((await bus.consumer({ ...consumer, name: "other" })).created, false);
  });

  it("is believed where the credentials may not ask which stream has a subject", async () => {
    const config = `authorization { users: [
      { user: all, password: p },
      { user: few, password: p, permissions: {
        publish: { deny: ["$JS.API.STREAM.NAMES", "$JS.API.STREAM.LIST"] }, subscribe: [">"] } },
    ] }`;
    await using own = await startNats({ config });
    await using all = await connectNats({ servers: own.url, user: "all", pass: "p", streams });
    await ensureStreams(all);
    await createPublisher(all, { service: "test" }).publish(Placed, { n: 1 });
    await using few = await connectNats({ servers: own.url, user: "few", pass: "p", streams });
    await assert.rejects(few.findStream(Placed.subject), { kind: "refused" });
    const seen: number[] = [];
    await using _listener = await listen(few, [Placed, Made], seen);
    const { stream } = await createPublisher(few, { service: "test" }).publish(Made, { n: 2 });
    assert.equal(stream, "GLAM_EVENTS");
    await waitFor(() => seen.length === 2, "both are handled");
    await all.publish({ subject: "dlq.evt.shop.order.placed.v1", data: "{}" });
    assert.equal((await createDeadLetters(few).redrive("all")).redriven, 1);
    assert.equal((await all.streamInfo("GLAM_SHOP"))?.messages, 2);
  });

  it("leaves a listener the copy of another account's stream, to which no subject leads", async () => {
    await using memory = createMemoryBus();
    await ensureStreams(memory);
    const bus = new Proxy(memory, {
      get(target, key) {
        if (key === "findStream") return () => Promise.resolve(undefined);
        if (key === "streamInfo") {
          return async (name: string) => {
            const info = (await target.streamInfo(name))!;
            return { ...info, config: { ...info.config, subjects: [] } };
          };
        }
        const value = Reflect.get(target, key, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const seen: number[] = [];
    await using _listener = await listen(bus, [Placed], seen);
    await memory.publish({ subject: Placed.subject, data: eventOf(7) });
    await waitFor(() => seen.length === 1, "it is handled");
  });

  it("refuses names and domains that are none, and those that two streams would have", () => {
    const wrong: (DomainStream | string)[][] = [
      ["a b"],
      ["events"],
      ["DLQ"],
      ["shop", "SHOP"],
      [{ name: "shop", domains: [] }],
      [{ name: "shop", domains: ["a.b"] }],
      [{ name: "shop", domains: [">"] }],
      ["shop", { name: "store", domains: ["shop"] }],
      [{ name: "shop", maxMsgs: 1 } as unknown as DomainStream],
    ];
    for (const domains of wrong) {
      assert.throws(() => domainStreams(domains), TypeError, JSON.stringify(domains));
    }
    assert.throws(() => domainStreams([{ name: "shop", replicas: 2 }]), RangeError);
    assert.throws(() => createMemoryBus({ streams: { domains: ["a b"] } }), TypeError);
  });

  it("takes the limits of events unless a stream has its own, and all of it from a configuration", async () => {
    const { natsConfig } = await import("@glam/shared/config");
    const { streams: given } = natsConfig.parse({
      servers: ["nats://127.0.0.1:4222"],
      streams: {
        events: { max_age_ms: 3_600_000 },
        domains: ["shop", { name: "stock", domains: ["stock", "parcel"], max_messages: 7 }],
      },
    });
    for (
      const wrong of ["a b", { name: "x", domains: ["a.b"] }, { name: "x", max_age: 1 }, {
        name: "x",
        domains: [],
      }]
    ) {
      const { success } = natsConfig.safeParse({
        servers: ["nats://127.0.0.1:4222"],
        streams: { domains: [wrong] },
      });
      assert.equal(success, false, JSON.stringify(wrong));
    }
    await using bus = createMemoryBus({ streams: given });
    await ensureStreams(bus);
    const limits = async (name: string) => {
      const { maxAgeMs, maxMessages } = (await bus.streamInfo(name))!.config;
      return [maxAgeMs, maxMessages];
    };
    assert.deepEqual(await limits("GLAM_SHOP"), [3_600_000, 1_000_000]);
    assert.deepEqual(await limits("GLAM_STOCK"), [3_600_000, 7]);
    assert.deepEqual(await limits("GLAM_EVENTS"), [3_600_000, 1_000_000]);
    assert.equal(await bus.findStream("evt.parcel.sent.v1"), "GLAM_STOCK");
  });
});
