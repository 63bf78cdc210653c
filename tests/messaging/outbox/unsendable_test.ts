import assert from "node:assert/strict";
import { it } from "node:test";
import { MessageBusError } from "@glam/shared/errors";
import {
  type AddOptions,
  connectNats,
  createOutbox,
  defineEvent,
  type EventContract,
} from "@glam/shared/messaging";
import * as z from "zod";
import { startNats } from "../../_support/nats_server.ts";
import { waitFor } from "../../_support/wait_for.ts";
import { healthOf, Noted, openOutbox, rowsOf, storedNumbers } from "./_outbox.ts";

const malformed: [what: string, options: AddOptions][] = [
  ["a line break in an idempotency key", { idempotencyKey: "a\nb" }],
  ["a NUL in an idempotency key", { idempotencyKey: "a\0b" }],
  ["a line break in a correlation id", { correlationId: "a\r\nb" }],
  ["a line break in a header", { headers: { "X-Own": "a\nb" } }],
  ["a colon in the name of a header", { headers: { "X:Own": "a" } }],
  ["a header of the broker", { headers: [["Nats-TTL", "1s"]] }],
];

for (const [what, options] of malformed) {
  it(`an event with ${what} is refused where it is added`, async () => {
    await using setting = await openOutbox();
    const { db, outbox } = setting;
    await assert.rejects(db.transaction((tx) => outbox.add(tx, Noted, { n: 1 }, options)), TypeError);
    assert.equal((await rowsOf(db)).length, 0);
  });
}

it("an event of a subject that nothing can be published to is refused where it is added", async () => {
  await using setting = await openOutbox();
  const { db, outbox } = setting;
  for (const subject of ["evt.*.v1", "evt.a b.v1", "evt.a\n.v1", "evt..v1", ""]) {
    const contract: EventContract<{ n: number }> = {
      ...defineEvent("evt.a.v1", z.object({ n: z.int() })),
      subject,
    };
    await assert.rejects(db.transaction((tx) => outbox.add(tx, contract, { n: 1 })), TypeError);
  }
  assert.equal((await rowsOf(db)).length, 0);
});

it("an event that is larger than the server takes is refused where it is added, to the byte", async () => {
  const limit = 2000;
  await using server = await startNats({ config: `max_payload: ${limit}` });
  await using bus = await connectNats({ servers: server.url, ...server.account() });
  await using setting = await openOutbox();
  const { db, outbox } = setting;
  await using relay = outbox.relay(bus);
  await relay.start();
  const add = (text: string) =>
    db.transaction((tx) =>
      outbox.add(tx, Noted, { n: 1, text }, { correlationId: "c", headers: { "X-Own": "é" } })
    );
  const refusedSize = async (text: string) => {
    const error = await add(text).then(() => undefined, (error) => error);
    assert.ok(error instanceof MessageBusError && error.kind === "too_large", String(error));
    return Number(/(\d+) bytes/.exec(error.message)?.[1]);
  };
  const room = limit - (await refusedSize("x".repeat(limit)) - limit);
  assert.equal(await refusedSize("x".repeat(room + 1)), limit + 1);
  assert.equal(await refusedSize("é" + "x".repeat(room - 1)), limit + 1);
  await add("x".repeat(room));
  await waitFor(async () => (await outbox.status()).sent === 1, "the event is stored");
});

it("an event with more headers than a stream takes is refused where it is added", async () => {
  await using setting = await openOutbox({ maxMessageBytes: 1_000_000 });
  const { db, outbox } = setting;
  const add = db.transaction((tx) => outbox.add(tx, Noted, { n: 1 }, { idempotencyKey: "x".repeat(65_536) }));
  await assert.rejects(add, (error) => error instanceof MessageBusError && error.kind === "too_large");
});

it("the limit of an event is that of the relay's bus, unless it is given", async () => {
  await using setting = await openOutbox();
  const { db, bus, outbox, another } = setting;
  const text = "x".repeat(bus.maxPayloadBytes);
  const add = (to = outbox) => db.transaction((tx) => to.add(tx, Noted, { n: 1, text }));
  await add();
  await using relay = outbox.relay(bus);
  await relay.start();
  await assert.rejects(add(), (error) => error instanceof MessageBusError && error.kind === "too_large");
  await add(another({ maxMessageBytes: 1_000_000 }));
  for (const maxMessageBytes of [0, 1.5, 2 ** 27, "1" as unknown as number]) {
    assert.throws(() => createOutbox(db, { service: "test", maxMessageBytes }), RangeError);
  }
});

it("a row that can never be sent is dead after one attempt, its key goes on, and health reports it", async () => {
  await using setting = await openOutbox({ backoffMs: [86_400_000], pollMs: 20 });
  const { db, bus, outbox } = setting;
  await db.transaction(async (tx) => {
    for (const n of [1, 2, 3, 4, 5]) await outbox.add(tx, Noted, { n }, { key: "k" });
  });
  // As an older version has stored them.
  await db.sql`update glam_outbox set message_id = ${"a\nb"} where body like '%"n":1%'`;
  await db.sql`update glam_outbox set headers = ${'[["A","b\\nc"]]'}::text::jsonb where body like '%"n":2%'`;
  await db.sql`update glam_outbox set body = rpad(body, 10000) where body like '%"n":4%'`;
  await using relay = outbox.relay(bus);
  await relay.start();
  await waitFor(async () => (await outbox.status()).sent === 2, "the key goes on");
  assert.deepEqual(await storedNumbers(bus), [3, 5]);
  assert.deepEqual((await outbox.dead()).map(({ attempts }) => attempts), [1, 1, 1]);
  const { status, reasons } = await healthOf(relay);
  assert.deepEqual([status, reasons], ["degraded", ["3 events are dead"]]);
});
