/**
 * The environment of the measurements of the database area: one pool, used by the package and, directly, by its peers.
 *
 * @module
 */
import type postgres from "postgres";
import { createTable, defineTable, Repository, type Table, timestamps } from "@glam/shared/db";
import * as z from "zod";
import { resolveSettings } from "../../db/connection/_settings.ts";
import { createDatabase } from "../../db/_open_database.ts";
import type { Database } from "../../db/database.ts";

/** A row to be written. */
export interface NewItem {
  readonly id: string;
  readonly name: string;
  readonly price: string;
  readonly stock: number;
  readonly note: string | null;
}

/** The table of most measurements. */
export type ItemsTable = Table<{
  readonly row: NewItem & { readonly created_at: Date; readonly updated_at: Date };
  readonly insert: NewItem;
  readonly patch: { readonly [K in keyof NewItem]?: NewItem[K] | undefined };
  readonly key: string;
}>;

const Items: ItemsTable = defineTable("items", {
  columns: z.object({
    id: z.uuid(),
    name: z.string(),
    price: z.string(),
    stock: z.int32(),
    note: z.string().nullable(),
  }),
  columnTypes: { price: "numeric(12,2)" },
  ...timestamps,
});

/** The columns of the table, as a hand-written query lists them. */
export const COLUMNS = '"id", "name", "price", "stock", "note", "created_at", "updated_at"';

/** A pool with a new schema. */
export interface Setting extends AsyncDisposable {
  readonly db: Database;
  /** The driver under `db`. */
  readonly raw: postgres.Sql;
  readonly items: Repository<ItemsTable>;
}

/** Connects, in a schema of its own that disposing drops. */
export async function openSetting(url: string): Promise<Setting> {
  const schema = `bench_${crypto.randomUUID().slice(0, 8)}`;
  const { db, driver } = await createDatabase(
    resolveSettings({ url, schema, poolSize: 16, queryTimeoutMs: 600_000 }),
  );
  await db.ensureSchema(schema);
  for (const statement of createTable(Items)) await db.sql.unsafe(statement);
  return {
    db,
    raw: driver as unknown as postgres.Sql,
    items: new Repository(db, Items),
    async [Symbol.asyncDispose]() {
      await db.sql.unsafe(`DROP SCHEMA "${schema}" CASCADE`);
      await db.close();
    },
  };
}

/** Rows to be written; `from` makes their names distinct. */
export function makeRows(count: number, from: number = 0): NewItem[] {
  return Array.from({ length: count }, (_, i) => ({
    id: crypto.randomUUID(),
    name: `Item number ${from + i}`,
    price: `${i % 1000}.25`,
    stock: i % 100,
    note: i % 3 === 0 ? null : `He said "no" ${i} times`,
  }));
}

/** Milliseconds that `work` takes. */
export async function time(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** Runs `work` for each of `count` numbers, `width` at once. */
export async function inFlight(
  count: number,
  width: number,
  work: (i: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
