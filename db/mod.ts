/**
 * The data layer: a Postgres connection pool with deadlines, transactions that are run again after a serialization
 * failure, tables defined by a Zod shape, repositories, and migrations.
 *
 * Call {@link connectDatabase} once for a service, {@link defineTable} and {@link Repository} for each table, and
 * {@link Migrator} to create and change the tables.
 *
 * ```ts
 * import { connectDatabase, defineTable, Repository, timestamps } from "@glam/shared/db";
 * import * as z from "zod";
 *
 * const Items = defineTable("items", {
 *   columns: z.object({ id: z.guid(), name: z.string(), stock: z.int32() }),
 *   primaryKey: "id",
 *   ...timestamps,
 * });
 *
 * async function order(url: string, id: string) {
 *   await using db = await connectDatabase(url);
 *   const items = new Repository(db, Items);
 *   return await db.transaction(async (tx) => {
 *     await tx`select pg_advisory_xact_lock(7)`;
 *     const item = await items.findById(id); // in the same transaction
 *     return item && await items.update(id, { stock: item.stock - 1 });
 *   });
 * }
 * ```
 *
 * **Errors** are those of `@glam/shared/errors`: a duplicate key is a `ConflictError` with the name of the constraint, a
 * value that does not fit a `ValidationError`, an outage a retryable `DatabaseError`. Clients see no SQL, no parameters
 * and no data of rows.
 *
 * **Metrics**, with `metrics`: `db_pool_connections_max`, `db_pool_connections_in_use`, `db_pool_waiting`,
 * `db_query_duration_seconds{operation,table}`, `db_query_errors_total{code}` and `db_transaction_retries_total`, each
 * with `service` and `database`.
 *
 * @module
 */

export { connectDatabase } from "./connect_database.ts";
export type { Database, DatabaseHealth, IsolationLevel, TransactionOptions } from "./database.ts";
export { databaseOptionsFromEnv, type EnvironmentVariables } from "./database_options_from_env.ts";
export {
  defineMapper,
  type Mapper,
  type MapperDefinition,
  type MissingColumns,
} from "./repository/define_mapper.ts";
export { defineTable } from "./table/define_table.ts";
export type { Condition, Filter, Operators } from "./repository/filter.ts";
export type { BaselineOptions, BaselineResult } from "./migrate/baseline.ts";
export { migrateCommand } from "./migrate/command.ts";
export type { MigrateCommandOptions } from "./migrate/command_options.ts";
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
export { merchantScoped, softDelete, timestamps, versioned } from "./table/mixins.ts";
export type {
  DatabaseLocation,
  DatabaseOptions,
  DatabaseTls,
  DatabaseTlsOptions,
  TargetSessionAttrs,
} from "./options.ts";
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
  RowOrigin,
  SaveOptions,
  StreamOptions,
  UpsertOptions,
  WriteOptions,
} from "./repository/query_options.ts";
export { type MerchantOptions, Repository } from "./repository/repository.ts";
export type { Fragment, PendingQuery, Row, RowList, Sql } from "./sql.ts";
export type {
  CheckConstraint,
  Column,
  ForeignKeyConstraint,
  ImportOf,
  IndexPart,
  InsertOf,
  KeyOf,
  ManagedColumn,
  PatchOf,
  ReferentialAction,
  RowOf,
  SchemaShape,
  ShapeOf,
  Table,
  TableIndex,
  TableMixins,
  TableModel,
  TableTypes,
  UniqueConstraint,
} from "./table/table.ts";
export { createTable } from "./table/table_ddl.ts";
export type {
  CheckedDefinition,
  ColumnNameOf,
  ColumnShape,
  DefaultedNameOf,
  DefinedInsert,
  DefinedInsertShape,
  DefinedKey,
  DefinedPatch,
  DefinedPatchShape,
  DefinedRow,
  DefinedRowShape,
  DefinedShape,
  ForeignKeyDefinition,
  GeneratedNameOf,
  IndexColumn,
  IndexDefinition,
  KeyNameOf,
  MixinColumns,
  NullableSchema,
  OptionalSchema,
  TableDefinition,
  TypesOfDefinition,
  UniqueDefinition,
  UnwrappedSchema,
  WireSchema,
  WireValue,
} from "./table/table_definition.ts";
export type { SpanLike, TracerLike } from "./tracer.ts";
