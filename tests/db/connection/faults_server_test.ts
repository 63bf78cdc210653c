import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { connectDatabase, type Database, type DatabaseOptions } from "@glam/shared/db";
import { DatabaseError, isRetryableError } from "@glam/shared/errors";
import { PATIENT, type PostgresServer, startPostgres } from "../../_support/postgres.ts";
import { waitFor } from "../../_support/wait_for.ts";
import {
  allConnectionsWork,
  beginTransaction,
  waitForAllConnections,
  waitForBackends,
} from "../_connections.ts";

function isRetryable(error: unknown): boolean {
  return error instanceof DatabaseError && error.status === 503 && isRetryableError(error);
}

describe("with a server that fails", () => {
  let server: PostgresServer;

  before(async () => {
    server = await startPostgres();
  });

  after(() => server.stop());

  function connect(options: DatabaseOptions = {}): Promise<Database> {
    return connectDatabase({ ...PATIENT, url: server.url, ...options });
  }

  for (const end of ["restart", "kill9"] as const) {
    it(`the pool works again after its ${end} under load, and nothing is uncaught`, async () => {
      await using db = await connect({ poolSize: 8 });
      await db.sql`drop table if exists notes`;
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
      await waitFor(() => stored.length > 200, "rows are stored");
      if (end === "kill9") await server.kill9();
      await server.restart();
      const before = stored.length;
      // All eight connections work again, not only one of them.
      await waitForAllConnections(db, 8);
      await waitFor(() => stored.length > before + 100, "rows are stored again");
      running = false;
      await Promise.all(work);
      assert.ok(failures > 0);
      const ids = new Set((await db.sql<{ id: number }>`select id from notes`).map(({ id }) => id));
      assert.deepEqual(stored.filter((id) => !ids.has(id)), []);
    });
  }

  it("a query that comes while it is down fails soon, and one that comes afterwards works", async () => {
    await using db = await connect({ poolSize: 3 });
    await server.kill9();
    try {
      for (let round = 0; round < 4; round++) {
        await assert.rejects(db.sql`select 1`, isRetryable);
        await assert.rejects(db.transaction((tx) => tx`select 1`), isRetryable);
      }
      assert.equal((await db.health()).status, "unhealthy");
    } finally {
      await server.restart();
    }
    await db.ping();
    await waitFor(async () => (await db.health()).status === "healthy", "the database is healthy");
    await allConnectionsWork(db, 3);
  });

  it("health answers while it is stopped in its tracks, and recovers with it", async () => {
    // Nothing else may bring the answer.
    await using db = await connect({ poolSize: 2, queryTimeoutMs: 0 });
    const isHealthy = async () => (await db.health()).status === "healthy";
    await waitFor(isHealthy, "the database is healthy");
    await server.pause();
    try {
      for (const { status, latency_ms } of await Promise.all([1, 2, 3, 4, 5].map(() => db.health()))) {
        assert.equal(status, "unhealthy");
        assert.ok(latency_ms > 0);
      }
    } finally {
      await server.resume();
    }
    await waitFor(isHealthy, "the database is healthy again");
  });

  it("queries, transactions and close end while it is stopped in its tracks", async () => {
    const db = await connect({
      poolSize: 2,
      queryTimeoutMs: 200,
      connectTimeoutMs: 300,
      closeTimeoutMs: 300,
      lazy: true,
    });
    await waitForAllConnections(db, 2);
    const committing = await beginTransaction(db);
    await server.pause();
    try {
      committing.goOn();
      await Promise.all([
        // More than there are connections: some wait for one, and some for a new one to open.
        ...Array.from({ length: 6 }, () => assert.rejects(db.sql`select 1`, isRetryable)),
        ...Array.from({ length: 3 }, () => assert.rejects(db.transaction((tx) => tx`select 1`), isRetryable)),
      ]);
      assert.ok(await committing.failure instanceof DatabaseError);
      await db.close();
    } finally {
      await server.resume();
    }
  });

  it("close waits for what runs, refuses what comes later, and gives up in the end", async () => {
    await using watcher = await connect();
    const db = await connect({ poolSize: 2 });
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

    const impatient = await connect({ applicationName: "impatient", closeTimeoutMs: 50 });
    const hopeless = assert.rejects(impatient.sql`select pg_sleep(3600)`, DatabaseError);
    const idle = await beginTransaction(impatient, () => assert.fail("it went on"));
    await waitForBackends(watcher, { applicationName: "impatient" });
    await impatient.close();
    await hopeless;
    assert.ok(await idle.failure instanceof DatabaseError);
    await waitFor(async () => {
      const left = await watcher.sql`select from pg_stat_activity where application_name = 'impatient'`;
      return left.length === 0;
    }, "the server knows that nobody is there any more");
  });
});
