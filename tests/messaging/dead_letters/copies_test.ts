// Streams that copy those of the fleet, for an archive or another region.
import assert from "node:assert/strict";
import { after, it } from "node:test";
import {
  connectNats,
  createDeadLetters,
  createListener,
  createPublisher,
  defineEvent,
  ensureStreams,
  type MessageBus,
  Streams,
} from "@glam/shared/messaging";
import * as z from "zod";
import { startNats } from "../../_support/nats_server.ts";
import { waitFor } from "../../_support/wait_for.ts";

const server = await startNats();
after(() => server.stop());

const Numbered = defineEvent("evt.test.numbered.v1", z.object({ n: z.int() }));

async function createCopy(bus: MessageBus, config: { readonly name: string }): Promise<void> {
  const answer = await bus.call(`$JS.API.STREAM.CREATE.${config.name}`, { data: JSON.stringify(config) });
  assert.equal(JSON.parse(new TextDecoder().decode(answer.data)).error, undefined);
}

it("a mirror and a sourced stream get dead letters, redriven events and what follows them", async () => {
  await using bus = await connectNats({ servers: server.url, ...server.account() });
  await ensureStreams(bus);
  for (const name of [Streams.EVENTS, Streams.DLQ]) {
    await createCopy(bus, { name: `${name}_MIRROR`, mirror: { name } } as { name: string });
    await createCopy(bus, { name: `${name}_SOURCED`, sources: [{ name }] } as { name: string });
  }
  let isMended = false;
  await using listener = createListener(bus, {
    service: "test",
    queueGroup: "copies",
    events: [Numbered],
    maxAttempts: 1,
    logger: { debug() {}, info() {}, warn() {}, error() {}, critical() {} },
    handle() {
      if (!isMended) throw new Error("broken");
    },
  });
  await listener.start();
  const publisher = createPublisher(bus, { service: "test" });
  await publisher.publish(Numbered, { n: 1 });
  const dead = createDeadLetters(bus);
  await waitFor(async () => await dead.count() === 1, "it is a dead letter");
  const copied = (stream: string, messages: number) =>
    waitFor(async () => {
      const copies = [`${stream}_MIRROR`, `${stream}_SOURCED`];
      const infos = await Promise.all(copies.map((name) => bus.streamInfo(name)));
      return infos.every((info) => info?.messages === messages);
    }, `the copies of ${stream} have ${messages} messages`);
  await copied(Streams.DLQ, 1);
  isMended = true;
  assert.equal((await dead.redrive("all")).redriven, 1);
  await publisher.publish(Numbered, { n: 2 });
  await copied(Streams.EVENTS, 3);
});
