import type { Database } from "../../db/database.ts";
import type { Sql } from "../../db/sql.ts";
import type { Table } from "../../db/table/table.ts";
import { createTable, tableName } from "../../db/table/table_ddl.ts";

/** Makes a table, and its schema, where it is absent, once, however many processes want it at the same time. */
export async function ensureTable(db: Database, table: Table): Promise<void> {
  const name = tableName(table);
  if (await hasTable(db.sql, name)) return; // then nobody has to be permitted to make one
  if (table.schema !== undefined) await db.ensureSchema(table.schema);
  await db.transaction(async (tx) => {
    await tx`select pg_advisory_xact_lock(hashtextextended('@glam/shared create ' || ${name}::text, 0))`;
    if (await hasTable(tx, name)) return;
    for (const statement of createTable(table)) await tx.unsafe(statement);
  });
}

/**
 * Whether there is a table of this name, as SQL writes it.
 *
 * It looks into pg_class, so that a session hears of what others have made meanwhile: a lookup alone may be answered
 * from its memory.
 */
export async function hasTable(sql: Sql, name: string): Promise<boolean> {
  return (await sql`select 1 from pg_class where oid = to_regclass(${name}::text)`).length === 1;
}
