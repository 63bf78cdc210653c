/**
 * The data layer: a pool of Postgres connections with deadlines, transactions that are run again where that is right,
 * tables defined by a Zod shape, repositories, and migrations.
 *
 * @module
 */

export { connectDatabase } from "./connect_database.ts";
export type { Database, DatabaseHealth, IsolationLevel, TransactionOptions } from "./database.ts";
export { databaseOptionsFromEnv, type EnvironmentVariables } from "./database_options_from_env.ts";
export { defineMapper, type Mapper, type MapperDefinition, type MissingColumns } from "./define_mapper.ts";
export { defineTable } from "./define_table.ts";
export type { Condition, Filter, Operators } from "./filter.ts";
export type { BaselineOptions, BaselineResult } from "./migrate/baseline.ts";
export { migrateCommand, type MigrateCommandOptions } from "./migrate/command.ts";
export type { CreatedMigration, CreateOptions } from "./migrate/create.ts";
export {
  MigrationError,
  type MigrationErrorOptions,
  type MigrationProblem,
  type MigrationProblemKind,
} from "./migrate/migration_error.ts";
export type { MigrationFile } from "./migrate/migration_file.ts";
export { Migrator } from "./migrate/migrator.ts";
export type {
  MigrateOptions,
  MigrationDirection,
  MigrationEvent,
  MigrationRun,
  MigratorOptions,
} from "./migrate/options.ts";
export type { RepairOptions, RepairResult } from "./migrate/repair.ts";
export type { MigrationState, MigrationStatus } from "./migrate/status.ts";
export { merchantScoped, softDelete, timestamps, versioned } from "./mixins.ts";
export type { DatabaseLocation, DatabaseOptions, DatabaseTls, DatabaseTlsOptions } from "./options.ts";
export type {
  CursorSlice,
  DeletedRows,
  DeleteOptions,
  FindAfterOptions,
  FindAllOptions,
  FindPageOptions,
  OrderBy,
  OrderOptions,
  Page,
  ReadOptions,
  StreamOptions,
  UpsertOptions,
} from "./query_options.ts";
export { type MerchantOptions, Repository } from "./repository.ts";
export type { Fragment, PendingQuery, Row, RowList, Sql } from "./sql.ts";
export type {
  CheckConstraint,
  Column,
  ForeignKeyConstraint,
  IndexPart,
  InsertOf,
  KeyOf,
  PatchOf,
  ReferentialAction,
  RowOf,
  Table,
  TableIndex,
  TableMixins,
  TableModel,
  TableTypes,
  UniqueConstraint,
} from "./table.ts";
export { createTable } from "./table_ddl.ts";
export type {
  CheckedDefinition,
  ColumnNameOf,
  ColumnShape,
  DefinedInsert,
  DefinedKey,
  DefinedPatch,
  DefinedRow,
  DefinedShape,
  ForeignKeyDefinition,
  IndexColumn,
  IndexDefinition,
  KeyNameOf,
  MixinColumns,
  TableDefinition,
  TypesOfDefinition,
  UniqueDefinition,
} from "./table_definition.ts";
export type { SpanLike, TracerLike } from "./tracer.ts";
