import assert from "node:assert/strict";
import { it } from "node:test";
import { byExtent } from "../_support/extent.ts";
import { startNats } from "../_support/nats_server.ts";
import { createTestDatabase } from "../_support/postgres.ts";
import { PATIENCE_MS, waitFor } from "../_support/wait_for.ts";
import { CLIENTS, startLoad } from "./_load.ts";
import { type ServiceProcess, startService } from "./_processes.ts";

const ROUNDS = byExtent({ whole: 2, short: 1 });
const REPLICAS = 2;

it("a rolling restart of two replicas under load loses no request and no event", async () => {
  await using server = await startNats();
  await using db = await createTestDatabase();
  await db.sql`create table worked (id int primary key)`;
  await db.sql`create table handled (id int primary key)`;
  const nats = { servers: server.url, ...server.account() };
  await using started = new AsyncDisposableStack();
  const start = () =>
    started.use(
      startService({ graceMs: 10 * PATIENCE_MS, nats, database: { url: db.url, schema: db.schema } }),
    );
  const replicas = Array.from({ length: REPLICAS }, start);
  const load = await startLoad(await Promise.all(replicas.map(({ url }) => url)), (n) => `/jobs/${n}`);

  const progress = async (requests: number) => {
    const from = load.answered();
    await waitFor(() => load.answered() >= from + requests, () => `${from + requests} requests are answered`);
  };
  /** How long a grace has to be is a matter of the machine, so it ends by a request. */
  const end = async (replica: ServiceProcess) => {
    await (await fetch(`${await replica.url}/end-of-grace`, { method: "POST" })).arrayBuffer();
    assert.equal(await replica.exited(), 0, replica.output());
  };
  /** Stops a replica as Kubernetes does. */
  const stop = async (replica: ServiceProcess) => {
    const url = await replica.url;
    const connections = load.connections(url);
    assert.ok(connections <= CLIENTS, `${connections} connections of ${CLIENTS} clients: they were not kept`);
    replica.signal("SIGTERM");
    await load.left(url);
    await end(replica);
  };
  await progress(100);
  for (let round = 1; round <= ROUNDS; round++) {
    for (let index = 0; index < REPLICAS; index++) {
      await stop(replicas[index]!);
      await progress(50);
      replicas[index] = start();
      await load.join(await replicas[index]!.url);
      await progress(50);
    }
  }
  const { sent, statuses, lost } = await load.stop();
  assert.deepEqual(lost, []);
  assert.deepEqual(statuses, { 200: sent });

  const ids = async (table: string) => {
    const rows = await db.sql<{ id: number }>`select id from ${db.sql(table)} order by id`;
    return rows.map(({ id }) => id);
  };
  const all = Array.from({ length: sent }, (_, n) => n);
  assert.deepEqual(await ids("worked"), all);
  await waitFor(async () => (await ids("handled")).length === sent, "every event is handled");
  assert.deepEqual(await ids("handled"), all);
  for (const replica of replicas) {
    replica.signal("SIGTERM");
    await replica.logged("Service stopping");
    await end(replica);
  }
});
