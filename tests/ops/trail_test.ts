import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import {
  connectNats,
  createDeadLetters,
  createPublisher,
  defineEvent,
  ensureStreams,
  type EventContract,
  type MessageBus,
  Streams,
} from "@glam/shared/messaging";
import * as z from "zod";
import { byExtent } from "../_support/extent.ts";
import { startNats } from "../_support/nats_server.ts";
import { PATIENCE_MS, waitFor } from "../_support/wait_for.ts";
import { ADA, bury, fleetBus, mountOps, readUntil } from "./_support.ts";

const nats = await startNats();
after(() => nats.stop());

const Placed: EventContract<{ merchant_id: string }> = defineEvent(
  "evt.order.placed.v1",
  z.object({ merchant_id: z.string() }),
);

/** What a trail shows: the subjects, in its order. */
function subjectsOf(text: string): string[] {
  return [...text.matchAll(/<strong>([^<]+)<\/strong>/g)].map(([, subject]) => subject!);
}

async function publishTrail(bus: MessageBus, id: string): Promise<void> {
  const publisher = createPublisher(bus, { service: "shop" });
  await publisher.publish(Placed, { merchant_id: "m_1" }, { correlationId: id });
  // As Python does: the id is in the body alone.
  await bus.publish({
    subject: "cmd.email.send.requested.v1",
    data: JSON.stringify({ event_id: "e", correlation_id: id, source_service: "python", data: {} }),
  });
  await bury(bus, {
    subject: "evt.credit.deducted.v1",
    data: JSON.stringify({ correlation_id: id, data: {} }),
  });
  await publisher.publish(Placed, { merchant_id: "m_2" }, { correlationId: id });
  // Not of it: the bytes are in it, the id is another.
  await publisher.publish(Placed, { merchant_id: id }, { correlationId: "corr_other" });
  await publisher.publish(Placed, { merchant_id: "m_1" }, { correlationId: `${id}0` });
}

describe("the trail of a correlation id", () => {
  it("is everything that is still stored under it, of all streams, newest first", async () => {
    await using bus = await connectNats({ servers: nats.url, ...nats.account() });
    await ensureStreams(bus);
    await publishTrail(bus, "corr_a1");
    const { text, status } = await mountOps({ bus }, { name: "reader", can: ["read"] }).get(
      "/ops/trail?id=corr_a1",
    );
    assert.equal(status, 200);
    assert.deepEqual(subjectsOf(text), [
      "evt.order.placed.v1",
      "evt.credit.deducted.v1",
      "cmd.email.send.requested.v1",
      "evt.order.placed.v1",
    ]);
    assert.match(text, /4 messages; everything that is stored was read/);
    assert.match(text, /from python/);
    assert.match(text, /href="\.\/dead-letters\/1"/);
    assert.doesNotMatch(text, /m_1|m_2|Payload/);
  });

  it("shows payloads to who may see them, with one line in the log, and those of an operator's merchants alone", async () => {
    await using bus = await fleetBus();
    await publishTrail(bus, "corr_a1");
    const ops = mountOps({ bus });
    assert.match((await ops.get("/ops/trail?id=corr_a1")).text, /m_2/);
    assert.deepEqual(ops.audits(), [{
      operator: "ada",
      action: "payload.show",
      trail: "corr_a1",
      events: 4,
    }]);
    const own = await mountOps({ bus }, { ...ADA, merchants: ["m_1"] }).get("/ops/trail?id=corr_a1");
    assert.deepEqual(subjectsOf(own.text), ["evt.order.placed.v1"]);
    assert.doesNotMatch(own.text, /m_2/);
  });

  it("is searched in windows backwards, says how far it is, and goes on where it has ended", async () => {
    await using bus = await fleetBus();
    const publisher = createPublisher(bus, { service: "shop" });
    for (let n = 0; n < 10; n++) {
      await publisher.publish(Placed, { merchant_id: `m_${n}` }, { correlationId: "corr_a1" });
    }
    const ops = mountOps({ bus });
    const merchants = (text: string) =>
      [...text.matchAll(/merchant_id&quot;: &quot;(m_\d)/g)].map(([, id]) => id);
    const on = await ops.get(`/ops/trail?id=corr_a1&before=${Streams.EVENTS}:4,${Streams.DLQ}:0`);
    assert.deepEqual(merchants(on.text), ["m_2", "m_1", "m_0"]);
    const over = await ops.get(`/ops/trail?id=corr_a1&before=${Streams.EVENTS}:0,${Streams.DLQ}:0`);
    assert.deepEqual(merchants(over.text), []);
    const before = await ops.get("/ops/trail?id=corr_a1&until=1h");
    assert.deepEqual(merchants(before.text), []);
    const since = await ops.get("/ops/trail?id=corr_a1&since=1h");
    assert.equal(merchants(since.text).length, 10);
  });

  it("of a whole import comes in pages that a browser can show, each of which leads to the next", async () => {
    await using bus = await fleetBus();
    const data = JSON.stringify({ correlation_id: "corr_import", data: {} });
    for (let n = 0; n < 2000; n++) await bus.publish({ subject: "evt.order.placed.v1", data });
    const ops = mountOps({ bus });
    const sequences: number[] = [];
    for (let path: string | undefined = "?id=corr_import"; path !== undefined;) {
      const { text } = await ops.get(`/ops/trail${path}`);
      const shown = [...text.matchAll(/GLAM_EVENTS ([\d,]+) · /g)].map(([, n]) =>
        Number(n!.replaceAll(",", ""))
      );
      assert.ok(shown.length > 0 && shown.length <= 1000, `${shown.length} on ${path}`);
      sequences.push(...shown);
      const last = text.slice(text.lastIndexOf('class="share"'));
      path = /href="(\?[^"]+)">Go on from here/.exec(last)?.[1]?.replaceAll("&amp;", "&");
    }
    assert.deepEqual(sequences, Array.from({ length: 2000 }, (_, n) => 2000 - n));
  });

  it("runs once at a time, and ends when the reader leaves", async () => {
    await using bus = await connectNats({ servers: nats.url, ...nats.account() });
    await ensureStreams(bus);
    const data = JSON.stringify({ correlation_id: "corr_x", data: "x".repeat(400) });
    const total = byExtent({ whole: 120_000, short: 60_000 });
    for (let n = 0; n < total; n += 1000) {
      await Promise.all(
        Array.from(
          { length: 1000 },
          () => bus.publish({ subject: "evt.order.placed.v1", data }, { timeoutMs: PATIENCE_MS }),
        ),
      );
    }
    const ops = mountOps({ bus });
    const response = await ops.app.request("/ops/trail?id=corr_none");
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    await readUntil(reader, /class="share"/);
    assert.equal((await ops.get("/ops/trail?id=corr_none")).status, 409);
    await reader.cancel();
    await waitFor(async () => {
      const again = await ops.get(`/ops/trail?id=corr_none&before=${Streams.EVENTS}:10,${Streams.DLQ}:0`);
      return again.status === 200;
    }, "the search has ended");
    await waitFor(
      async () => (await bus.listConsumers!(Streams.EVENTS)).length === 0,
      "the search has removed its consumer",
    );
    const whole = await ops.get("/ops/trail?id=corr_none");
    assert.match(whole.text, /0 messages; everything that is stored was read/);
    assert.match(whole.text, /<progress max="1" value="0\.\d+"><\/progress> \d+ % read, 0 messages so far/);
  });

  it("takes no id that is none, and no time that is none", async () => {
    await using bus = await fleetBus();
    const ops = mountOps({ bus });
    assert.equal((await ops.get("/ops/trail")).status, 200);
    for (
      const query of ["id=a%20b", "id=%3Cscript%3E", `id=${"x".repeat(129)}`, "id=corr_1&since=yesterday"]
    ) {
      assert.equal((await ops.get(`/ops/trail?${query}`)).status, 422, query);
    }
    assert.equal((await ops.get("/ops/trail?id=corr_1&before=nonsense")).status, 200);
  });

  it("has no message of a dead letter that is gone", async () => {
    await using bus = await fleetBus();
    await publishTrail(bus, "corr_a1");
    await createDeadLetters(bus).purge("all");
    const { text } = await mountOps({ bus }).get("/ops/trail?id=corr_a1");
    assert.equal(subjectsOf(text).length, 3);
  });
});
