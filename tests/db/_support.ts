import { createTable, type Database, type Table } from "@glam/shared/db";

/** Makes these tables in the schema of the database. */
export async function createTables(db: Database, ...tables: readonly Table[]): Promise<void> {
  for (const statement of tables.flatMap(createTable)) await db.sql.unsafe(statement);
}

/** The ids 00000000-0000-4000-8000-00000000000n, which sort as their numbers do. */
export function uuid(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`;
}

/** The statements that `work` runs through `db.sql`. */
export async function countQueries(
  db: Database,
  work: (watched: Database) => Promise<unknown>,
): Promise<number> {
  let count = 0;
  const sql = new Proxy(db.sql, {
    apply(target, self, args) {
      count++;
      return Reflect.apply(target as never, self, args);
    },
    get(target, key) {
      if (key === "unsafe") count++;
      return Reflect.get(target, key);
    },
  });
  const transaction: Database["transaction"] = (fn, options) => {
    count++;
    return db.transaction(fn, options);
  };
  await work({ ...db, sql, transaction });
  return count;
}
