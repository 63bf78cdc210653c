import assert from "node:assert/strict";
import { it } from "node:test";
import {
  connectNats,
  createListener,
  createPublisher,
  defineEvent,
  domainStreams,
  ensureStreams,
} from "@glam/shared/messaging";
import * as z from "zod";
import { startNatsCluster } from "../../_support/nats_server.ts";
import { PATIENCE_MS, waitFor } from "../../_support/wait_for.ts";

it("domain streams with three replicas go on without the node that leads one, also with a domain that is new", async () => {
  await using cluster = await startNatsCluster();
  const schema = z.object({ n: z.int() });
  const Placed = defineEvent("evt.shop.order.placed.v1", schema);
  const Counted = defineEvent("evt.stock.item.counted.v1", schema);
  const streams = domainStreams(["shop"], { events: { replicas: 3 }, dlq: { replicas: 3 } });
  await using bus = await connectNats({ servers: cluster.urls, streams });
  await waitFor(
    () => ensureStreams(bus, { again: true }).then(() => true, () => false),
    "the streams are there",
  );
  assert.equal((await bus.streamInfo("GLAM_SHOP"))?.config.replicas, 3);
  const seen: number[] = [];
  await using listener = createListener(bus, {
    service: "test",
    queueGroup: "cluster",
    events: [Placed],
    logger: { debug() {}, info() {}, warn() {}, error() {}, critical() {} },
    handle({ data }) {
      seen.push(data.n);
    },
  });
  await listener.start();
  const publisher = createPublisher(bus, { service: "test", timeoutMs: PATIENCE_MS, ackTimeoutMs: 1000 });
  for (let n = 0; n < 20; n++) await publisher.publish(Placed, { n });
  await cluster.servers[await cluster.leaderOf("GLAM_SHOP")]!.kill9();
  for (let n = 20; n < 40; n++) {
    assert.equal((await publisher.publish(Placed, { n })).stream, "GLAM_SHOP");
  }
  await waitFor(() => new Set(seen).size === 40, "all are handled");
  const added = async () => (await publisher.publish(Counted, { n: 1 })).stream;
  let stream: string | undefined;
  await waitFor(async () => (stream = await added().catch(() => undefined)) !== undefined, "it is stored");
  assert.equal(stream, "GLAM_EVENTS");
});
