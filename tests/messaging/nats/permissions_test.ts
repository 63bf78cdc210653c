import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { isRetryableError, MessageBusError } from "@glam/shared/errors";
import {
  connectNats,
  createListener,
  createPublisher,
  createResponder,
  defineEvent,
  defineRequest,
  ensureStreams,
  type EventContract,
  type MessageBus,
  type RequestContract,
} from "@glam/shared/messaging";
import * as z from "zod";
import { type NatsServer, startNats } from "../../_support/nats_server.ts";
import { PATIENCE_MS, waitFor } from "../../_support/wait_for.ts";

const Done: EventContract<{ n: number }> = defineEvent("evt.test.done.v1", z.object({ n: z.int() }));
const Ask: RequestContract<{ n: number }, { n: number }, { n: number }> = defineRequest("rpc.test.ask.v1", {
  request: z.object({ n: z.int() }),
  response: z.object({ n: z.int() }),
});

const config = `authorization { users: [
  { user: all, password: p },
  { user: own_inbox, password: p, permissions: { publish: ">", subscribe: ["_INBOX_own.>", "rpc.>"] } },
  { user: no_jetstream, password: p, permissions: { publish: ["evt.>", "rpc.>"], subscribe: [">"] } },
  { user: no_pull, password: p, permissions: {
    publish: { deny: ["$JS.API.CONSUMER.MSG.NEXT.>"] }, subscribe: [">"] } },
  { user: no_ack, password: p, permissions: { publish: { deny: ["$JS.ACK.>"] }, subscribe: [">"] } },
  { user: no_serve, password: p, permissions: { publish: ">", subscribe: ["_INBOX.>"] } },
] }`;

function isRefused(error: unknown): boolean {
  assert.ok(error instanceof MessageBusError, String(error));
  assert.deepEqual([error.kind, isRetryableError(error)], ["refused", false], error.message);
  return true;
}

describe("connectNats as a user with few permissions", () => {
  let server: NatsServer;
  let all: MessageBus;
  const connect = (user: string, inboxPrefix?: string) =>
    connectNats({ servers: server.url, user, pass: "p", inboxPrefix });

  before(async () => {
    server = await startNats({ config });
    all = await connect("all");
    await ensureStreams(all);
  });
  after(async () => {
    await all.close();
    await server.stop();
  });

  // A call that only ends with its timeout fails the test: nothing here waits that long.
  const timeoutMs = 10 * PATIENCE_MS;

  it("refuses what needs a reply where the inbox is not permitted, and says how to mend that", async () => {
    await using bus = await connect("own_inbox");
    for (let i = 0; i < 2; i++) {
      await assert.rejects(
        bus.publish({ subject: Done.subject, data: "{}" }, { timeoutMs }),
        (error: Error) => {
          assert.match(error.message, /may not subscribe to "_INBOX\..*inboxPrefix/);
          return isRefused(error);
        },
      );
    }
    assert.equal((await all.streamInfo("GLAM_EVENTS"))?.lastSequence, 0);
    await assert.rejects(bus.request(Ask, { n: 1 }, { timeoutMs }), isRefused);
    await assert.rejects(createPublisher(bus, { service: "test" }).publish(Done, { n: 1 }), isRefused);
    const listener = createListener(bus, { service: "test", queueGroup: "a", events: [Done], handle() {} });
    await assert.rejects(listener.start(), isRefused);
  });

  it("works with an inbox prefix of the user's own", async () => {
    await using bus = await connect("own_inbox", "_INBOX_own");
    await using responder = createResponder(bus, { service: "test" });
    await responder.respond(Ask, ({ data }) => ({ n: data.n + 1 }));
    assert.deepEqual(await bus.request(Ask, { n: 1 }), { n: 2 });
    const seen: number[] = [];
    const handle = ({ event }: { event: { data: { n: number } } }) => void seen.push(event.data.n);
    await using listener = createListener(bus, {
      service: "test",
      queueGroup: "own",
      events: [Done],
      handle,
    });
    await listener.start();
    await createPublisher(bus, { service: "test" }).publish(Done, { n: 7 });
    await waitFor(() => seen.includes(7), "the event is handled");
  });

  it("refuses an inbox prefix that is not a subject, or belongs to streams or responders", async () => {
    for (const inboxPrefix of ["", "a b", "_INBOX.>", "a..b", "*", "$JS.API", "evt.inbox", "rpc"]) {
      await assert.rejects(connect("all", inboxPrefix), TypeError);
    }
  });

  it("refuses what the JetStream API does not permit", async () => {
    await using bus = await connect("no_jetstream");
    await assert.rejects(bus.streamInfo("GLAM_EVENTS"), isRefused);
    await assert.rejects(ensureStreams(bus), isRefused);
    const consumer = { stream: "GLAM_EVENTS", name: "test", filterSubject: Done.subject };
    await assert.rejects(bus.consumer(consumer), isRefused);
    const { stream } = await createPublisher(bus, { service: "test", ensureStreams: false }).publish(Done, {
      n: 1,
    });
    assert.equal(stream, "GLAM_EVENTS");
  });

  it("sends requests also where it may not ask which stream covers the subject", async () => {
    await using responder = createResponder(all, { service: "test" });
    await responder.respond(Ask, ({ data }) => ({ n: -data.n }));
    await using bus = await connect("no_jetstream");
    assert.deepEqual(await bus.request(Ask, { n: 1 }), { n: -1 });
  });

  for (const [user, what] of [["no_pull", "pull from"], ["no_ack", "acknowledge to"]] as const) {
    it(`refuses to bind to a consumer that it may not ${what}`, async () => {
      await using bus = await connect(user);
      const listener = createListener(bus, { service: "test", queueGroup: "b", events: [Done], handle() {} });
      await assert.rejects(listener.start(), isRefused);
    });
  }

  it("refuses to serve a subject that it may not subscribe to, with and without a queue", async () => {
    await using bus = await connect("no_serve");
    const onRequest = () => Promise.resolve({ data: "{}" });
    await assert.rejects(bus.serve("rpc.test.ask.v1", { onRequest }), isRefused);
    await assert.rejects(bus.serve("rpc.test.ask.v1", { queue: "q", onRequest }), isRefused);
    await using responder = createResponder(bus, { service: "test" });
    await assert.rejects(responder.respond(Ask, ({ data }) => data), isRefused);
  });
});
