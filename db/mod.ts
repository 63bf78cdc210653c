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
export { databaseOptionsFromEnv, type EnvironmentVariables } from "./database_options_from_env.ts";
export { defineTable } from "./define_table.ts";
export { type Condition, type Filter, type Operators } from "./filter.ts";
export { type BaselineOptions, type BaselineResult } from "./migrate/baseline.ts";
export {
  MigrationError,
  type MigrationErrorOptions,
  type MigrationProblem,
  type MigrationProblemKind,
} from "./migrate/migration_error.ts";
export { type MigrationFile } from "./migrate/migration_file.ts";
export { Migrator } from "./migrate/migrator.ts";
export {
  type MigrateOptions,
  type MigrationDirection,
  type MigrationEvent,
  type MigrationRun,
  type MigratorOptions,
} from "./migrate/options.ts";
export { type RepairOptions, type RepairResult } from "./migrate/repair.ts";
export { type MigrationState, type MigrationStatus } from "./migrate/status.ts";
export { merchantScoped, softDelete, timestamps, versioned } from "./mixins.ts";
export {
  type DatabaseLocation,
  type DatabaseOptions,
  type DatabaseTls,
  type DatabaseTlsOptions,
} from "./options.ts";
export {
  type CursorSlice,
  type DeletedRows,
  type DeleteOptions,
  type FindAfterOptions,
  type FindAllOptions,
  type FindPageOptions,
  type OrderBy,
  type OrderOptions,
  type Page,
  type ReadOptions,
  type StreamOptions,
  type UpsertOptions,
} from "./query_options.ts";
export { type MerchantOptions, Repository } from "./repository.ts";
export { type Fragment, type PendingQuery, type Row, type RowList, type Sql } from "./sql.ts";
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
export { createTable } from "./table_ddl.ts";
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
export { type SpanLike, type TracerLike } from "./tracer.ts";
