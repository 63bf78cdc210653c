import assert from "node:assert/strict";
import { it } from "node:test";
import { connectDatabase, type DatabaseOptions } from "@glam/shared/db";
import { ConflictError, DatabaseError } from "@glam/shared/errors";
import { startPgBouncer } from "../_support/pgbouncer.ts";
import { sharedPostgres } from "../_support/postgres.ts";

/** A database behind PgBouncer in transaction mode, whose four server connections everybody shares. */
async function behindPgBouncer(options: DatabaseOptions = {}) {
  const bouncer = await startPgBouncer(await sharedPostgres(), { poolSize: 4 });
  const db = await connectDatabase({ url: bouncer.url, pooler: true, poolSize: 20, ...options });
  const table = `pooled_${crypto.randomUUID().replaceAll("-", "").slice(0, 12)}`;
  await db.sql`create table ${db.sql(table)} (id int primary key, tags text[])`;
  return {
    db,
    table,
    async [Symbol.asyncDispose]() {
      await db.sql`drop table ${db.sql(table)}`;
      await db.close();
      await bouncer[Symbol.asyncDispose]();
    },
  };
}

it(
  "200 operations at once through PgBouncer in transaction mode all succeed",
  { timeout: 60_000 },
  async () => {
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
  },
);

it("the deadlines are set within each transaction, and nothing of them stays on the shared connection", async () => {
  await using pooled = await behindPgBouncer({
    queryTimeoutMs: 150,
    lockTimeoutMs: 140,
    idleInTransactionTimeoutMs: 5000,
  });
  const { db } = pooled;
  const show = async () => {
    const [row] = await db.sql<Record<string, string>>`
      select current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock,
        current_setting('idle_in_transaction_session_timeout') as idle`;
    return { ...row };
  };
  assert.deepEqual(await db.transaction(show), { statement: "150ms", lock: "140ms", idle: "5s" });
  assert.deepEqual(await show(), { statement: "0", lock: "0", idle: "0" });
  await assert.rejects(
    db.transaction((tx) => tx`select pg_sleep(5)`),
    (error) => error instanceof DatabaseError && error.message === "Database query was cancelled",
  );
  await assert.rejects(db.sql`select pg_sleep(1)`, /Database did not answer in time/);
  await db.ping();
});

it("`schema` is refused behind a pooler, where it would not stay", async () => {
  await assert.rejects(
    connectDatabase({ url: "postgres://localhost/x", pooler: true, schema: "catalog" }),
    /Expected `schema` to be left out with `pooler`/,
  );
});
