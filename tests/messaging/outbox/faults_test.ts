import assert from "node:assert/strict";
import { it } from "node:test";
import { connectDatabase } from "@glam/shared/db";
import { MessageBusError } from "@glam/shared/errors";
import {
  connectNats,
  createInbox,
  createListener,
  createManualClock,
  createMemoryBus,
  createOutbox,
  type MessageBus,
  type OutgoingMessage,
  STREAM_CONFIGS,
  Streams,
} from "@glam/shared/messaging";
import { byExtent } from "../../_support/extent.ts";
import { startNats } from "../../_support/nats_server.ts";
import { startPostgres } from "../../_support/postgres.ts";
import { waitFor } from "../../_support/wait_for.ts";
import {
  addNumbers,
  healthOf,
  Homeless,
  Noted,
  openOutbox,
  range,
  relayOnce,
  rowsOf,
  startWriter,
  storedNumbers,
} from "./_outbox.ts";

/** A bus whose publish fails with what `failureOf` gives. */
function failing(bus: MessageBus, failureOf: (message: OutgoingMessage) => Error | undefined): MessageBus {
  return new Proxy(bus, {
    get(target, name) {
      if (name === "publish") {
        return (message: OutgoingMessage, options: object) => {
          const failure = failureOf(message);
          return failure === undefined ? target.publish(message, options) : Promise.reject(failure);
        };
      }
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

it("a nats-server that is killed under load costs no attempt, and every event is stored once", async () => {
  await using server = await startNats({ accounts: false });
  await using setting = await openOutbox({ maxAttempts: 1, batchSize: 100 });
  const { db, outbox } = setting;
  const bus = await connectNats({ servers: server.url });
  for (const config of STREAM_CONFIGS) await bus.ensureStream(config);
  await using relay = outbox.relay(bus);
  await relay.start();
  const writer = startWriter(db, outbox, (n) => n % 2 === 0 ? "even" : undefined);
  for (let round = 1; round <= byExtent({ whole: 3, short: 1 }); round++) {
    const { sent } = await outbox.status();
    writer.writeUpTo(sent + 500);
    await waitFor(async () => (await outbox.status()).sent > sent + 100, "it is at work");
    await server.kill9();
    await waitFor(() => !bus.connected, "the connection is lost");
    const before = writer.written;
    writer.writeUpTo(before + 200);
    await waitFor(() => writer.written > before + 100, "the service goes on");
    await server.restart();
  }
  const written = await writer.stop();
  await waitFor(async () => (await outbox.status()).sent === written);
  assert.deepEqual((await storedNumbers(bus)).sort((a, b) => a - b), range(1, written));
  assert.ok((await rowsOf(db)).every(({ attempts }) => attempts === 0));
  await relay.stop();
  await bus.close();
});

it(
  "a Postgres that is killed and comes back is found again, and nothing is lost",
  async () => {
    await using server = await startPostgres();
    await using setting = await openOutbox({ batchSize: 10 }, { url: server.url });
    const { db, bus, outbox } = setting;
    await using relay = outbox.relay(bus);
    await relay.start();
    const rounds = byExtent({ whole: 3, short: 1 });
    for (let round = 0; round < rounds; round++) {
      // Of another service: this one has to find its database again by itself.
      await using writing = await connectDatabase({ url: server.url, schema: db.schema });
      const own = createOutbox(writing, { service: "test" });
      await addNumbers(writing, own, range(100 * round + 1, 100 * round + 100), (n) => `key-${n % 3}`);
      await server.kill9();
      await server.restart();
    }
    await using watching = await connectDatabase({ url: server.url, schema: db.schema });
    const watched = createOutbox(watching, { service: "test" });
    await waitFor(async () => (await watched.status()).sent === 100 * rounds);
    await waitFor(async () => (await relay.health()).listening);
    assert.deepEqual((await storedNumbers(bus)).sort((a, b) => a - b), range(1, 100 * rounds));
    // Until no connection of the pool is one that the kill has broken.
    await waitFor(() => Promise.all(range(1, 10).map(() => db.ping())).then(() => true, () => false));
  },
);

it("an outage of the database is one line when it begins and one when it is over", async () => {
  await using setting = await openOutbox({ pollMs: 20 });
  const { db, bus, logger } = setting;
  let failures = 0;
  const transaction: typeof db.transaction = (fn, options) =>
    db.transaction(fn, options).catch((error) => {
      failures++;
      throw error;
    });
  const outbox = createOutbox({ ...db, transaction }, { service: "test", pollMs: 20, logger });
  await using relay = outbox.relay(bus, { listen: false });
  await relay.start();
  await db.sql`alter table glam_outbox rename to away`;
  await waitFor(() => failures >= 3);
  await db.sql`alter table away rename to glam_outbox`;
  await addNumbers(db, outbox, [1]);
  await waitFor(async () => (await outbox.status()).sent === 1);
  assert.deepEqual(logger.lines.map(({ level, message }) => [level, message]), [
    ["warn", "The outbox cannot read its table, and tries again"],
    ["info", "The outbox reads its table again"],
  ]);
});

it("backends that are terminated in the middle of batches lose nothing", async () => {
  const applicationName = `terminated_${crypto.randomUUID()}`; // not that of the same test on another runtime
  await using setting = await openOutbox({ batchSize: 5 }, { applicationName });
  const { db, bus, outbox } = setting;
  await using own = await connectDatabase({ url: db.url, schema: db.schema, poolSize: 2 });
  const watched = createOutbox(own, { service: "test" });
  const rounds = byExtent({ whole: 10, short: 3 });
  await addNumbers(db, outbox, range(1, 40 * rounds), (n) => `key-${n % 9}`);
  await using relay = outbox.relay(bus);
  await relay.start();
  for (let round = 0; round < rounds; round++) {
    const { sent } = await watched.status();
    await own.sql`select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = ${applicationName}`;
    await waitFor(async () => {
      const now = await watched.status();
      return now.sent > sent || now.pending === 0;
    });
  }
  await waitFor(async () => (await watched.status()).pending === 0);
  assert.deepEqual((await storedNumbers(bus)).sort((a, b) => a - b), range(1, 40 * rounds));
  await waitFor(() => Promise.all(range(1, 10).map(() => db.ping())).then(() => true, () => false));
});

it("health and stop come to an end while the database hangs", async () => {
  await using server = await startPostgres();
  await using setting = await openOutbox({}, {
    url: server.url,
    queryTimeoutMs: 0,
    closeTimeoutMs: 500,
  });
  const { bus, outbox } = setting;
  const relay = outbox.relay(bus, { graceMs: 100 });
  await relay.start();
  assert.equal((await healthOf(relay)).status, "healthy");
  await server.pause();
  try {
    const health = await relay.health();
    assert.deepEqual([health.status, health.reasons], ["unhealthy", ["The database does not answer"]]);
    await relay.stop();
    await relay.finished;
  } finally {
    await server.resume();
  }
});

it("stop() gives up at the end of its grace what is not acknowledged, and keeps what is", async () => {
  await using setting = await openOutbox();
  const { db, bus, outbox } = setting;
  await addNumbers(db, outbox, range(1, 10));
  const begun = Promise.withResolvers<void>();
  const deaf = new Proxy(bus, {
    get(target, name) {
      if (name === "publish") {
        return (message: { data: string }, options: object) => {
          if (JSON.parse(message.data).data.n < 10) return target.publish(message as never, options);
          begun.resolve();
          return new Promise(() => {});
        };
      }
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const relay = outbox.relay(deaf, { graceMs: 50 });
  await relay.start();
  await begun.promise;
  await relay.stop();
  await waitFor(async () => (await outbox.status()).sent === 9);
  assert.equal((await outbox.status()).pending, 1);
});

it("a subject whose stream is silent keeps its events, and holds up no other subject", async () => {
  await using setting = await openOutbox({ maxAttempts: 1, batchSize: 10, pollMs: 20 });
  const { db, bus, outbox, logger } = setting;
  let silent = true;
  const half = failing(
    bus,
    ({ subject }) =>
      silent && subject === Homeless.subject
        ? new MessageBusError("No answer", { kind: "timeout", retryable: true })
        : undefined,
  );
  await db.transaction(async (tx) => {
    for (const n of range(1, 30)) await outbox.add(tx, Homeless, { n }, { key: "a" });
    await outbox.add(tx, Noted, { n: 31 });
    await outbox.add(tx, Noted, { n: 32 }, { key: "a" });
  });
  await using relay = outbox.relay(half);
  await relay.start();
  await waitFor(async () => (await outbox.status()).sent === 1);
  assert.deepEqual(await storedNumbers(bus), [31]);
  const { status, reasons } = await healthOf(relay);
  assert.deepEqual([status, reasons], ["degraded", ["Subjects whose stream does not answer: 1"]]);
  silent = false;
  await waitFor(async () => (await outbox.status()).sent === 32);
  assert.deepEqual(await storedNumbers(bus), [31, ...range(1, 30), 32]);
  assert.ok((await rowsOf(db)).every(({ attempts }) => attempts === 0));
  assert.deepEqual(logger.lines.map(({ level, message }) => [level, message]), [
    ["warn", "The outbox cannot publish, and tries again"],
    ["info", "The outbox publishes again"],
  ]);
});

it("nobody listening is an outage where there is a stream, as while it elects a leader", async () => {
  await using setting = await openOutbox({ maxAttempts: 1, pollMs: 20 });
  const { db, bus, outbox } = setting;
  let electing = true;
  const cluster = failing(
    bus,
    () => electing ? new MessageBusError("Nobody", { kind: "no_stream", retryable: false }) : undefined,
  );
  await using relay = outbox.relay(cluster);
  await relay.start();
  await addNumbers(db, outbox, [1]);
  await waitFor(async () => (await healthOf(relay)).reasons.length > 0);
  assert.deepEqual((await healthOf(relay)).reasons, ["Subjects whose stream does not answer: 1"]);
  electing = false;
  await waitFor(async () => (await outbox.status()).sent === 1);
});

it("a relay that starts without streams, and without leave to make them, says so; without a bus it waits", async () => {
  await using setting = await openOutbox({ pollMs: 20 });
  const { db, bus, outbox } = setting;
  const refusing = new Proxy(bus, {
    get(target, name) {
      if (name === "ensureStream") {
        return () =>
          Promise.reject(new MessageBusError("No permission", { kind: "refused", retryable: false }));
      }
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const refused = outbox.relay(refusing);
  await assert.rejects(refused.start(), /No permission/);
  await refused.stop();
  bus.interrupt();
  await using relay = outbox.relay(bus);
  await relay.start();
  await addNumbers(db, outbox, [1]);
  assert.equal((await outbox.status()).pending, 1);
  bus.restore();
  await waitFor(async () => (await outbox.status()).sent === 1);
});

it("an event sent again after the stream has forgotten it has one effect, by the inbox, and its age shows", async () => {
  await using setting = await openOutbox();
  const { db, outbox } = setting;
  const clock = createManualClock();
  await using bus = createMemoryBus({ clock });
  const inbox = createInbox(db);
  await inbox.ensureTable();
  await db.sql`create table effects (n int)`;
  await addNumbers(db, outbox, [7]);
  await relayOnce(outbox, bus);
  // The relay died before it could mark the row, and three minutes pass, in which none is there.
  await db
    .sql`update glam_outbox set status = 'pending', sent_at = null, available_at = now() - interval '3 minutes'`;
  assert.ok((await outbox.status()).oldest_age_seconds! >= 180);
  await clock.advance(180_000);
  await relayOnce(outbox, bus);
  const first = await bus.readMessage(Streams.EVENTS, { sequence: 1 });
  const second = await bus.readMessage(Streams.EVENTS, { sequence: 2 });
  assert.equal(second!.headers.get("Nats-Msg-Id"), first!.headers.get("Nats-Msg-Id"));
  let deliveries = 0;
  await using listener = createListener(bus, {
    service: "test",
    queueGroup: "effects",
    events: [Noted],
    inbox,
    middleware: [(_args, next) => (deliveries++, next())],
    handle: ({ tx, data }) => tx`insert into effects values (${data.n})`,
  });
  await listener.start();
  await waitFor(async () => {
    const [consumer] = (await listener.health()).consumers;
    return consumer!.lag + consumer!.held === 0;
  });
  assert.deepEqual((await db.sql<{ n: number }>`select n from effects`).map(({ n }) => n), [7]);
});
