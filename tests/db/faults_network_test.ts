import assert from "node:assert/strict";
import { it } from "node:test";
import { connectDatabase, type Database, type DatabaseOptions, type Sql } from "@glam/shared/db";
import { DatabaseError, isRetryableError } from "@glam/shared/errors";
import { freePort, sharedPostgres } from "../_support/postgres.ts";
import { startTcpProxy, type TcpProxy } from "../_support/tcp_proxy.ts";
import { waitFor } from "../_support/wait_for.ts";

async function throughProxy(
  options: DatabaseOptions = {},
): Promise<{ proxy: TcpProxy; db: Database } & AsyncDisposable> {
  const url = new URL(await sharedPostgres());
  const proxy = await startTcpProxy({ port: Number(url.port) });
  url.port = String(proxy.port);
  const db = await connectDatabase({ url: url.href, poolSize: 3, queryTimeoutMs: 300, ...options });
  return {
    proxy,
    db,
    async [Symbol.asyncDispose]() {
      await db.close();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

function isRetryable(error: unknown): boolean {
  return error instanceof DatabaseError && error.status === 503 && isRetryableError(error);
}

/** As many queries at once as the pool has connections: each of them has to work. */
async function allConnectionsWork(db: Database): Promise<void> {
  await Promise.all(Array.from({ length: 3 }, () => db.sql`select pg_sleep(0.01)`));
}

it("queries and transactions on half-open connections fail within the deadline, and the pool recovers", {
  timeout: 30_000,
}, async () => {
  await using network = await throughProxy({ connectTimeoutMs: 300, closeTimeoutMs: 100 });
  const { db, proxy } = network;
  await allConnectionsWork(db);
  const begun = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  const transaction = assert.rejects(
    db.transaction(async (tx) => {
      await tx`select 1`;
      begun.resolve();
      await gone.promise;
      await tx`select 2`;
    }),
    isRetryable,
  );
  await begun.promise;
  proxy.vanish();
  gone.resolve();
  await Promise.all([
    transaction,
    ...Array.from({ length: 8 }, () => assert.rejects(db.sql`select 3`, isRetryable)),
    assert.rejects(db.transaction((tx) => tx`select 4`), isRetryable),
  ]);
  await proxy.heal();
  await waitFor(() => db.ping().then(() => true, () => false));
  await allConnectionsWork(db);
});

it("a commit that nobody answers is given up within the deadline, and not called retryable", async () => {
  await using network = await throughProxy({ connectTimeoutMs: 300, closeTimeoutMs: 100 });
  const { db, proxy } = network;
  await assert.rejects(
    db.transaction(async (tx) => {
      await tx`select 1`;
      proxy.vanish();
    }),
    (error) => error instanceof DatabaseError && /may be committed or not/.test(error.message),
  );
  await proxy.heal();
  await allConnectionsWork(db);
});

it("a nested transaction whose savepoint nobody answers is given up within the deadline", async () => {
  await using network = await throughProxy({ connectTimeoutMs: 300, closeTimeoutMs: 100 });
  const { db, proxy } = network;
  await assert.rejects(
    db.transaction(async (tx) => {
      await tx`select 1`;
      proxy.vanish();
      await db.transaction(() => assert.fail("it ran"));
    }),
    isRetryable,
  );
  await proxy.heal();
  await allConnectionsWork(db);
});

it("connections that are cut fail what runs on them, and the pool recovers at once", async () => {
  await using network = await throughProxy();
  const { db, proxy } = network;
  await allConnectionsWork(db);
  const running = Array.from({ length: 3 }, () => assert.rejects(db.sql`select pg_sleep(30)`, isRetryable));
  await waitFor(async () => {
    await using other = await connectDatabase({ url: await sharedPostgres(), poolSize: 1 });
    const rows = await other
      .sql`select 1 from pg_stat_activity where wait_event = 'PgSleep' and query like 'select pg_sleep(30)'`;
    return rows.length >= 3;
  });
  proxy.cut();
  await Promise.all(running);
  await allConnectionsWork(db);
});

it(
  "connections that are cut again and again while they open lose none of the pool",
  { timeout: 30_000 },
  async () => {
    await using network = await throughProxy();
    const { db, proxy } = network;
    for (let round = 0; round < 25; round++) {
      proxy.cut();
      const queries = Array.from(
        { length: 6 },
        () => db.sql`select 1`.then(() => {}, (error) => assert.ok(isRetryable(error), String(error))),
      );
      await new Promise((resolve) => setTimeout(resolve, round % 5));
      proxy.cut();
      await Promise.all(queries);
    }
    await waitFor(() => db.ping().then(() => true, () => false));
    await allConnectionsWork(db);
  },
);

it("connections that are cut again and again give no query the answer of another", {
  timeout: 60_000,
}, async () => {
  await using network = await throughProxy({ queryTimeoutMs: 2000 });
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
        failed++;
      }
    }
  });
  for (let cuts = 0; cuts < 40; cuts++) {
    const before = answered;
    await waitFor(() => answered > before + 10);
    proxy.cut();
  }
  running = false;
  await Promise.all(work);
  assert.ok(failed > 0);
  await allConnectionsWork(db);
});

it("refused connections fail at once, and the pool recovers when they are taken again", async () => {
  await using network = await throughProxy();
  const { db, proxy } = network;
  await allConnectionsWork(db);
  await proxy.refuse();
  await Promise.all(Array.from({ length: 6 }, () => assert.rejects(db.sql`select 1`, isRetryable)));
  await assert.rejects(db.transaction((tx) => tx`select 1`), isRetryable);
  await proxy.heal();
  await allConnectionsWork(db);
});

it("a network that is slow, but within the deadline, breaks nothing", async () => {
  await using network = await throughProxy({ queryTimeoutMs: 2000 });
  const { db, proxy } = network;
  proxy.delay(60);
  await allConnectionsWork(db);
  assert.equal(await db.transaction(async (tx) => (await tx`select 1`).length), 1);
});

it("a statement of another connection is not ended with the one that is given up", async () => {
  await using network = await throughProxy({ queryTimeoutMs: 0 });
  const { db, proxy } = network;
  await using impatient = await connectDatabase({
    url: new URL(Object.assign(new URL(await sharedPostgres()), { port: String(proxy.port) })).href,
    queryTimeoutMs: 200,
  });
  const patient = db.sql`select pg_sleep(0.6)`.execute();
  await assert.rejects(impatient.sql`select pg_sleep(30)`, DatabaseError);
  await patient;
});

it("nobody at the port, a wrong password and a wrong database are told apart, with no secret in the message", async () => {
  const url = new URL(await sharedPostgres());
  const attempt = (change: (url: URL) => void) => {
    const other = new URL(url);
    change(other);
    return connectDatabase(other.href);
  };
  const port = await freePort();
  const messages = [
    [
      (url: URL) => void (url.port = String(port)),
      /^Cannot connect to the database "postgres" at 127\.0\.0\.1:\d+: /,
    ],
    [(url: URL) => void (url.password = "wr0ng-pw"), /password authentication failed/],
    [(url: URL) => void (url.pathname = "/nowhere"), /database "nowhere" does not exist/],
  ] as const;
  for (const [change, expected] of messages) {
    await assert.rejects(attempt(change), (error) => {
      assert.ok(error instanceof DatabaseError);
      assert.match(error.message, expected);
      assert.doesNotMatch(`${error.message}${JSON.stringify(error)}${error.stack}`, /wr0ng-pw|t3st-s3cret/);
      return true;
    });
  }
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
  await using db = await connectDatabase({ url: url.href, lazy: true });
  await assert.rejects(db.ping(), isRetryable);
  await assert.rejects(db.transaction((tx) => tx`select 1`), isRetryable);
  await proxy.heal();
  await db.ping();
  await db.close();
  await proxy[Symbol.asyncDispose]();
});
