// A stream that is deleted and made again while a listener cannot look.
import assert from "node:assert/strict";
import { it } from "node:test";
import {
  createListener,
  createMemoryBus,
  createPublisher,
  defineEvent,
  ensureStreams,
  type EventContract,
  type MessageBus,
  Streams,
} from "@glam/shared/messaging";
import * as z from "zod";
import { recordingLogger } from "../../_support/recording_logger.ts";
import { waitFor } from "../../_support/wait_for.ts";

const Numbered = z.object({ n: z.int() });
const Plain: EventContract<{ n: number }> = defineEvent("evt.test.plain.v1", Numbered);
const Partitioned: EventContract<{ n: number }> = defineEvent("evt.test.partitioned.v1", Numbered, {
  partitions: 2,
  keyOf: () => "same",
});

for (const [kind, contract] of Object.entries({ "": Plain, " of partitions": Partitioned })) {
  it(`a listener${kind} begins with the first event of a stream that was made again, however many it has`, async () => {
    await using bus = createMemoryBus();
    await ensureStreams(bus);
    const publisher = createPublisher(bus, { service: "test" });
    let isConnected = true;
    const watched = new Proxy<MessageBus>(bus, {
      get(_, name) {
        if (name === "connected") return isConnected;
        const value = Reflect.get(bus, name);
        return typeof value === "function" ? value.bind(bus) : value;
      },
    });
    const handled: number[] = [];
    const { logger, entries } = recordingLogger();
    const listener = createListener(watched, {
      service: "test",
      queueGroup: "again",
      events: [contract],
      logger,
      handle: ({ data: { n } }) => void handled.push(n),
    });
    await listener.start();
    for (const n of [1, 2, 3]) await publisher.publish(contract, { n });
    await waitFor(() => handled.length === 3);

    isConnected = false;
    await bus.deleteStream(Streams.EVENTS);
    await ensureStreams(bus);
    for (const n of [4, 5, 6, 7, 8, 9]) await publisher.publish(contract, { n });
    isConnected = true;
    await waitFor(() => handled.length === 9, () => `all are handled: ${handled}`);
    assert.deepEqual(handled, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.ok(entries.some(({ message }) => /gone, and (was|were) made again/.test(message)));
    await listener.stop();
  });
}
