import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  connectNats,
  createListener,
  createPublisher,
  defineEvent,
  domainStreams,
  ensureStreams,
  type MessageBus,
} from "@glam/shared/messaging";
import * as z from "zod";
import { type NatsServer, startNats } from "../_support/nats_server.ts";
import { waitFor } from "../_support/wait_for.ts";
import { glam } from "./_glam.ts";

const schema = z.object({ n: z.int() });
const Stored = defineEvent("evt.catalog.products.stored.v1", schema);
const Placed = defineEvent("evt.shop.order.placed.v1", schema);
const silent = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };

/** A fleet on one layout: two stored events of `catalog`, one handled, one of `shop`, one without a domain. */
async function openFleet(bus: MessageBus): Promise<AsyncDisposable> {
  await ensureStreams(bus);
  const publisher = createPublisher(bus, { service: "test" });
  const listener = createListener(bus, {
    service: "feed",
    queueGroup: "items",
    events: [Stored],
    logger: silent,
    handle() {},
  });
  await publisher.publish(Stored, { n: 1 });
  await listener.start();
  const settled = async () => (await bus.listConsumers!("GLAM_EVENTS"))[0]?.ackFloor === 1;
  await waitFor(settled, "the first is handled");
  await listener.stop();
  await publisher.publish(Stored, { n: 2 });
  await publisher.publish(Placed, { n: 1 });
  await bus.publish({ subject: "evt.ping", data: "{}" });
  // As a listener in Python: its durable has no subject in its name.
  await bus.consumer({ stream: "GLAM_EVENTS", name: "mail-workers", filterSubject: "evt.catalog.>" });
  // Two partitions of one event.
  for (const n of [0, 1]) {
    const filterSubject = `evt.catalog.moved.v1.p${n}`;
    await bus.consumer({
      stream: "GLAM_EVENTS",
      name: `feed-moves-evt_catalog_moved_v1_p${n}`,
      filterSubject,
    });
  }
  return await bus.serve("$SRV.STATS", {
    onRequest: () =>
      Promise.resolve({
        data: JSON.stringify({
          type: "io.nats.micro.v1.stats_response",
          name: "legacy",
          id: "legacy1",
          version: "1.0.0",
          metadata: { package: "0.1.3" },
          started: new Date().toISOString(),
          endpoints: [],
        }),
      }),
  }).then(({ close }) => ({ [Symbol.asyncDispose]: close }));
}

describe("glam streams", () => {
  let server: NatsServer;
  before(async () => server = await startNats());
  after(() => server.stop());

  /** A bus, and `glam` on its account. */
  async function open(streams?: Parameters<typeof domainStreams>[0]) {
    const account = server.account();
    const layout = streams && domainStreams(streams);
    const bus = await connectNats({ servers: server.url, ...account, streams: layout });
    const call = async (args: string[], cwd?: string) => {
      const { code, out, errors } = await glam(
        ["streams", ...args, "--servers", server.url, "--user", account.user],
        { env: { NATS_PASSWORD: account.pass }, ...cwd !== undefined && { cwd } },
      );
      return { code, out, errors };
    };
    return { bus, call, [Symbol.asyncDispose]: () => bus.close() };
  }

  it("shows no streams before the first service starts", async () => {
    await using each = await open();
    const { code, out } = await each.call(["status"]);
    assert.deepEqual([code, out], [0, "No streams; the first service that starts makes them\n"]);
  });

  it("shows each stream with its limits, messages and durables", async () => {
    await using each = await open();
    await using _fleet = await openFleet(each.bus);
    const { code, out, errors } = await each.call(["status"]);
    assert.equal(code, 0, errors);
    assert.match(out, /^stream +messages +size +oldest +kept for +at most +replicas +subjects$/m);
    assert.match(out, /^GLAM_EVENTS +4 +[\d.]+ k?B +\d+s +24h +1000000 +1 +evt\.> cmd\.>$/m);
    assert.match(out, /^GLAM_DLQ +0 +0 B +7d +100000 +1 +dlq\.>$/m);
    assert.match(
      out,
      /^feed-items-evt_catalog_products_stored_v1 +GLAM_EVENTS +1 +0 +evt\.catalog\.products\.stored\.v1$/m,
    );
    const streams = JSON.parse((await each.call(["status", "--json"])).out);
    const events = streams.find(({ name }: { name: string }) => name === "GLAM_EVENTS");
    assert.deepEqual(
      [events.messages, events.limits.max_messages, events.limits.replicas, events.durables.length],
      [4, 1_000_000, 1, 4],
    );
    assert.ok(Date.parse(events.oldest_at) > Date.now() - 3_600_000);
    assert.deepEqual(events.durables[0], {
      name: "feed-items-evt_catalog_products_stored_v1",
      filter_subjects: [Stored.subject],
      pending: 1,
      unsettled: 0,
      left_behind: false,
    });
  });

  it("shows the durables in a stream that no longer has their subject", async () => {
    await using each = await open();
    await using _fleet = await openFleet(each.bus);
    const ask = async (verb: string, body: unknown) => {
      const { data } = await each.bus.call(`$JS.API.STREAM.${verb}.GLAM_EVENTS`, {
        data: JSON.stringify(body),
      });
      return JSON.parse(new TextDecoder().decode(data));
    };
    const { config } = await ask("INFO", {});
    assert.equal((await ask("UPDATE", { ...config, subjects: ["evt.shop.>"] })).error, undefined);
    const { out } = await each.call(["status"]);
    assert.match(
      out,
      /^feed-items-evt_catalog\w+ +GLAM_EVENTS +1 +0 +\S+ \(GLAM_EVENTS no longer has it\)$/m,
    );
  });

  it("plans what a layout would take, says what stands in the way, and changes nothing", async () => {
    await using each = await open();
    await using _fleet = await openFleet(each.bus);
    const before = JSON.stringify(await each.bus.listStreams!());
    const { code, out, errors } = await each.call(["plan", "catalog", "mail=email,notification"]);
    assert.equal(code, 0, errors);
    assert.match(out, /^GLAM_CATALOG +evt\.catalog\.> cmd\.catalog\.>$/m);
    assert.match(out, /^GLAM_MAIL +evt\.email\.> cmd\.email\.> evt\.notification\.> cmd\.notification\.>$/m);
    assert.match(out, /^GLAM_EVENTS would list 4 domains: credit merchant shop webhook$/m);
    assert.match(out, /^GLAM_EVENTS +GLAM_CATALOG +2 +[\d.]+ k?B +4 +3 +evt\.catalog\.> cmd\.catalog\.>$/m);
    assert.match(
      out,
      /^Copied into their streams, [\d.]+ k?B would be stored twice until the old ones expire$/m,
    );
    assert.match(out, /^service +legacy +runs 0\.1\.3 of this package, which refuses to start/m);
    assert.match(
      out,
      /^durable +mail-workers +reads evt\.catalog\.> of GLAM_EVENTS by name, as Python does/m,
    );
    assert.match(out, /^durable +feed-items-\w+ +belongs to a service that does not answer/m);
    assert.equal(out.match(/^durable +feed-moves-evt_catalog_moved_v1 +belongs to a service/gm)?.length, 1);
    assert.match(out, /^subject +evt\.ping +has 1 stored in GLAM_EVENTS, and no domain$/m);
    assert.equal(errors, "Nothing was changed, and no command moves messages or consumers\n");
    assert.equal(JSON.stringify(await each.bus.listStreams!()), before);
    const plan = JSON.parse((await each.call(["plan", "catalog", "--json"])).out);
    assert.deepEqual(plan.streams.map(({ name }: { name: string }) => name), ["GLAM_CATALOG"]);
    const [move] = plan.moves;
    assert.deepEqual([move.from, move.to, move.messages, move.durables.length], [
      "GLAM_EVENTS",
      "GLAM_CATALOG",
      2,
      4,
    ]);
    assert.ok(move.bytes > 0 && move.bytes < 2000);
  });

  it("plans the layout of streams.ts, and the way back to one stream", async () => {
    await using each = await open(["catalog"]);
    await ensureStreams(each.bus);
    await createPublisher(each.bus, { service: "test" }).publish(Stored, { n: 1 });
    const folder = await mkdtemp(join(tmpdir(), "glam-streams-"));
    try {
      const layout = (domains: unknown) =>
        writeFile(`${folder}/streams.ts`, `export const streams = ${JSON.stringify({ domains })};\n`);
      await layout(["catalog"]);
      assert.equal((await each.call(["plan"], folder)).out, "The streams are as the layout says\n");
      await layout([]);
      const { out } = await each.call(["plan", "--layout", `${folder}/streams.ts`]);
      assert.match(out, /^GLAM_CATALOG +GLAM_EVENTS +1 +\d+ B +0 +0 +evt\.catalog\.> cmd\.catalog\.>$/m);
      await writeFile(`${folder}/streams.ts`, "export const nothing = 1;\n");
      const none = await each.call(["plan", "--layout", `${folder}/streams.ts`]);
      assert.deepEqual([none.code, /to export one layout, .* got 0/.test(none.errors)], [2, true]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("refuses domains that are none", async () => {
    await using each = await open();
    for (const args of [["a.b"], ["shop", "SHOP"], ["x="], ["shop", "--layout", "a.ts"]]) {
      const { code, errors } = await each.call(["plan", ...args]);
      assert.equal(code, 2, errors);
      assert.match(errors, /^glam: (Expected|Give)/);
    }
  });
});
