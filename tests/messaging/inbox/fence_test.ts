import assert from "node:assert/strict";
import { it } from "node:test";
import { createTable, type Sql } from "@glam/shared/db";
import { ConfigError, ConflictError } from "@glam/shared/errors";
import {
  createDeadLetters,
  createInbox,
  createListener,
  createMemoryBus,
  createPublisher,
  defineEvent,
  ensureStreams,
  type Inbox,
  inboxFenceTable,
} from "@glam/shared/messaging";
import * as z from "zod";
import { createTestDatabase, type TestDatabase } from "../../_support/postgres.ts";
import { waitFor } from "../../_support/wait_for.ts";
import { silent } from "./_inbox.ts";

const Keyed = defineEvent(
  "evt.test.keyed.v1",
  z.object({ key: z.string(), n: z.int() }),
  { partitions: 4, keyOf: (data) => data.key },
);

const NOON = Date.parse("2026-01-01T12:00:00Z");

async function openFenced(): Promise<TestDatabase & { readonly inbox: Inbox }> {
  const db = await createTestDatabase();
  const inbox = createInbox(db, { fence: true });
  await inbox.ensureTable();
  await db.sql`create table effects (n int not null)`;
  return Object.assign(db, { inbox });
}

/** Handles one event; gives `done`, `duplicate` or `stale`. */
async function handle(
  inbox: Inbox,
  event: string,
  fence: { sequence: number; stream?: string; storedAt?: number; key?: string },
  work: (tx: Sql) => unknown = () => {},
): Promise<string> {
  const entry = {
    consumer: "c",
    key: event,
    fence: { key: "k", stream: "GLAM_EVENTS", storedAt: NOON, ...fence },
  };
  try {
    const { duplicate } = await inbox.once(entry, async (tx) => void await work(tx));
    return duplicate ? "duplicate" : "done";
  } catch (error) {
    assert.ok(error instanceof ConflictError && error.code === "STALE_EVENT", String(error));
    return "stale";
  }
}

it("an older event of a key is refused after a newer one, before its handler, and leaves nothing behind", async () => {
  await using db = await openFenced();
  const { inbox } = db;
  assert.equal(await handle(inbox, "e3", { sequence: 3 }), "done");
  assert.equal(await handle(inbox, "e5", { sequence: 5 }), "done");
  let calls = 0;
  assert.equal(await handle(inbox, "e4", { sequence: 4 }, () => calls++), "stale");
  assert.equal(calls, 0);
  assert.equal((await db.sql`select from glam_inbox where event_key = 'e4'`).length, 0);
  // What was handled is a duplicate and not refused, and other keys have fences of their own.
  assert.equal(await handle(inbox, "e3", { sequence: 3 }), "duplicate");
  assert.equal(await handle(inbox, "f4", { sequence: 4, key: "other" }), "done");
  assert.equal(await handle(inbox, "e6", { sequence: 6 }), "done");
});

it("a handler that fails leaves the fence where it was", async () => {
  await using db = await openFenced();
  const { inbox } = db;
  const failing = handle(inbox, "e5", { sequence: 5 }, () => {
    throw new Error("not now");
  });
  await assert.rejects(failing);
  assert.equal(await handle(inbox, "e4", { sequence: 4 }), "done");
  assert.equal(await handle(inbox, "e5", { sequence: 5 }), "done");
});

it("between two streams, and after a stream was made again, the time decides", async () => {
  await using db = await openFenced();
  const { inbox } = db;
  assert.equal(await handle(inbox, "a", { sequence: 1000 }), "done");
  // Moved to another stream, whose sequences begin anew.
  assert.equal(await handle(inbox, "b", { sequence: 1, stream: "GLAM_ORDERS", storedAt: NOON + 10 }), "done");
  assert.equal(await handle(inbox, "c", { sequence: 1001, storedAt: NOON + 5 }), "stale");
  // Made again.
  const later = { stream: "GLAM_ORDERS", storedAt: NOON + 3_600_000 };
  assert.equal(await handle(inbox, "d", { sequence: 1, ...later }), "done");
  assert.equal(await handle(inbox, "e", { sequence: 2, ...later }), "done");
  assert.equal(await handle(inbox, "f", { sequence: 1, ...later }), "stale");
  // Servers of a cluster do not agree on the time.
  assert.equal(await handle(inbox, "g", { sequence: 3, ...later, storedAt: later.storedAt - 500 }), "done");
});

it("two transactions of a key wait for each other, and the older one is refused when it comes second", async () => {
  await using db = await openFenced();
  const { inbox } = db;
  const entered = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const newer = handle(inbox, "e5", { sequence: 5 }, () => (entered.resolve(), gate.promise));
  await entered.promise;
  const older = handle(inbox, "e4", { sequence: 4 });
  gate.resolve();
  assert.deepEqual(await Promise.all([newer, older]), ["done", "stale"]);
});

it("a key of any characters and length has a fence", async () => {
  await using db = await openFenced();
  for (const key of ["a\0b", "🛒".repeat(3000), "\ud800"]) {
    assert.equal(await handle(db.inbox, `${key} 2`, { sequence: 2, key }), "done");
    assert.equal(await handle(db.inbox, `${key} 1`, { sequence: 1, key }), "stale");
  }
});

it("the table of fences is what `inboxFenceTable` says, is made with the inbox, and is missed where it is not", async () => {
  await using db = await createTestDatabase();
  await createInbox(db).ensureTable();
  const inbox = createInbox(db, { fence: true });
  await assert.rejects(
    inbox.ping(),
    (error: Error) =>
      error instanceof ConfigError && /"glam_inbox_fences".*`inbox\.fenceTable`/.test(error.message),
  );
  await inbox.ensureTable();
  await inbox.ping();
  const columnsOf = async () =>
    [
      ...await db.sql<{ name: string; type: string }>`
      select column_name as name, data_type as type from information_schema.columns
      where table_schema = ${db.schema} and table_name = 'glam_inbox_fences' order by ordinal_position`,
    ]
      .map(({ name, type }) => `${name} ${type}`);
  const made = await columnsOf();
  await db.sql`drop table glam_inbox_fences`;
  for (const statement of createTable(inboxFenceTable)) await db.sql.unsafe(statement);
  assert.deepEqual(await columnsOf(), made);
  assert.deepEqual(made[3], "sequence bigint");
  assert.equal(createInbox(db).fenceTable, undefined);
  assert.equal(createInbox(db, { fence: true, table: "mine" }).fenceTable?.name, "mine_fences");
});

it("a clean-up removes old fences", async () => {
  await using db = await openFenced();
  await handle(db.inbox, "a", { sequence: 1 });
  await handle(db.inbox, "b", { sequence: 1, key: "other" });
  await db.sql`update glam_inbox_fences set handled_at = now() - interval '11 days' where key = 'k'`;
  await db.inbox.cleanUp();
  const left = await db.sql<{ key: string }>`select key from glam_inbox_fences`;
  assert.deepEqual(left.map(({ key }) => key), ["other"]);
});

it("a listener makes an event a dead letter that comes after a newer one of its key, and loses nothing", async () => {
  await using db = await openFenced();
  await using bus = createMemoryBus();
  await ensureStreams(bus);
  // As where a key was moved to another partition although events of it still waited in the former one.
  const publisher = createPublisher(bus, { service: "test" });
  await publisher.publish(Keyed, { key: "a", n: 1 });
  const [stored] = [await bus.readMessage("GLAM_EVENTS", { sequence: 1 })];
  await publisher.publish(Keyed, { key: "a", n: 2 });
  await db.inbox.once({
    consumer: "test-fence-evt_test_keyed_v1",
    key: "of the new partition",
    fence: { key: "a", stream: "GLAM_EVENTS", sequence: 2, storedAt: Number(stored!.timeNanos / 1_000_000n) },
  }, () => {});
  const seen: number[] = [];
  await using listener = createListener(bus, {
    service: "test",
    queueGroup: "fence",
    events: [Keyed],
    inbox: db.inbox,
    logger: silent,
    async handle({ tx, data }) {
      await tx`insert into effects (n) values (${data.n})`;
      seen.push(data.n);
    },
  });
  await listener.start();
  await publisher.publish(Keyed, { key: "a", n: 3 });
  await waitFor(() => seen.includes(3), "the newest is handled");
  const dead = createDeadLetters(bus);
  const codes: (string | undefined)[] = [];
  for await (const letter of dead.list()) codes.push(letter.errorCode);
  assert.deepEqual(codes, ["STALE_EVENT", "STALE_EVENT"]);
  // Redriven, it has a place behind them, and is handled there.
  await dead.redrive("all");
  await waitFor(() => seen.length === 3, "both are handled");
  assert.deepEqual(seen, [3, 1, 2]);
});
