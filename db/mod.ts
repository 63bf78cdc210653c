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
export { defineTable } from "./define_table.ts";
export { merchantScoped, softDelete, timestamps, versioned } from "./mixins.ts";
export { type DatabaseOptions } from "./options.ts";
export { type Fragment, type PendingQuery, type Row, type RowList, type Sql } from "./sql.ts";
export {
  type CheckedDefinition,
  type ColumnNameOf,
  type ColumnShape,
  type DefinedInsert,
  type DefinedKey,
  type DefinedPatch,
  type DefinedRow,
  type DefinedShape,
  type ForeignKeyDefinition,
  type IndexColumn,
  type IndexDefinition,
  type KeyNameOf,
  type MixinColumns,
  type TableDefinition,
  type TypesOfDefinition,
  type UniqueDefinition,
} from "./table_definition.ts";
export { createTable } from "./table_ddl.ts";
export {
  type CheckConstraint,
  type Column,
  type ForeignKeyConstraint,
  type IndexPart,
  type InsertOf,
  type KeyOf,
  type PatchOf,
  type ReferentialAction,
  type RowOf,
  type Table,
  type TableIndex,
  type TableMixins,
  type TableModel,
  type TableTypes,
  type UniqueConstraint,
} from "./table.ts";
