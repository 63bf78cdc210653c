// On Deno only: it takes the 20,000 unsettled messages that a consumer may have.
import assert from "node:assert/strict";
import { it } from "node:test";
import { createListener, defineEvent } from "@glam/shared/messaging";
import * as z from "zod";
import { startNats } from "../_support/nats_server.ts";
import { waitFor } from "../_support/wait_for.ts";
import { openBus, publishNumbers } from "./_processes.ts";

const Numbered = defineEvent("evt.test.numbered.v1", z.object({ n: z.int() }));
const silent = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };

it("a listener of a consumer that is at its limit waits, and goes on when there is room", async () => {
  await using server = await startNats();
  const { bus } = await openBus(server);
  await using _bus = bus;
  let attempts = 0;
  const handled = new Set<number>();
  await using listener = createListener(bus, {
    service: "test",
    queueGroup: "faults",
    events: [Numbered],
    logger: silent,
    concurrency: 64,
    backoffMs: [3000],
    ackWaitMs: 10_000,
    handle({ data, attempt }) {
      attempts++;
      if (attempt === 1) throw new Error("once");
      handled.add(data.n);
    },
  });
  await publishNumbers(bus, 1, 21_000);
  await listener.start();
  await waitFor(() => handled.size === 21_000, "all are handled");
  assert.equal(attempts, 42_000);
});
