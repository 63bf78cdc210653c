import assert from "node:assert/strict";
import { it } from "node:test";
import { connectDatabase } from "@glam/shared/db";
import { DatabaseError, isRetryableError } from "@glam/shared/errors";
import { startPostgres } from "../_support/postgres.ts";
import { waitFor } from "../_support/wait_for.ts";

function isRetryable(error: unknown): boolean {
  return error instanceof DatabaseError && error.status === 503 && isRetryableError(error);
}

for (const end of ["restart", "kill9"] as const) {
  it(
    `the pool works again within two seconds after the server's ${end} under load, and nothing is uncaught`,
    {
      timeout: 60_000,
    },
    async () => {
      await using server = await startPostgres();
      await using db = await connectDatabase({ url: server.url, poolSize: 8 });
      await db.sql`create table notes (id int primary key)`;
      const stored: number[] = [];
      let next = 0;
      let failures = 0;
      let running = true;
      const work = Array.from({ length: 24 }, async (_, worker) => {
        while (running) {
          const id = next++;
          try {
            if (worker % 2 === 0) await db.sql`insert into notes values (${id})`;
            else {
              await db.transaction(async (tx) => {
                await tx`insert into notes values (${id})`;
                await db.transaction((inner) => inner`select ${"x"}::text`);
              });
            }
            stored.push(id);
          } catch (error) {
            assert.ok(error instanceof DatabaseError && error.status === 503, String(error));
            failures++;
          }
        }
      });
      await waitFor(() => stored.length > 200);
      if (end === "kill9") await server.kill9();
      await server.restart();
      const until = Date.now() + 2000;
      const before = stored.length;
      // All eight connections work again, not only one of them.
      await Promise.all(
        Array.from(
          { length: 8 },
          () => waitFor(() => db.sql`select pg_sleep(0.005)`.then(() => true, () => false), 5000),
        ),
      );
      await waitFor(() => stored.length > before + 100);
      assert.ok(Date.now() < until, "it took longer than two seconds");
      running = false;
      await Promise.all(work);
      assert.ok(failures > 0);
      const ids = new Set((await db.sql<{ id: number }>`select id from notes`).map(({ id }) => id));
      assert.deepEqual(stored.filter((id) => !ids.has(id)), []);
    },
  );
}

it("a query that comes while the server is down fails soon, and one that comes afterwards works", async () => {
  await using server = await startPostgres();
  await using db = await connectDatabase({ url: server.url, poolSize: 3 });
  await server.kill9();
  for (let round = 0; round < 10; round++) {
    await assert.rejects(db.sql`select 1`, isRetryable);
    await assert.rejects(db.transaction((tx) => tx`select 1`), isRetryable);
  }
  assert.equal((await db.health()).status, "unhealthy");
  await server.restart();
  assert.equal((await db.health()).status, "healthy");
  await Promise.all(Array.from({ length: 6 }, () => db.sql`select pg_sleep(0.01)`));
});

it("health answers in bounded time with the server stopped in its tracks, and recovers with it", {
  timeout: 60_000,
}, async () => {
  await using server = await startPostgres();
  await using db = await connectDatabase({ url: server.url, poolSize: 2 });
  assert.equal((await db.health()).status, "healthy");
  await server.pause();
  const health = await Promise.all(Array.from({ length: 5 }, () => db.health()));
  await server.resume();
  for (const { status, latency_ms } of health) {
    assert.equal(status, "unhealthy");
    assert.ok(latency_ms > 0 && latency_ms < 10_000, String(latency_ms)); // two seconds, on a busy machine
  }
  await waitFor(async () => (await db.health()).status === "healthy");
});

it("queries, transactions and close end in time with the server stopped in its tracks", {
  timeout: 60_000,
}, async () => {
  await using server = await startPostgres();
  const db = await connectDatabase({
    url: server.url,
    poolSize: 2,
    queryTimeoutMs: 200,
    connectTimeoutMs: 300,
    closeTimeoutMs: 300,
  });
  await Promise.all([db.ping(), db.ping()]);
  const begun = Promise.withResolvers<void>();
  const paused = Promise.withResolvers<void>();
  const committing = assert.rejects(
    db.transaction(async (tx) => {
      await tx`select 1`;
      begun.resolve();
      await paused.promise;
    }),
    DatabaseError,
  );
  await begun.promise;
  await server.pause();
  paused.resolve();
  await Promise.all([
    committing,
    // More than there are connections: some wait for one, and some for a new one to open.
    ...Array.from({ length: 6 }, () => assert.rejects(db.sql`select 1`, isRetryable)),
    ...Array.from({ length: 3 }, () => assert.rejects(db.transaction((tx) => tx`select 1`), isRetryable)),
  ]);
  await db.close();
  await server.resume();
});

it("close waits for what runs, refuses what comes later, and gives up in the end", async () => {
  await using server = await startPostgres();
  const db = await connectDatabase({ url: server.url, poolSize: 2, closeTimeoutMs: 5000 });
  const slow = db.sql`select pg_sleep(0.1)`.execute();
  const waiting = [db.sql`select 1`, db.sql`select pg_sleep(0.05)`, db.sql`select 2`].map((query) =>
    query.execute()
  );
  await Promise.resolve();
  const closing = db.close();
  await assert.rejects(db.sql`select 1`, /Database connection is closed/);
  await assert.rejects(db.transaction(() => {}), /Database connection is closed/);
  await closing;
  await Promise.all([slow, ...waiting]);
  await db.close();

  const impatient = await connectDatabase({ url: server.url, closeTimeoutMs: 50 });
  const hopeless = assert.rejects(impatient.sql`select pg_sleep(30)`, DatabaseError);
  const idle = assert.rejects(impatient.transaction(() => new Promise(() => {})), DatabaseError);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await impatient.close();
  await Promise.all([hopeless, idle]);
  assert.deepEqual(await clients(server.url), 1);
});

async function clients(url: string): Promise<number> {
  await using db = await connectDatabase({ url, poolSize: 1 });
  return await waitFor(async () => {
    const [row] = await db.sql<{ count: number }>`
      select count(*)::int as count from pg_stat_activity where backend_type = 'client backend'`;
    return row?.count === 1 ? 1 : 0;
  });
}
