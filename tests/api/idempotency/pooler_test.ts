import assert from "node:assert/strict";
import { it } from "node:test";
import { connectDatabase } from "@glam/shared/db";
import { NotFoundError } from "@glam/shared/errors";
import { startPgBouncer } from "../../_support/pgbouncer.ts";
import { createTestDatabase, PATIENT } from "../../_support/postgres.ts";
import { deferred } from "../_support.ts";
import { keyedApp } from "./_support.ts";

it("behind PgBouncer in transaction mode the same holds", async () => {
  await using admin = await createTestDatabase();
  const name = admin.schema; // a pooler does not keep the schema of a session
  await admin.sql.unsafe(`create database ${name}`);
  const url = Object.assign(new URL(admin.url), { pathname: `/${name}` }).href;
  const db = await connectDatabase({ ...PATIENT, url });
  const pooler = await startPgBouncer(url, { poolSize: 4 });
  await db.sql`create table effects (n serial primary key, sku text not null)`;
  const connect = () => connectDatabase({ ...PATIENT, url: pooler.url, pooler: true });
  const databases = await Promise.all([connect(), connect()]);
  try {
    const apps = databases.map((database) =>
      keyedApp({ database }, async ({ body }) => {
        const [row] = await database.sql<
          { n: number }
        >`insert into effects (sku) values (${body.sku}) returning n`;
        if (body.sku === "none") throw new NotFoundError("No such thing");
        if (body.sku === "slow") await deferred().promise;
        return { n: row!.n, sku: body.sku };
      }, { timeoutMs: 10_000 })
    );
    await apps[0]!.guard.ensureTable();
    const effects = async () => (await db.sql`select 1 from effects`).length;
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => apps[i % 2]!.order("a")));
    const done = answers.filter(({ status }) => status === 201);
    assert.equal(new Set(done.map(({ text }) => text)).size, 1);
    assert.deepEqual(answers.filter(({ status }) => status !== 201 && status !== 409), []);
    assert.equal(await effects(), 1);

    const again = await apps[1]!.order("a");
    assert.deepEqual([again.status, again.text], [201, done[0]!.text]);
    const refused = await Promise.all([apps[0]!, apps[0]!].map((app) => app.order("b", { sku: "none" })));
    const kept = await apps[1]!.order("b", { sku: "none" });
    assert.deepEqual([kept.status, refused.some(({ text }) => text === kept.text)], [404, true]);
    assert.equal((await apps[0]!.order("a", { sku: "other" })).status, 422);
    assert.equal(await effects(), 1);
  } finally {
    await Promise.all([...databases, db].map((database) => database.close()));
    await pooler[Symbol.asyncDispose]();
    await admin.sql.unsafe(`drop database ${name} with (force)`);
  }
});
