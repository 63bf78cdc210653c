import { connectDatabase, type Database } from "@glam/shared/db";
import { after, before, describe, it } from "node:test";
import { type PgBouncer, startPgBouncer } from "../../_support/pgbouncer.ts";
import { PATIENT, sharedPostgres } from "../../_support/postgres.ts";
import { repositoryCore } from "./_core.ts";

describe("behind PgBouncer in transaction mode, with nothing prepared", () => {
  const name = `pooled_${crypto.randomUUID().slice(0, 8)}`;
  let server: Database;
  let pooler: PgBouncer;
  let db: Database;

  before(async () => {
    server = await connectDatabase({ ...PATIENT, url: await sharedPostgres() });
    await server.sql`create database ${server.sql(name)}`;
    pooler = await startPgBouncer(await sharedPostgres(), { poolSize: 3 });
    const url = new URL(`/${name}`, pooler.url).href;
    db = await connectDatabase({ ...PATIENT, url, pooler: true, poolSize: 8 });
  });

  after(async () => {
    await db.close();
    await pooler[Symbol.asyncDispose]();
    await server.sql`drop database ${server.sql(name)} with (force)`;
    await server.close();
  });

  for (const [name, run] of Object.entries(repositoryCore)) {
    it(name, async () => {
      await db.sql.unsafe("drop schema public cascade; create schema public");
      await run(db);
    });
  }
});
