import type { Database } from "./database.ts";
import { setLabel } from "./_statement.ts";
import type { PendingQuery, Row } from "./sql.ts";

/** A statement whose text is known before its parameters: the driver prepares it once on each connection. */
export interface Statement {
  /** The text between the parameters, as a template would give it. */
  readonly strings: TemplateStringsArray;
  /** What it does, for metrics and spans: `SELECT`, `INSERT`, ... */
  readonly operation: string;
  /** The table it does that to. */
  readonly table: string;
}

/** What a pool of this package is asked through. The same symbol in every copy of the package. */
export const EXECUTE: unique symbol = Symbol.for("@glam/shared.db.execute.v1") as never;

/** A database that takes statements. */
export interface Queryable {
  [EXECUTE]?<T extends object>(statement: Statement, parameters: readonly unknown[]): PendingQuery<T>;
}

/**
 * The statement of `text`, whose parameters are written `$1`, `$2`, ... in this order, each once. Make it once and keep
 * it: the driver never forgets a text.
 */
export function defineStatement(text: string, operation: string, table: string): Statement {
  const parts = text.split(/\$\d+/);
  const strings: TemplateStringsArray = Object.assign(parts, { raw: parts });
  setLabel(strings, { operation, table });
  return { strings, operation, table };
}

/** Runs a statement in the transaction of the current async context, else on the pool. */
export function execute<T extends object = Row>(
  db: Database & Queryable,
  statement: Statement,
  parameters: readonly unknown[],
): PendingQuery<T> {
  return db[EXECUTE]<T>?.(statement, parameters) ?? db.sql<T>(statement.strings, ...parameters);
}
