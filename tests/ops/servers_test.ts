// The page on real servers: very many dead letters, and servers that hang.
import assert from "node:assert/strict";
import { after, it } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { connectDatabase } from "@glam/shared/db";
import {
  connectNats,
  createListener,
  createOutbox,
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
import { startPostgres } from "../_support/postgres.ts";
import { recordingLogger } from "../_support/recording_logger.ts";
import { waitFor } from "../_support/wait_for.ts";
import { bury, mountOps } from "./_support.ts";

const nats = await startNats();
after(() => nats.stop());

const Numbered: EventContract<{ n: number }> = defineEvent("evt.test.numbered.v1", z.object({ n: z.int() }));

async function fill(bus: MessageBus, total: number, rare: number): Promise<void> {
  for (let from = 0; from < total; from += 2000) {
    const size = Math.min(2000, total - from);
    await Promise.all(
      Array.from({ length: size }, (_, index) =>
        bury(bus, {
          subject: (from + index) % 4 === 0 ? "evt.order.paid.v1" : "evt.order.placed.v1",
          // In the oldest half, so that looking for them goes far back.
          code: from + index < rare ? "RARE" : "COMMON",
          data: JSON.stringify({ n: from + index, text: "x".repeat(300) }),
        })),
    );
  }
}

it("many dead letters are listed, filtered, counted and redriven with progress", async () => {
  const total = byExtent({ whole: 100_000, short: 5000 });
  await using bus = await connectNats({ servers: nats.url, ...nats.account() });
  await ensureStreams(bus);
  await fill(bus, total, 500);
  const ops = mountOps({ bus });
  const get = async (path: string) => {
    const { status, text } = await ops.get(path);
    assert.equal(status, 200, path);
    return text;
  };
  const first = await get("/ops/dead-letters");
  assert.equal(first.match(/dead-letters\/\d+">/g)!.length, 50);
  assert.match(first, new RegExp(`${total.toLocaleString("en-US")} dead letters`));
  const bySubject = await get("/ops/dead-letters?subject=evt.order.paid.v1");
  assert.equal(bySubject.match(/dead-letters\/\d+">/g)!.length, 50);
  let path = "/ops/dead-letters?code=RARE";
  let rare = await get(path);
  // It looks for two seconds, and then leads on.
  while (!/dead-letters\/\d+">/.test(rare)) {
    path = `/ops/dead-letters${/rel="next" href="([^"]+)"/.exec(rare)![1]!.replaceAll("&amp;", "&")}`;
    rare = await get(path);
  }
  assert.match(rare, />500</); // the newest of the rare ones
  assert.match(
    await get("/ops/dead-letters/redrive?code=RARE"),
    /<strong>500 dead letters<\/strong>/,
  );
  assert.match(
    await get("/ops"),
    new RegExp(`<p class="big">${total.toLocaleString("en-US")}</p>`),
  );
  await get("/ops/streams");
  const done = await ops.post("/ops/dead-letters/redrive", { code: "RARE", rate: "1000" });
  assert.match(done.text, /Redrove 500 of 500 dead letters/);
  assert.match(done.text, /<progress max="500" value="\d+">/);
  assert.equal((await bus.streamInfo(Streams.EVENTS))!.messages, 500);
  assert.equal((await bus.streamInfo(Streams.DLQ))!.messages, total - 500);
});

it("the overview answers while Postgres and NATS hang, and says which has no answer", async () => {
  await using server = await startNats();
  await using postgres = await startPostgres();
  await using bus = await connectNats({ servers: server.url, ...server.account() });
  await using database = await connectDatabase({ url: postgres.url });
  await ensureStreams(bus);
  const outbox = createOutbox(database, { service: "test" });
  await outbox.ensureTable();
  const ops = mountOps({ bus, database, outbox });
  const tiles = async () => {
    const { status, text } = await ops.get("/ops");
    assert.equal(status, 200);
    return [...text.matchAll(
      /<section class="tile \w+"><h2><a[^>]*>([^<]+)<\/a><\/h2>\s*([\s\S]*?)<\/section>/g,
    )].filter(([, , content]) => content!.includes("no answer within 1.5 s")).map(([, title]) => title!);
  };
  const shows = (unanswered: readonly string[]) =>
    waitFor(
      async () => isDeepStrictEqual(await tiles(), unanswered),
      () => `without an answer: ${unanswered.join(", ") || "none"}`,
    );
  await shows([]);
  try {
    await postgres.pause();
    await shows(["Outbox", "Database"]);
    const { status, text } = await ops.get("/ops/outbox");
    assert.deepEqual([status, /The database: (no answer|DATABASE_ERROR)/.test(text)], [503, true]);
    await server.pause();
    await shows(["Fleet", "Dead letters", "Streams", "Outbox", "Database"]);
    assert.equal((await ops.get("/ops/streams")).status, 200);
    await postgres.resume();
    await shows(["Fleet", "Dead letters", "Streams"]);
  } finally {
    await postgres.resume();
    await server.resume();
  }
  await shows([]);
});

it("streams show how full they are, and consumers how far they are and whether anybody asks", async () => {
  await using bus = await connectNats({
    servers: nats.url,
    ...nats.account(),
    streams: { dlq: { maxMessages: 10 } },
  });
  await ensureStreams(bus);
  const listener = createListener(bus, {
    service: "shop",
    queueGroup: "orders",
    events: [Numbered],
    logger: recordingLogger().logger,
    handle: () => {},
  });
  await listener.start();
  const ops = mountOps({ bus, listeners: [listener] });
  const rowOf = async () =>
    /<td data-title="Consumer"[\s\S]*?<\/tr>/.exec((await ops.get("/ops/streams")).text)![0];
  assert.match(await rowOf(), /evt\.test\.numbered\.v1[\s\S]*badge good">asks/);
  await listener.stop();
  await createPublisher(bus, { service: "test" }).publish(Numbered, { n: 1 });
  await waitFor(async () => /nobody asks/.test(await rowOf()), "nobody asks any more");
  assert.match(await rowOf(), /data-title="Waiting" class="number">1</);
  for (let n = 0; n < 10; n++) await bury(bus);
  assert.match((await ops.get("/ops/streams")).text, /title="100 % full"[\s\S]*badge bad">full/);
  const { text } = await ops.get("/ops");
  assert.match(text, /GLAM_DLQ is 100 % full/);
  assert.match(text, /1 consumer with messages that nobody asks for/);
  assert.match(text, /full: listeners wait for room/);
});

it("a partition that handles a message is at its limit, and partition 2 comes before partition 10", async () => {
  const Ordered: EventContract<{ n: number }> = defineEvent("evt.test.ordered.v1", z.object({ n: z.int() }), {
    keyOf: ({ n }) => `${n}`,
    partitions: 12,
  });
  await using bus = await connectNats({ servers: nats.url, ...nats.account() });
  await ensureStreams(bus);
  const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const listener = createListener(bus, {
    service: "shop",
    queueGroup: "ordered",
    events: [Ordered],
    logger: recordingLogger().logger,
    async handle() {
      begun.resolve();
      await gate.promise;
    },
  });
  await listener.start();
  const ops = mountOps({ bus, listeners: [listener] });
  const publisher = createPublisher(bus, { service: "test" });
  for (let count = 0; count < 2; count++) await publisher.publish(Ordered, { n: 1 });
  await begun.promise;

  const { text } = await ops.get("/ops/streams");
  const rows = text.match(/<td data-title="Consumer"[\s\S]*?<\/tr>/g)!;
  assert.deepEqual(
    rows.map((row) => /_p(\d+)</.exec(row)![1]),
    Array.from({ length: 12 }, (_, partition) => `${partition}`),
  );
  const badges = rows.map((row) => /<span class="badge[^>]*>([^<]*)</.exec(row)![1]);
  assert.deepEqual(badges.toSorted(), [...Array(11).fill("asks"), "at its limit"]);
  assert.doesNotMatch((await ops.get("/ops")).text, /nobody asks for/);
  gate.resolve();
  await listener.stop();
});

it("dead events of the outbox are shown and tried again, their errors only to who may see them", async () => {
  await using postgres = await startPostgres();
  await using database = await connectDatabase({ url: postgres.url });
  await using bus = await connectNats({ servers: nats.url, ...nats.account() });
  await ensureStreams(bus);
  const outbox = createOutbox(database, { service: "test" });
  await outbox.ensureTable();
  for (const n of [1, 2, 3]) {
    await database.transaction((tx) => outbox.add(tx, Numbered, { n }, { key: "k-secret" }));
  }
  await database.sql`update glam_outbox set status = 'dead', last_error = 'the secret reason'`;
  const reader = mountOps({ bus, outbox }, { name: "reader", can: ["read", "retry"] });
  const { text } = await reader.get("/ops/outbox");
  assert.match(text, /evt\.test\.numbered\.v1/);
  assert.doesNotMatch(text, /the secret reason|k-secret/);
  const ops = mountOps({ bus, outbox });
  assert.match((await ops.get("/ops/outbox")).text, /the secret reason/);
  const [, eventId] = /name="event" value="([^"]+)"/.exec(text)!;
  assert.match(
    (await reader.post("/ops/outbox/retry", { event: eventId! })).text,
    /1 event will be tried again/,
  );
  assert.match((await ops.post("/ops/outbox/retry", {})).text, /2 events will be tried again/);
  assert.equal((await outbox.status()).dead, 0);
  assert.deepEqual(reader.audits(), [
    { operator: "reader", action: "outbox.retry", event_id: eventId, subject: undefined, retried: 1 },
  ]);
  assert.deepEqual(ops.audits().map((line) => (line as { action: string }).action), [
    "outbox.errors.show",
    "outbox.retry",
  ]);
});
