import type { Database } from "../database.ts";
import type { Sql } from "../sql.ts";
import type { Table } from "./table.ts";
import { createTable, tableName } from "./table_ddl.ts";

/** Creates a table, and its schema, where it is missing. Several processes may call it at once. */
export async function ensureTable(
  db: Pick<Database, "ensureSchema" | "sql" | "transaction">,
  table: Table,
): Promise<void> {
  const name = tableName(table);
  if (await hasTable(db.sql, name)) return; // needs no permission to create one
  if (table.schema !== undefined) await db.ensureSchema(table.schema);
  await db.transaction(async (tx) => {
    await tx`select pg_advisory_xact_lock(hashtextextended('@glam/shared create ' || ${name}::text, 0))`;
    if (await hasTable(tx, name)) return;
    for (const statement of createTable(table)) await tx.unsafe(statement);
  });
}

/**
 * Whether a table exists; `name` is quoted as in SQL.
 *
 * `to_regclass` alone may answer from the session's cache; reading pg_class makes the session process invalidations first.
 */
export async function hasTable(sql: Sql, name: string): Promise<boolean> {
  return (await sql`select 1 from pg_class where oid = to_regclass(${name}::text)`).length === 1;
}
