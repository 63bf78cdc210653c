/**
 * The database of the measurement of `POST /api/v1/merchants/:id/credits/deduct`: merchants enough that no two requests
 * wait for the same row.
 *
 * @module
 */
import { readdir, readFile } from "node:fs/promises";
import { connectDatabase, type Database, Migrator } from "@glam/shared/db";

const MERCHANTS = 1000;
const folder = new URL("../../examples/credits/migrations/", import.meta.url);

/** Applies the migrations of the example, and adds merchants `m0` to `m999` with more credits than anybody deducts. */
export async function prepare(url: string): Promise<void> {
  const db: Database = await connectDatabase({ url, poolSize: 1 });
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  const files = await Promise.all(
    names.map(async (name) => ({ name, sql: await readFile(new URL(name, folder), "utf8") })),
  );
  await new Migrator(db, { migrations: files }).up();
  await db.sql`
    insert into merchants (id, domain, balance)
    select 'm' || n, 'm' || n || '.example.com', 2000000000 from generate_series(0, ${MERCHANTS - 1}::int) n`;
  await db.close();
}
