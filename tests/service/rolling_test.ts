import assert from "node:assert/strict";
import { it } from "node:test";
import { startNats } from "../_support/nats_server.ts";
import { createTestDatabase, freePort } from "../_support/postgres.ts";
import { waitFor } from "../_support/wait_for.ts";
import { startLoad } from "./_load.ts";
import { startService } from "./_processes.ts";

it("a rolling restart of two replicas under 200 requests a second loses no request and no event", async () => {
  await using server = await startNats();
  await using db = await createTestDatabase();
  await db.sql`create table worked (id int primary key)`;
  await db.sql`create table handled (id int primary key)`;
  const nats = { servers: server.url, ...server.account() };
  const ports = [await freePort(), await freePort()];
  const start = (port: number) =>
    startService({ port, graceMs: 1000, nats, database: { url: db.url, schema: db.schema } });
  const replicas = ports.map(start);
  await Promise.all(replicas.map(({ url }) => url));

  const load = startLoad(ports, 200, (n) => `/jobs/${n}`);
  const progress = async (requests: number) => {
    const from = load.answered();
    await waitFor(() => load.answered() >= from + requests);
  };
  await progress(100);
  for (let round = 1; round <= 2; round++) {
    for (const [index, port] of ports.entries()) {
      const replica = replicas[index]!;
      replica.signal("SIGTERM");
      await load.seen(port, false);
      assert.equal(await replica.exited, 0, replica.output());
      await progress(50);
      replicas[index] = start(port);
      await replicas[index]!.url;
      await load.seen(port, true);
      await progress(50);
    }
  }
  const { sent, statuses, lost, connections } = await load.stop();
  assert.deepEqual(lost, []);
  assert.deepEqual(statuses, { 200: sent });
  assert.ok(sent >= 500, `${sent} requests`);
  assert.ok(connections < sent / 4, `${connections} connections for ${sent} requests: they were not kept`);

  const ids = async (table: string) => {
    const rows = await db.sql<{ id: number }>`select id from ${db.sql(table)} order by id`;
    return rows.map(({ id }) => id);
  };
  const all = Array.from({ length: sent }, (_, n) => n);
  assert.deepEqual(await ids("worked"), all);
  await waitFor(async () => (await ids("handled")).length === sent, 20_000);
  assert.deepEqual(await ids("handled"), all);
  for (const replica of replicas) replica.signal("SIGTERM");
  for (const replica of replicas) assert.equal(await replica.exited, 0, replica.output());
});
