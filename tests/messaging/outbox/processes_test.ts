import { connect } from "@nats-io/transport-node";
import assert from "node:assert/strict";
import { it } from "node:test";
import { connectNats, STREAM_CONFIGS } from "@glam/shared/messaging";
import { type RunningChild, startScript } from "../../_support/child_process.ts";
import { byExtent } from "../../_support/extent.ts";
import { type NatsServer, startNats } from "../../_support/nats_server.ts";
import { waitFor } from "../../_support/wait_for.ts";
import { openOutbox, type OutboxSetting, range, startWriter, storedEvents } from "./_outbox.ts";
import type { OutboxChildOptions } from "./_child.ts";

const script = new URL("./_child.ts", import.meta.url);

/** Starts a process, and waits until it is at work. */
async function start(
  setting: OutboxSetting,
  server: NatsServer,
  options: Pick<OutboxChildOptions, "first" | "role">,
): Promise<RunningChild> {
  const { url, schema } = setting.db;
  const given: OutboxChildOptions = { ...options, url, schema, servers: server.url };
  const child = startScript(script, [JSON.stringify(given)]);
  await child.reaches(() => child.out().includes("ready\n"), "it is at work");
  return child;
}

it("relays that are killed with -9 lose nothing, keep the order of keys, and send doubles with the same id", async () => {
  await using server = await startNats({ accounts: false });
  await using setting = await openOutbox({}, { poolSize: 10 });
  const { db, outbox } = setting;
  const bus = await connectNats({ servers: server.url });
  for (const config of STREAM_CONFIGS) await bus.ensureStream(config);
  // Sees every message that is published, those too that the stream knows already.
  const watcher = await connect({ servers: server.url });
  const published: { id: string; data: string }[] = [];
  watcher.subscribe("evt.>", {
    callback: (_error, message) =>
      void published.push({ id: message.headers!.get("Nats-Msg-Id"), data: message.string() }),
  });
  await watcher.flush();
  const keyOf = (n: number) => `key-${n % 5}`;
  const writer = startWriter(db, outbox, keyOf);
  const relays = [await start(setting, server, { role: "relay" })];
  for (let round = 0; round < byExtent({ whole: 4, short: 2 }); round++) {
    relays.push(await start(setting, server, { role: "relay" }));
    const before = published.length;
    const more = 100 + 37 * round;
    writer.writeUpTo(before + more + 500);
    await waitFor(() => published.length > before + more, "they are at work");
    const killed = relays.shift()!;
    killed.signal("SIGKILL");
    await killed.ended();
  }
  const written = await writer.stop();
  await waitFor(async () => (await outbox.status()).pending === 0);
  relays[0]!.signal("SIGTERM");
  assert.equal(await relays[0]!.exited(), 0);
  const events = await storedEvents(bus);
  assert.deepEqual(events.map(({ event }) => event.data.n).sort((a, b) => a - b), range(1, written));
  const last = new Map<string, number>();
  for (const { event: { data: { n } } } of events) {
    assert.ok(n > (last.get(keyOf(n)) ?? 0), `${n} came after ${last.get(keyOf(n))}`);
    last.set(keyOf(n), n);
  }
  const byId = new Map<string, string>();
  for (const { id, data } of published) {
    assert.equal(data, byId.get(id) ?? data);
    byId.set(id, data);
  }
  assert.equal(byId.size, written, "each event has one id, however often it was sent");
  await watcher.close();
  await bus.close();
});

it("a service that is killed with -9 leaves exactly the events of what it has committed", async () => {
  await using server = await startNats({ accounts: false });
  await using setting = await openOutbox();
  const { db, outbox } = setting;
  await db.sql`create table orders (n int primary key, done boolean not null default false)`;
  const bus = await connectNats({ servers: server.url });
  await using relay = outbox.relay(bus);
  await relay.start();
  for (let round = 0; round < byExtent({ whole: 3, short: 1 }); round++) {
    await using service = await start(setting, server, { role: "writer", first: 1_000_000 * round + 1 });
    const count = async () =>
      (await db.sql<{ count: number }>`select count(*)::int as count from orders`)[0]!.count;
    const before = await count();
    await waitFor(async () => await count() > before + 150 + 11 * round);
    service.signal("SIGKILL");
    await service.ended();
  }
  // What the server has not heard of the end of yet is still open.
  await waitFor(async () =>
    (await db.sql`select 1 from pg_stat_activity where query like '%orders%' and state <> 'idle'
      and pid <> pg_backend_pid()`).length === 0
  );
  await waitFor(async () => (await outbox.status()).pending === 0);
  const orders = await db.sql<{ n: number }>`select n from orders where done order by n`;
  const numbers = (await storedEvents(bus)).map(({ event }) => event.data.n);
  assert.deepEqual(numbers.sort((a, b) => a - b), orders.map(({ n }) => n));
  await bus.close();
});
