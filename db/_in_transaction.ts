import type { Database } from "./database.ts";

/** What tells whether the current async context is in a transaction of a database. */
export const IN_TRANSACTION: unique symbol = Symbol.for("@glam/shared.db.in_transaction.v1") as never;

/** Whether the caller is in a transaction of this database. */
export function isInTransaction(db: Database & { [IN_TRANSACTION]?(): boolean }): boolean {
  return db[IN_TRANSACTION]?.() ?? false;
}
