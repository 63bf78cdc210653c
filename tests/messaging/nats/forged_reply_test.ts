// Whoever may publish to a service or to an inbox names the subject of the answer: it must not be one of the broker's API.
import assert from "node:assert/strict";
import { after, it } from "node:test";
import { connect } from "@nats-io/transport-node";
import {
  connectNats,
  createListener,
  createResponder,
  defineEvent,
  defineRequest,
  ensureStreams,
  Streams,
} from "@glam/shared/messaging";
import * as z from "zod";
import { startNats } from "../../_support/nats_server.ts";
import { waitFor } from "../../_support/wait_for.ts";
import { publishRaw, rawEvent } from "../_raw_nats.ts";

const server = await startNats();
after(() => server.stop());

const PURGE = `$JS.API.STREAM.PURGE.${Streams.EVENTS}`;
const Numbered = defineEvent("evt.test.numbered.v1", z.object({ n: z.int() }));

it("a responder sends no reply to a subject of the broker, or of other services", async () => {
  const account = server.account();
  await using bus = await connectNats({ servers: server.url, ...account });
  await ensureStreams(bus);
  await bus.publish({ subject: Numbered.subject, data: "{}" });
  const Ask = defineRequest("rpc.test.ask.v1", { request: z.object({}), response: z.object({}) });
  await using responder = createResponder(bus, { service: "test" });
  let asked = 0;
  await responder.respond(Ask, () => (asked++, {}));
  const replies = [PURGE, "rpc.test.ask.v1", Numbered.subject, `dlq.${Numbered.subject}`];
  await publishRaw(server, account, replies.map((reply) => ({ subject: Ask.subject, reply, data: "{}" })));
  await bus.request(Ask, {}); // comes after them
  assert.equal(asked, 1);
  await bus.flush();
  assert.equal((await bus.streamInfo(Streams.EVENTS))?.messages, 1);
  assert.equal((await bus.streamInfo(Streams.DLQ))?.messages, 0);
});

it("a listener takes and acknowledges only what a consumer has delivered", async () => {
  const account = server.account();
  const foreign = await connect({ servers: server.url, ...account });
  await using bus = await connectNats({ servers: server.url, ...account });
  await ensureStreams(bus);
  let inbox = "";
  foreign.subscribe("$JS.API.CONSUMER.MSG.NEXT.>", {
    callback: (_error, { reply = "" }) => void (inbox = reply),
  });
  await foreign.flush();
  const seen: number[] = [];
  await using listener = createListener(bus, {
    service: "test",
    queueGroup: "forged",
    events: [Numbered],
    logger: { debug() {}, info() {}, warn() {}, error() {}, critical() {} },
    handle: ({ data }) => void seen.push(data.n),
  });
  await listener.start();
  await waitFor(() => inbox !== "", "it has asked for messages");
  foreign.publish(inbox, rawEvent(Numbered.subject, { n: 1 }), { reply: PURGE });
  await foreign.flush();
  await bus.publish({ subject: Numbered.subject, data: rawEvent(Numbered.subject, { n: 2 }) });
  await waitFor(() => seen.includes(2), "the event of the stream is handled");
  await bus.flush();
  assert.deepEqual(seen, [2]);
  assert.equal((await bus.streamInfo(Streams.EVENTS))?.messages, 1);
  await foreign.close();
});
