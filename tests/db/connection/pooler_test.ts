import assert from "node:assert/strict";
import { it } from "node:test";
import { connectDatabase, type DatabaseOptions, type Sql } from "@glam/shared/db";
import { ConflictError, DatabaseError, isRetryableError } from "@glam/shared/errors";
import { startPgBouncer } from "../../_support/pgbouncer.ts";
import { createTestDatabase, PATIENT, sharedPostgres } from "../../_support/postgres.ts";
import { waitFor } from "../../_support/wait_for.ts";
import { holdAdvisoryLock } from "../_connections.ts";

/** A database behind PgBouncer in transaction mode, whose four server connections everybody shares. */
async function behindPgBouncer(options: DatabaseOptions = {}) {
  const bouncer = await startPgBouncer(await sharedPostgres(), { poolSize: 4 });
  const db = await connectDatabase({
    ...PATIENT,
    url: bouncer.url,
    pooler: true,
    poolSize: 20,
    ...options,
  });
  const table = `pooled_${crypto.randomUUID().replaceAll("-", "").slice(0, 12)}`;
  await db.sql`create table ${db.sql(table)} (id int primary key, tags text[])`;
  return {
    db,
    table,
    url: bouncer.url,
    async [Symbol.asyncDispose]() {
      await db.sql`drop table ${db.sql(table)}`;
      await db.close();
      await bouncer[Symbol.asyncDispose]();
    },
  };
}

it("200 operations at once through PgBouncer in transaction mode all succeed", async () => {
  await using pooled = await behindPgBouncer();
  const { db, table } = pooled;
  await Promise.all(Array.from({ length: 200 }, async (_, id) => {
    if (id % 4 === 0) await db.sql`insert into ${db.sql(table)} values (${id}, ${["a", "b"]})`;
    else if (id % 4 === 1) {
      await db.transaction(async (tx) => {
        await tx`insert into ${tx(table)} (id) values (${id})`;
        await db.transaction((inner) => inner`update ${inner(table)} set tags = '{c}' where id = ${id}`);
      });
    } else if (id % 4 === 2) {
      const [row] = await db.sql<{ id: number }>`select ${id}::int as id`;
      assert.equal(row?.id, id);
    } else {
      await assert.rejects(
        db.transaction(async (tx) => {
          await tx`insert into ${tx(table)} (id) values (${id})`;
          await tx`insert into ${tx(table)} (id) values (${id})`;
        }),
        ConflictError,
      );
    }
  }));
  const rows = await db.sql<{ id: number; tags: string[] }>`select * from ${db.sql(table)} order by id`;
  assert.equal(rows.length, 100);
  assert.deepEqual(rows.slice(0, 2).map((row) => row.tags), [["a", "b"], ["c"]]);
});

it("the deadlines are set within each transaction, and nothing of them stays on the shared connection", async () => {
  await using pooled = await behindPgBouncer({
    queryTimeoutMs: 121_000,
    lockTimeoutMs: 122_000,
    idleInTransactionTimeoutMs: 123_000,
  });
  const { db, url } = pooled;
  const show = async () => {
    const [row] = await db.sql<Record<string, string>>`
      select current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock,
        current_setting('idle_in_transaction_session_timeout') as idle`;
    return { ...row };
  };
  assert.deepEqual(await db.transaction(show), { statement: "121s", lock: "122s", idle: "123s" });
  assert.deepEqual(await show(), { statement: "0", lock: "0", idle: "0" });

  await using hasty = await connectDatabase({
    ...PATIENT,
    url,
    pooler: true,
    queryTimeoutMs: 150,
    lazy: true,
  });
  // A lock and no sleep: nothing is left on the server when it is released.
  await using holder = await createTestDatabase();
  await using lock = await holdAdvisoryLock(holder);
  const wait = (sql: Sql) => sql`select pg_advisory_xact_lock(${lock.key})`;
  // On a busy machine this side may have given up before the server's word for it has come.
  await waitFor(async () => {
    const error = await hasty.transaction(wait)
      .then(() => assert.fail(), (error: unknown) => error);
    assert.ok(error instanceof DatabaseError, String(error));
    return error.message === "Database query was cancelled";
  }, "the server ended the statement");
  await assert.rejects(wait(hasty.sql), /Database did not answer in time/);
  await waitFor(() => hasty.ping().then(() => true, () => false), "the pool works again");
});

it("a pooler that was not expected is told with what to set, and is not worth another try", async () => {
  await using bouncer = await startPgBouncer(await sharedPostgres());
  const isTold = (error: unknown) => {
    assert.ok(error instanceof DatabaseError && error.status === 500 && !isRetryableError(error));
    assert.match(error.message, /a pooler such as PgBouncer: connect with `pooler: true`$/);
    return true;
  };
  await assert.rejects(connectDatabase({ ...PATIENT, url: bouncer.url }), isTold);
  await using lazy = await connectDatabase({ ...PATIENT, url: bouncer.url, lazy: true });
  await assert.rejects(lazy.sql`select 1`, isTold);
  assert.match((await lazy.health()).reasons!.join(), /pooler: true/);
});

it("`schema` is refused behind a pooler, where it would not stay", async () => {
  await assert.rejects(
    connectDatabase({ url: "postgres://localhost/x", pooler: true, schema: "catalog" }),
    /Expected `schema` to be left out with `pooler`/,
  );
});
