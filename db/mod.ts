/**
 * The data layer: a pool of Postgres connections with deadlines, transactions that are run again where that is right,
 * tables defined by a Zod shape, repositories, and migrations.
 *
 * @module
 */

export { connectDatabase } from "./connect_database.ts";
export {
  type Database,
  type DatabaseHealth,
  type IsolationLevel,
  type TransactionOptions,
} from "./database.ts";
export { type DatabaseOptions } from "./options.ts";
export { type Fragment, type PendingQuery, type Row, type RowList, type Sql } from "./sql.ts";
