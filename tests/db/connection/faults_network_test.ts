import assert from "node:assert/strict";
import { it } from "node:test";
import { connectDatabase, type Database, type DatabaseOptions, type Sql } from "@glam/shared/db";
import { ConflictError, DatabaseError, isRetryableError } from "@glam/shared/errors";
import { byExtent } from "../../_support/extent.ts";
import { createTestDatabase, PATIENT, sharedPostgres } from "../../_support/postgres.ts";
import { startTcpProxy, type TcpProxy } from "../../_support/tcp_proxy.ts";
import { PATIENCE_MS, waitFor } from "../../_support/wait_for.ts";
import {
  allConnectionsWork,
  beginTransaction,
  holdAdvisoryLock,
  waitForAllConnections,
  waitForBackends,
} from "../_connections.ts";

const POOL_SIZE = 3;

interface Network extends AsyncDisposable {
  readonly proxy: TcpProxy;
  readonly db: Database;
}

/** A patient pool behind a proxy, all of whose connections are open. */
async function throughProxy(options: DatabaseOptions = {}): Promise<Network> {
  const url = new URL(await sharedPostgres());
  const proxy = await startTcpProxy({ port: Number(url.port) });
  url.port = String(proxy.port);
  const { poolSize = POOL_SIZE } = options;
  const db = await connectDatabase({ ...PATIENT, ...options, url: url.href, poolSize });
  await waitForAllConnections(db, poolSize);
  return {
    proxy,
    db,
    async [Symbol.asyncDispose]() {
      await db.close();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

/** One that does not wait for long: what it is asked may fail on a busy machine also where nothing is wrong. */
function impatientlyThroughProxy(): Promise<Network> {
  return throughProxy({ queryTimeoutMs: 300, connectTimeoutMs: 300, closeTimeoutMs: 100, lazy: true });
}

function isRetryable(error: unknown): boolean {
  return error instanceof DatabaseError && error.status === 503 && isRetryableError(error);
}

it("queries and transactions on half-open connections fail within the deadline, and the pool recovers", async () => {
  await using network = await impatientlyThroughProxy();
  const { db, proxy } = network;
  const transaction = await beginTransaction(db, (tx) => tx`select 2`);
  proxy.vanish();
  transaction.goOn();
  await Promise.all([
    ...Array.from({ length: 8 }, () => assert.rejects(db.sql`select 3`, isRetryable)),
    assert.rejects(db.transaction((tx) => tx`select 4`), isRetryable),
  ]);
  assert.ok(isRetryable(await transaction.failure));
  await proxy.heal();
  await waitForAllConnections(db, POOL_SIZE);
});

it("a rollback that nobody answers gives what the callback has thrown", async () => {
  await using network = await impatientlyThroughProxy();
  const { db, proxy } = network;
  const sold = new ConflictError("It is sold");
  const transaction = await beginTransaction(db, () => Promise.reject(sold));
  proxy.vanish();
  transaction.goOn();
  assert.equal(await transaction.failure, sold);
  await proxy.heal();
  await waitForAllConnections(db, POOL_SIZE);
});

it("a commit that nobody answers is given up within the deadline, and not called retryable", async () => {
  await using network = await impatientlyThroughProxy();
  const { db, proxy } = network;
  const transaction = await beginTransaction(db);
  proxy.vanish();
  transaction.goOn();
  const error = await transaction.failure;
  assert.ok(error instanceof DatabaseError && /may be committed or not/.test(error.message), String(error));
  assert.equal(isRetryableError(error), false);
  await proxy.heal();
  await waitForAllConnections(db, POOL_SIZE);
});

it("a nested transaction whose savepoint nobody answers is given up within the deadline", async () => {
  await using network = await impatientlyThroughProxy();
  const { db, proxy } = network;
  const transaction = await beginTransaction(db, () => db.transaction(() => assert.fail("it ran")));
  proxy.vanish();
  transaction.goOn();
  assert.ok(isRetryable(await transaction.failure));
  await proxy.heal();
  await waitForAllConnections(db, POOL_SIZE);
});

it("connections that are cut fail what runs on them, and the pool recovers at once", async () => {
  await using holder = await createTestDatabase();
  await using lock = await holdAdvisoryLock(holder);
  const applicationName = `cut_${holder.schema}`;
  await using network = await throughProxy({ applicationName });
  const { db, proxy } = network;
  const running = Array.from(
    { length: POOL_SIZE },
    () => assert.rejects(db.sql`select pg_advisory_xact_lock(${lock.key})`, isRetryable),
  );
  await waitForBackends(holder, { applicationName, event: "advisory", count: POOL_SIZE });
  proxy.cut();
  await Promise.all(running);
  await allConnectionsWork(db, POOL_SIZE);
});

it("connections that are cut again and again while they open lose none of the pool", async () => {
  await using network = await throughProxy();
  const { db, proxy } = network;
  for (let round = 0; round < 25; round++) {
    proxy.cut();
    const queries = Array.from(
      { length: 6 },
      () => db.sql`select 1`.then(() => {}, (error) => assert.ok(isRetryable(error), String(error))),
    );
    // Any moment will do, and these are several.
    await new Promise((resolve) => setTimeout(resolve, round % 5));
    proxy.cut();
    await Promise.all(queries);
  }
  await waitForAllConnections(db, POOL_SIZE);
});

it("connections that are cut again and again give no query the answer of another, and none is left without", async () => {
  await using network = await throughProxy();
  const { db, proxy } = network;
  let running = true;
  let answered = 0;
  let failed = 0;
  const work = Array.from({ length: 9 }, async (_, worker) => {
    for (let round = 0; running; round++) {
      const asked = worker * 1_000_000 + round;
      try {
        const ask = (sql: Sql) => sql<{ answer: number }>`select ${asked}::int as answer`;
        const [row] = worker % 3 === 0 ? await db.transaction(ask) : await ask(db.sql);
        assert.equal(row?.answer, asked);
        answered++;
      } catch (error) {
        assert.ok(error instanceof DatabaseError && error.status === 503, String(error));
        assert.doesNotMatch(error.message, /in time/);
        failed++;
      }
    }
  });
  for (let cuts = 0; cuts < byExtent({ whole: 40, short: 10 }) || failed === 0; cuts++) {
    const before = answered;
    await waitFor(() => answered > before + 10, "queries are answered");
    proxy.cut();
  }
  running = false;
  await Promise.all(work);
  await waitForAllConnections(db, POOL_SIZE);
});

it("refused connections fail at once, and the pool recovers when they are taken again", async () => {
  await using network = await throughProxy();
  const { db, proxy } = network;
  await proxy.refuse();
  await Promise.all(Array.from({ length: 6 }, () => assert.rejects(db.sql`select 1`, isRetryable)));
  await assert.rejects(db.transaction((tx) => tx`select 1`), isRetryable);
  await proxy.heal();
  await allConnectionsWork(db, POOL_SIZE);
});

for (const before of ["from the beginning", "while a query ran"] as const) {
  it(`a server that refuses connections ${before} is asked once for each query, after ever longer pauses of 0.2 s at most`, async () => {
    const url = new URL(await sharedPostgres());
    await using proxy = await startTcpProxy({ port: Number(url.port) });
    url.port = String(proxy.port);
    await using db = await connectDatabase({
      ...PATIENT,
      url: url.href,
      poolSize: 1,
      queryTimeoutMs: 0,
      lazy: true,
    });
    if (before === "while a query ran") {
      const [{ pid }] = await db.sql`select pg_backend_pid() as pid` as unknown as [{ pid: number }];
      const running = assert.rejects(db.sql`select pg_sleep(3600)`, isRetryable);
      await using watcher = await createTestDatabase();
      await waitForBackends(watcher, { pid });
      await Promise.all([proxy.refuse(), running]);
    } else await proxy.refuse();
    const { random } = Math;
    const { setTimeout } = globalThis;
    const delays: number[] = [];
    Math.random = () => 1;
    globalThis.setTimeout = ((fn: () => void, ms: number = 0) => {
      if (ms > 1 && ms < PATIENCE_MS) delays.push(ms); // longer ones are deadlines
      return setTimeout(fn, ms);
    }) as typeof setTimeout;
    try {
      for (let attempt = 0; attempt < 9; attempt++) await assert.rejects(db.ping(), isRetryable);
    } finally {
      Math.random = random;
      globalThis.setTimeout = setTimeout;
    }
    assert.deepEqual(delays, [10, 20, 40, 80, 160, 200, 200, 200]);
    await proxy.heal();
    await db.ping();
  });
}

it("a network that is slow, but within the deadline, breaks nothing", async () => {
  await using network = await throughProxy();
  const { db, proxy } = network;
  proxy.delay(60);
  await allConnectionsWork(db, POOL_SIZE);
  assert.equal(await db.transaction(async (tx) => (await tx`select 1`).length), 1);
});

it("a statement of another connection is not ended with the one that is given up", async () => {
  await using holder = await createTestDatabase();
  const lock = await holdAdvisoryLock(holder);
  const applicationName = `patient_${holder.schema}`;
  await using network = await throughProxy({ queryTimeoutMs: 0, applicationName });
  const { db, proxy } = network;
  await using impatient = await connectDatabase({
    ...PATIENT,
    url: new URL(Object.assign(new URL(await sharedPostgres()), { port: String(proxy.port) })).href,
    queryTimeoutMs: 200,
    lazy: true,
  });
  const patient = db.sql`select pg_advisory_xact_lock(${lock.key})`.execute();
  await waitForBackends(holder, { applicationName, event: "advisory" });
  await assert.rejects(impatient.sql`select pg_sleep(3600)`, DatabaseError);
  await lock.release();
  await patient;
});

const UNUSABLE:
  readonly (readonly [what: string, change: (url: URL) => void, reason: RegExp, retryable: boolean])[] = [
    ["nobody at the port", (url) => void (url.port = "1"), /ECONNREFUSED/, true],
    [
      "a wrong password",
      (url) => void (url.password = "wr0ng-pw"),
      /password authentication failed for user "postgres"; correct the password$/,
      false,
    ],
    [
      "a database that does not exist",
      (url) => void (url.pathname = "/nowhere"),
      /database "nowhere" does not exist; create it, or correct the name$/,
      false,
    ],
    ["a role that does not exist", (url) => void (url.username = "nobody"), /"nobody"/, false],
    [
      "a server without TLS",
      (url) => void (url.search = "?sslmode=require"),
      /The server does not support TLS; enable TLS there, or connect with `ssl: false` if the network is trusted$/,
      false,
    ],
  ];

for (const [what, change, reason, retryable] of UNUSABLE) {
  it(`${what} is told when connecting, by a lazy database's first use and by its health, with no secret`, async () => {
    const url = new URL(await sharedPostgres());
    change(url);
    const isTold = (error: unknown) => {
      assert.ok(error instanceof DatabaseError);
      assert.match(error.message, /^Cannot connect to the database "\w+" at 127\.0\.0\.1:\d+: /);
      assert.match(error.message, reason);
      assert.deepEqual([error.status, isRetryableError(error)], [retryable ? 503 : 500, retryable]);
      assert.doesNotMatch(`${error.message}${JSON.stringify(error)}${error.stack}`, /wr0ng-pw|t3st-s3cret/);
      return true;
    };
    await assert.rejects(connectDatabase({ ...PATIENT, url: url.href }), isTold);
    await using lazy = await connectDatabase({ ...PATIENT, url: url.href, lazy: true });
    await assert.rejects(lazy.ping(), isTold);
    await assert.rejects(lazy.transaction((tx) => tx`select 1`), isTold);
    const { status, reasons } = await lazy.health();
    assert.equal(status, "unhealthy");
    assert.match(reasons!.join(), reason);
  });
}

it("a role that may not connect is an error of the service, and not of its client", async () => {
  await using admin = await createTestDatabase();
  const name = `closed_${admin.schema}`;
  await admin.sql.unsafe(`create role ${name} login password 'closed'`);
  await admin.sql.unsafe(`create database ${name}`);
  await admin.sql.unsafe(`revoke connect on database ${name} from public`);
  const url = new URL(await sharedPostgres());
  Object.assign(url, { username: name, password: "closed", pathname: `/${name}` });
  await assert.rejects(connectDatabase({ ...PATIENT, url: url.href }), (error) => {
    assert.ok(error instanceof DatabaseError && error.status === 500);
    assert.match(error.message, /permission denied for database/);
    return true;
  });
  await admin.sql.unsafe(`drop database ${name}`);
  await admin.sql.unsafe(`drop role ${name}`);
});

it("a server that takes a connection and says nothing is given up within connectTimeoutMs", async () => {
  await using network = await throughProxy();
  const { proxy } = network;
  const url = new URL(await sharedPostgres());
  url.port = String(proxy.port);
  proxy.vanish();
  await assert.rejects(
    connectDatabase({ url: url.href, connectTimeoutMs: 100, closeTimeoutMs: 100 }),
    /No connection to 127\.0\.0\.1:\d+ within 100 ms/,
  );
});

it("a lazy database connects with the first query, again and again until it can", async () => {
  const url = new URL(await sharedPostgres());
  const proxy = await startTcpProxy({ port: Number(url.port) });
  url.port = String(proxy.port);
  await proxy.refuse();
  await using db = await connectDatabase({ ...PATIENT, url: url.href, lazy: true });
  await assert.rejects(db.ping(), isRetryable);
  await assert.rejects(db.transaction((tx) => tx`select 1`), isRetryable);
  await proxy.heal();
  await db.ping();
  await db.close();
  await proxy[Symbol.asyncDispose]();
});
