import assert from "node:assert/strict";
import { it } from "node:test";
import { connectDatabase, createTable, type Database } from "@glam/shared/db";
import { ConfigError } from "@glam/shared/errors";
import {
  createInbox,
  createManualClock,
  createMemoryBus,
  type Inbox,
  inboxTable,
} from "@glam/shared/messaging";
import { byExtent } from "../../_support/extent.ts";
import { createTestDatabase } from "../../_support/postgres.ts";
import { listenOnce, openInbox } from "./_inbox.ts";
import { waitFor } from "../../_support/wait_for.ts";

/** Rows that were handled so many hours ago. */
async function seed(db: Database, count: number, hours: number): Promise<void> {
  await db.sql`insert into glam_inbox (consumer, event_key, handled_at)
    select 'c', ${hours} || '-' || n, now() - ${hours}::int * interval '1 hour'
    from generate_series(1, ${count}::int) n`;
}

async function countRows(db: Database): Promise<number> {
  const [row] = await db.sql<{ count: string }>`select count(*) from glam_inbox`;
  return Number(row!.count);
}

it("the table is what `inboxTable` says, and as many as want may make it at once", async () => {
  await using db = await createTestDatabase();
  for (let round = 0; round < byExtent({ whole: 10, short: 3 }); round++) {
    await db.sql`drop table if exists glam_inbox`;
    await Promise.all(Array.from({ length: 8 }, () => createInbox(db).ensureTable()));
  }
  const columns = await db.sql<{ column_name: string; data_type: string }>`
    select column_name, data_type from information_schema.columns
    where table_schema = ${db.schema} and table_name = 'glam_inbox' order by ordinal_position`;
  assert.deepEqual(
    columns.map(({ column_name, data_type }) => [column_name, data_type]),
    [["consumer", "text"], ["event_key", "text"], ["handled_at", "timestamp with time zone"]],
  );
  assert.equal(inboxTable.name, "glam_inbox");
  const indexes = await db.sql<{ indexname: string }>`
    select indexname from pg_indexes where schemaname = ${db.schema} order by 1`;
  assert.deepEqual(indexes.map(({ indexname }) => indexname), ["ix_glam_inbox_handled_at", "pk_glam_inbox"]);
});

it("`ensureTable` leaves a table alone that a role may use and not make", async () => {
  await using db = await createTestDatabase();
  for (const statement of createTable(inboxTable)) await db.sql.unsafe(statement);
  const role = `r_${db.schema}`;
  await db.sql.unsafe(`create role ${role} login password 'secret';
    grant usage on schema ${db.schema} to ${role};
    grant select, insert, delete on ${db.schema}.glam_inbox to ${role}`).simple();
  try {
    const url = new URL(db.url);
    url.username = role;
    url.password = "secret";
    await using restricted = await connectDatabase({ url: url.href, schema: db.schema });
    const inbox = createInbox(restricted);
    await inbox.ensureTable();
    assert.equal((await inbox.once({ consumer: "c", key: "k" }, () => 7)).value, 7);
    assert.equal((await inbox.once({ consumer: "c", key: "k" }, () => 7)).duplicate, true);
  } finally {
    await db.sql.unsafe(`drop owned by ${role}; drop role ${role}`).simple();
  }
});

it("two inboxes of one database may have tables of their own, in other schemas as well", async () => {
  await using db = await createTestDatabase();
  const plain = createInbox(db, { table: "billing_inbox" });
  const schema = `${db.schema}_other`;
  const other = createInbox(db, { table: 'odd"name', schema });
  const entry = { consumer: "c", key: "k" };
  for (const inbox of [plain, other]) {
    await inbox.ensureTable();
    assert.equal((await inbox.once(entry, () => 1)).duplicate, false);
    assert.equal((await inbox.once(entry, () => 1)).duplicate, true);
    assert.equal(await inbox.cleanUp(), 0);
  }
  assert.deepEqual([other.table.schema, other.table.name], [schema, 'odd"name']);
  await db.sql.unsafe(`drop schema ${schema} cascade`);
});

it("a listener does not start without the table, and says what to do", async () => {
  await using db = await createTestDatabase();
  await using bus = createMemoryBus();
  await using listener = listenOnce(bus, createInbox(db));
  await assert.rejects(listener.start(), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /table "glam_inbox".*`inbox\.table`.*`inbox\.ensureTable\(\)`/s);
    return true;
  });
});

it("rows that are older than the retention are deleted in batches, and no others", async () => {
  await using db = await createTestDatabase();
  const inbox = await openInbox(db, { retentionMs: 48 * 3_600_000 });
  await seed(db, 2500, 49);
  await seed(db, 10, 47);
  const statements: string[] = [];
  const sizes: number[] = [];
  const watched = createInbox({
    ...db,
    transaction: async (fn: never, options: never) => {
      const before = await countRows(db);
      const result = await db.transaction(fn, options);
      sizes.push(before - await countRows(db));
      statements.push("transaction");
      return result as never;
    },
  }, { retentionMs: 48 * 3_600_000 });
  assert.equal(await watched.cleanUp(), 2500);
  assert.deepEqual(sizes, [1000, 1000, 500], "each batch is a transaction of its own");
  assert.equal(await countRows(db), 10);
  assert.equal(await inbox.cleanUp(), 0);
});

it("the default retention outlives a dead letter that is redriven on its last day", async () => {
  await using db = await createTestDatabase();
  const inbox = await openInbox(db);
  await seed(db, 1, 24 + 168 + 24);
  await seed(db, 1, 241);
  assert.equal(await inbox.cleanUp(), 1);
  assert.equal(await countRows(db), 1);
});

it("while one process cleans up, another one has nothing to do and waits for nothing", async () => {
  await using db = await createTestDatabase();
  await using second = await connectDatabase({ url: db.url, schema: db.schema });
  const inbox = await openInbox(db);
  const other = createInbox(second);
  await seed(db, 5, 300);
  const held = Promise.withResolvers<void>();
  const deleted = Promise.withResolvers<void>();
  // The first one is at work: its transaction has the lock.
  const working = db.transaction(async () => {
    assert.equal(await inbox.cleanUp(), 5);
    deleted.resolve();
    await held.promise;
  });
  await deleted.promise;
  assert.equal(await other.cleanUp(), 0);
  held.resolve();
  await working;
  assert.equal(await countRows(db), 0);
});

it("a running listener cleans up, and stops doing so with its end", async () => {
  await using db = await createTestDatabase();
  const clock = createManualClock();
  await using bus = createMemoryBus({ clock });
  const inbox = await openInbox(db, { cleanUpEveryMs: 60_000 });
  let calls = 0;
  const counted: Inbox = { ...inbox, cleanUp: (options) => (calls++, inbox.cleanUp(options)) };
  const listener = listenOnce(bus, counted);
  await listener.start();
  for (let round = 0; round < 2; round++) {
    await seed(db, 3, 300 + round);
    await waitFor(async () => {
      await clock.advance(60_000);
      return await countRows(db) === 0;
    }, "they are deleted");
  }
  await listener.stop();
  const before = calls;
  assert.ok(before >= 2);
  await seed(db, 3, 400);
  await clock.advance(600_000);
  assert.equal(calls, before);
  assert.equal(await countRows(db), 3);
});

it("clean-up ends after the batch at hand when its signal aborts", async () => {
  await using db = await createTestDatabase();
  await seed((await openInbox(db), db), 2500, 300);
  const stop = new AbortController();
  const inbox = createInbox({
    ...db,
    transaction: async (fn: never, options: never) => {
      stop.abort();
      return await db.transaction(fn, options) as never;
    },
  });
  assert.equal(await inbox.cleanUp({ signal: stop.signal }), 1000);
});
