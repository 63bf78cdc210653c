import assert from "node:assert/strict";
import { it } from "node:test";
import { connectDatabase, type Database, type DatabaseOptions } from "@glam/shared/db";
import { DatabaseError, isRetryableError } from "@glam/shared/errors";
import { PATIENT, sharedPostgres, startPostgres } from "../../_support/postgres.ts";
import { startTcpProxy } from "../../_support/tcp_proxy.ts";

const READ_ONLY = { settings: { default_transaction_read_only: "on" } };

/** The URL of the shared server with these ports as hosts. */
async function urlOf(ports: readonly number[], parameters = ""): Promise<string> {
  const { username, password, pathname } = new URL(await sharedPostgres());
  const hosts = ports.map((port) => `127.0.0.1:${port}`).join(",");
  return `postgres://${username}:${password}@${hosts}${pathname}${parameters}`;
}

async function sharedPort(): Promise<number> {
  return Number(new URL(await sharedPostgres()).port);
}

async function portOf({ sql }: Database): Promise<number> {
  return (await sql<{ port: number }>`select inet_server_port() as port`)[0]!.port;
}

const patient: DatabaseOptions = { ...PATIENT, poolSize: 2 };

it("hosts are tried in their order, and the one that works is kept", async () => {
  const port = await sharedPort();
  await using db = await connectDatabase({ ...patient, url: await urlOf([1, port]) });
  assert.equal(await portOf(db), port);
  await Promise.all([db.sql`select pg_sleep(0.01)`, db.sql`select pg_sleep(0.01)`]);
  await using byFields = await connectDatabase({
    ...patient,
    url: await urlOf([port]),
    host: "192.0.2.1.invalid, 127.0.0.1",
  });
  assert.equal(await portOf(byFields), port);
});

it("where no host can be reached, the error names them all", async () => {
  await assert.rejects(connectDatabase({ ...patient, url: await urlOf([1, 2]) }), (error) => {
    assert.ok(error instanceof DatabaseError && isRetryableError(error));
    assert.match(
      error.message,
      /^Cannot connect to the database "postgres" at 127\.0\.0\.1:1 or 127\.0\.0\.1:2: /,
    );
    return true;
  });
});

it("a pool goes on at the next host when the first one is gone", async () => {
  const port = await sharedPort();
  await using proxy = await startTcpProxy({ port });
  await using db = await connectDatabase({ ...patient, url: await urlOf([proxy.port, port]) });
  await db.ping();
  assert.equal(proxy.connections > 0, true);
  await proxy.refuse();
  await db.ping().catch((error) => assert.ok(isRetryableError(error)));
  await Promise.all([db.ping(), db.ping()]);
});

for (
  const [attrs, wanted] of [
    ["read-write", "writes"],
    ["primary", "first"],
    ["any", "first"],
    ["read-only", "reads"],
    ["prefer-standby", "either"],
  ] as const
) {
  it(`target_session_attrs=${attrs} leads to a server that fits`, async () => {
    await using standby = await startPostgres(READ_ONLY);
    const port = await sharedPort();
    for (const ports of [[port, standby.port], [standby.port, port]]) {
      const url = await urlOf(ports, `?target_session_attrs=${attrs}`);
      await using db = await connectDatabase({ ...patient, url });
      const expected = { writes: port, reads: standby.port, first: ports[0], either: undefined }[wanted];
      const found = await Promise.all([
        portOf(db),
        portOf(db),
        db.transaction((tx) => portOf({ ...db, sql: tx })),
      ]);
      if (expected !== undefined) assert.deepEqual(found, [expected, expected, expected]);
    }
  });
}

it("where no server fits, connecting fails with a retryable error that says so", async () => {
  await using standby = await startPostgres(READ_ONLY);
  const url = await urlOf([standby.port, standby.port]);
  await assert.rejects(connectDatabase({ ...patient, url, targetSessionAttrs: "read-write" }), (error) => {
    assert.ok(error instanceof DatabaseError && error.status === 503 && isRetryableError(error));
    assert.match(error.message, /No server is read-write, as `targetSessionAttrs` says$/);
    return true;
  });
});

it("a database of standbys is healthy although a write was refused", async () => {
  await using standby = await startPostgres(READ_ONLY);
  await using db = await connectDatabase({ ...patient, url: standby.url, targetSessionAttrs: "read-only" });
  await assert.rejects(db.sql`create table notes (id int)`, DatabaseError);
  assert.equal((await db.health()).status, "healthy");
});
