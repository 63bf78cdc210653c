import assert from "node:assert/strict";
import { it } from "node:test";
import { runWithContext } from "@glam/shared/context";
import { connectDatabase, createTable, Migrator } from "@glam/shared/db";
import { ContractError, type DatabaseError } from "@glam/shared/errors";
import { createMemoryBus, createOutbox, createPublisher, outboxTable } from "@glam/shared/messaging";
import { createTestDatabase, sharedPostgres } from "../../_support/postgres.ts";
import { waitFor } from "../../_support/wait_for.ts";
import { addNumbers, Noted, openOutbox, relayOnce, rowsOf, storedEvents, storedNumbers } from "./_outbox.ts";

it("an event is in the outbox exactly when its transaction has committed", async () => {
  await using setting = await openOutbox();
  const { db, bus, outbox } = setting;
  await using relay = outbox.relay(bus);
  await relay.start();
  await db.sql`create table orders (n int)`;
  await assert.rejects(
    db.transaction(async (tx) => {
      await tx`insert into orders values (1)`;
      await outbox.add(tx, Noted, { n: 1 });
      throw new Error("The card was refused");
    }),
    /The card was refused/,
  );
  await db.transaction(async (tx) => {
    await tx`insert into orders values (2)`;
    await outbox.add(tx, Noted, { n: 2 });
  });
  await waitFor(async () => (await outbox.status()).sent === 1);
  assert.deepEqual(await storedNumbers(bus), [2]);
  assert.deepEqual((await db.sql<{ n: number }>`select n from orders`).map(({ n }) => n), [2]);
});

it("a nested transaction that is rolled back takes its event with it", async () => {
  await using setting = await openOutbox();
  const { db, outbox } = setting;
  await db.transaction(async (tx) => {
    await outbox.add(tx, Noted, { n: 1 });
    await assert.rejects(db.transaction(async (inner) => {
      await outbox.add(inner, Noted, { n: 2 });
      throw new Error("No");
    }));
  });
  assert.equal((await rowsOf(db)).length, 1);
});

it("what the pool's own tag would write outside of a transaction is refused, with what to write instead", async () => {
  await using setting = await openOutbox();
  const { db, outbox } = setting;
  await assert.rejects(
    outbox.add(db.sql, Noted, { n: 1 }),
    new TypeError(
      'Cannot add "evt.test.noted.v1" to the outbox outside of a transaction: write db.transaction((tx) => outbox.add(tx, ...))',
    ),
  );
  await assert.rejects(outbox.add(undefined as never, Noted, { n: 1 }), TypeError);
  const pool = Object.assign(() => {}, { begin() {} });
  await assert.rejects(outbox.add(pool as never, Noted, { n: 1 }), TypeError);
  // Within a transaction's callback that tag joins it.
  await db.transaction(() => outbox.add(db.sql, Noted, { n: 2 }));
  assert.equal((await rowsOf(db)).length, 1);
});

it("data that break the contract, and headers that are not allowed, are refused before anything is written", async () => {
  await using setting = await openOutbox();
  const { db, outbox } = setting;
  await db.transaction(async (tx) => {
    await assert.rejects(outbox.add(tx, Noted, { n: "x" as never }), ContractError);
    await assert.rejects(outbox.add(tx, Noted, { n: 1 }, { headers: { "Nats-Msg-Id": "mine" } }), TypeError);
    await assert.rejects(outbox.add(tx, Noted, { n: 1 }, { headers: { a: "b\r\nc: d" } }), TypeError);
    await assert.rejects(outbox.add(tx, Noted, { n: 1 }, { key: "" }), TypeError);
    await assert.rejects(outbox.add(tx, Noted, { n: 1 }, { availableAt: new Date(NaN) }), TypeError);
  });
  assert.equal((await rowsOf(db)).length, 0);
});

it("ids, correlation, trace, metadata and headers are those of the moment of add, as a publisher would send them", async () => {
  await using setting = await openOutbox();
  const { db, bus, outbox } = setting;
  const context = {
    requestId: "req_1",
    correlationId: "corr_1",
    service: "test",
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    tracestate: "vendor=1",
    baggage: "tenant=7",
  };
  const options = { idempotencyKey: "k1", metadata: { why: "é\u0000" }, headers: { "X-Own": "1" } };
  const { eventId } = await runWithContext(
    context,
    () => db.transaction((tx) => outbox.add(tx, Noted, { n: 1, text: "\ud83d\ude00 \u0000" }, options)),
  );
  await relayOnce(outbox, bus);
  const plain = createMemoryBus();
  await runWithContext(
    context,
    () => createPublisher(plain, { service: "test" }).publish(Noted, { n: 1 }, options),
  );
  const [[stored], [direct]] = [await storedEvents(bus), await storedEvents(plain)];
  assert.equal(stored!.event.event_id, eventId);
  assert.equal(stored!.id, "evt.test.noted.v1:k1");
  assert.deepEqual([...stored!.headers.keys()].sort(), [...direct!.headers.keys()].sort());
  for (const name of ["x-correlation-id", "tracestate", "baggage", "content-type", "x-own", "nats-msg-id"]) {
    assert.equal(stored!.headers.get(name), direct!.headers.get(name), name);
  }
  assert.match(stored!.headers.get("traceparent")!, /^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
  assert.deepEqual(stored!.event.metadata, options.metadata);
  assert.deepEqual(stored!.event.data, { n: 1, text: "\ud83d\ude00 \u0000" });
  assert.deepEqual([stored!.event.correlation_id, stored!.event.source_service], ["corr_1", "test"]);
  await plain.close();
});

it("the table is made by several processes at once, and is the one that migrations make", async () => {
  await using db = await createTestDatabase({ poolSize: 10 });
  const outboxes = Array.from({ length: 8 }, () => createOutbox(db, { service: "test" }));
  await Promise.all(outboxes.map((outbox) => outbox.ensureTable()));
  const [row] = await db.sql`select count(*)::int as n from pg_indexes where tablename = 'glam_outbox'
    and schemaname = ${db.schema}`;
  assert.equal(row?.n, createTable(outboxTable).length); // the primary key's, in place of the table
  const migrator = new Migrator(db, { migrations: [] });
  assert.equal(await migrator.create("nothing", { autogenerate: [outboxTable] }), undefined);
});

it("table and schema may have any name, and each table is an outbox of its own", async () => {
  await using setting = await openOutbox();
  const { db, bus } = setting;
  const schema = `${db.schema} "it's"`;
  const table = `a "b" c'd`;
  const odd = setting.another({ schema, table });
  try {
    await odd.ensureTable();
    await odd.ensureTable();
    await db.transaction((tx) => odd.add(tx, Noted, { n: 7 }, { key: "k" }));
    assert.equal((await odd.status()).pending, 1);
    assert.equal((await setting.outbox.status()).pending, 0);
    await relayOnce(odd, bus);
    assert.deepEqual(await storedNumbers(bus), [7]);
    assert.equal(odd.table.schema, schema);
  } finally {
    await db.sql.unsafe(`drop schema if exists "${schema.replaceAll('"', '""')}" cascade`);
  }
});

it("a table that is missing is said to be, with what to do", async () => {
  await using db = await createTestDatabase();
  const outbox = createOutbox(db, { service: "test" });
  const expected = {
    name: "ConfigError",
    message: /Cannot find the outbox's table "glam_outbox".*ensureTable\(\)/,
  };
  await assert.rejects(db.transaction((tx) => outbox.add(tx, Noted, { n: 1 })), expected);
  await assert.rejects(outbox.status(), expected);
  const bus = createMemoryBus();
  const relay = outbox.relay(bus);
  await assert.rejects(relay.start(), expected);
  assert.equal((await relay.health()).status, "unhealthy");
  await relay.stop();
  await bus.close();
});

it("an outbox that cannot reach its database says so, and not that the table is missing", async () => {
  const url = new URL(await sharedPostgres());
  url.port = "1";
  await using db = await connectDatabase({ url: url.href, lazy: true });
  const outbox = createOutbox(db, { service: "test" });
  await assert.rejects(outbox.status(), (error: DatabaseError) => {
    assert.equal(error.details["retryable"], true);
    assert.doesNotMatch(error.message, /Cannot find/);
    return true;
  });
});

it("an outbox refuses options that it cannot work with", async () => {
  await using setting = await openOutbox();
  const { db, bus, outbox } = setting;
  for (const service of ["", "my service", undefined as unknown as string]) {
    assert.throws(() => createOutbox(db, { service }), TypeError);
  }
  const wrong = [
    { table: "" },
    { table: "a.b" },
    { table: "é".repeat(32) },
    { schema: "a\0" },
    { maxAttempts: 0 },
    { backoffMs: [] },
    { backoffMs: [1, -1] },
    { batchSize: 0 },
    { batchSize: 10_001 },
    { pollMs: 9 },
    { retentionMs: -1 },
  ];
  for (const options of wrong) {
    assert.throws(
      () => createOutbox(db, { service: "test", ...options }),
      RangeError,
      JSON.stringify(options),
    );
  }
  assert.throws(() => outbox.relay(bus, { graceMs: -1 }), RangeError);
  assert.throws(() => outbox.relay(bus, { ackTimeoutMs: 0 }), RangeError);
  assert.throws(() => outbox.relay(bus, { degradedAfterMs: 0 }), RangeError);
  assert.throws(() => outbox.relay(bus, { listen: "yes" as never }), TypeError);
  await assert.rejects(outbox.dead({ limit: 0 }), RangeError);
  await addNumbers(db, outbox, []);
});
