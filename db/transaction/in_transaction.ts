import type { Database } from "../database.ts";

/** The key of {@link TransactionAware}'s method, the same in every copy of the package. */
export const IN_TRANSACTION: unique symbol = Symbol.for("@glam/shared.db.in_transaction.v1") as never;

/** A database that knows whether the current async context is in a transaction of it. */
export interface TransactionAware {
  [IN_TRANSACTION]?(): boolean;
}

/** Whether the current async context is in a transaction of this database. */
export function isInTransaction(db: Database & TransactionAware): boolean {
  return db[IN_TRANSACTION]?.() ?? false;
}
