import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { it } from "node:test";
import { connectDatabase, type Database } from "@glam/shared/db";
import { createManualClock, createMemoryBus, createOutbox, type Relay } from "@glam/shared/messaging";
import { startPgBouncer } from "../../_support/pgbouncer.ts";
import { copyTemplate } from "../../_support/pglite.ts";
import { sharedPostgres } from "../../_support/postgres.ts";
import { waitFor } from "../../_support/wait_for.ts";
import { addNumbers, healthOf, openOutbox, range, storedNumbers } from "./_outbox.ts";

/** As long as no test lasts: what goes out then was woken for, and not found by polling. */
const NEVER_MS = 3_600_000;

async function listens(relay: Relay): Promise<void> {
  await waitFor(async () => (await relay.health()).listening);
}

/** Ends the connections that listen on this database's notifications. */
async function killListeners(db: Database): Promise<number> {
  const rows = await db.sql`select pg_terminate_backend(pid) from pg_stat_activity
    where query like 'listen "glam_outbox_%' and application_name = current_setting('application_name')`;
  return rows.length;
}

/** An outbox whose relay has come to look every minute, by a clock that only {@link drowsy} and the tests move. */
async function drowsy(listen: boolean) {
  const setting = await openOutbox();
  const { db } = setting;
  const clock = createManualClock();
  const bus = createMemoryBus({ clock });
  let looks = 0;
  const transaction: Database["transaction"] = (fn, options) => {
    looks++;
    return db.transaction(fn, options);
  };
  const outbox = createOutbox({ ...db, transaction }, { service: "test", pollMs: 60_000 });
  const relay = outbox.relay(bus, { listen });
  await relay.start();
  if (listen) await listens(relay);
  // Each pause is twice as long as the one before.
  await waitFor(async () => {
    await clock.advance(60_000);
    return looks >= 20;
  });
  return {
    ...setting,
    bus,
    outbox,
    /** Waits until so many events are sent, in a few seconds by the clock of the relay. */
    async sent(count: number): Promise<void> {
      let ms = 0; // of the minute after which the relay would look by itself
      await waitFor(async () => {
        if (ms < 20_000) await clock.advance(10);
        ms += 10;
        return (await outbox.status()).sent >= count;
      }, "something has woken the relay");
    },
    async [Symbol.asyncDispose]() {
      await relay.stop();
      await bus.close();
      await setting[Symbol.asyncDispose]();
    },
  };
}

it("a commit elsewhere wakes a relay that would not look for a minute", async () => {
  await using setting = await drowsy(true);
  // Another outbox, as that of another process: this relay hears of it from the database alone.
  await addNumbers(setting.db, setting.another(), [1]);
  await setting.sent(1);
  assert.deepEqual(await storedNumbers(setting.bus), [1]);
});

it("a connection that listens and is killed is made again, and what was added meanwhile goes out", async () => {
  await using setting = await openOutbox({ pollMs: NEVER_MS }, {
    applicationName: `killed_${crypto.randomUUID()}`,
  });
  const { db, bus, outbox } = setting;
  await using relay = outbox.relay(bus);
  await relay.start();
  await listens(relay);
  const elsewhere = setting.another();
  for (let n = 1; n <= 3; n++) {
    assert.equal(await killListeners(db), 1);
    await addNumbers(db, elsewhere, [n]);
    await waitFor(async () => (await outbox.status()).sent === n);
    await listens(relay);
  }
  await addNumbers(db, elsewhere, [4]);
  await waitFor(async () => (await outbox.status()).sent === 4);
  assert.deepEqual(await storedNumbers(bus), [1, 2, 3, 4]);
});

it("without any notification events go out within the poll interval", async () => {
  await using setting = await openOutbox({ pollMs: 50 });
  const { db, bus, outbox } = setting;
  await using relay = outbox.relay(bus, { listen: false });
  await relay.start();
  const elsewhere = setting.another();
  for (let n = 1; n <= 3; n++) {
    await addNumbers(db, elsewhere, [n]);
    await waitFor(async () => (await outbox.status()).sent === n);
  }
  assert.equal((await relay.health()).listening, false);
  assert.deepEqual(await storedNumbers(bus), [1, 2, 3]);
});

it("an outbox hurries the relays of its own process without the database", async () => {
  await using setting = await drowsy(false);
  await addNumbers(setting.db, setting.outbox, [1]);
  await setting.sent(1);
  assert.deepEqual(await storedNumbers(setting.bus), [1]);
});

it("behind PgBouncer in transaction mode a relay polls, keeps order and sends everything", async () => {
  const schema = `pooled_${crypto.randomUUID().slice(0, 8)}`;
  await using bouncer = await startPgBouncer(await sharedPostgres(), { poolSize: 4 });
  await using db = await connectDatabase({ url: bouncer.url, pooler: true, poolSize: 20 });
  const bus = createMemoryBus();
  const create = () => createOutbox(db, { service: "test", schema, pollMs: 20, batchSize: 20 });
  const outbox = create();
  try {
    await outbox.ensureTable();
    const relays = [create().relay(bus), create().relay(bus)];
    await Promise.all(relays.map((relay) => relay.start()));
    for (let n = 1; n <= 200; n += 10) await addNumbers(db, outbox, range(n, n + 9), () => "a");
    await waitFor(async () => (await outbox.status()).sent === 200);
    assert.equal((await relays[0]!.health()).listening, false);
    await Promise.all(relays.map((relay) => relay.stop()));
    assert.deepEqual(await storedNumbers(bus), range(1, 200));
  } finally {
    await db.sql.unsafe(`drop schema if exists "${schema}" cascade`);
    await bus.close();
  }
});

it("on PGlite, with one session and one connection, a relay polls beside the service", async () => {
  const parent = await mkdtemp(`${tmpdir()}/glam-outbox-`);
  await copyTemplate(`${parent}/data`);
  const lite = await PGlite.create(`${parent}/data`);
  const server = new PGLiteSocketServer({ db: lite, port: 0, host: "127.0.0.1", maxConnections: 2 });
  let connections = 0;
  server.addEventListener("connection", () => connections++);
  await server.start();
  const bus = createMemoryBus();
  try {
    const url = `postgres://postgres:postgres@${server.getServerConn()}/postgres`;
    await using db = await connectDatabase({ url, poolSize: 1, schema: "shop" });
    const outbox = createOutbox(db, { service: "test", schema: "shop" });
    await outbox.ensureTable();
    await using relay = outbox.relay(bus);
    await relay.start();
    for (let n = 1; n <= 50; n++) await addNumbers(db, outbox, [n], () => "a");
    await waitFor(async () => (await outbox.status()).sent === 50);
    const { status, listening } = await healthOf(relay);
    assert.deepEqual([status, listening, connections], ["healthy", false, 1]);
    assert.deepEqual(await storedNumbers(bus), range(1, 50));
  } finally {
    await server.stop();
    await lite.close();
    await rm(parent, { recursive: true, force: true });
    await bus.close();
  }
});
