import type { AnyRow } from "./_table_mapping.ts";
import { LazyOperations } from "./_lazy_operations.ts";
import { deferredRows } from "./_deferred_rows.ts";
import type { Database } from "../database.ts";
import type { Filter } from "./filter.ts";
import type {
  CursorSlice,
  DeleteOptions,
  FindAfterOptions,
  FindAllOptions,
  FindPageOptions,
  Page,
  ReadOptions,
  StreamOptions,
  UpsertOptions,
} from "./query_options.ts";
import type { InsertOf, KeyOf, PatchOf, RowOf, Table } from "../table/table.ts";

/**
 * The rows of a table: writes that are checked by its schema, reads by filters, pages and streams.
 *
 * Every method joins the transaction of its async context. Of a table with tenants it sees the rows of one merchant
 * only: that of {@link Repository.forMerchant}, else of the request's context. Deleted rows of a table with soft delete
 * are out of sight unless asked for. A service extends it for its own queries.
 *
 * Filters and orders may come from a client: what is not a column or an operator is a `ValidationError` (422), and a
 * broken constraint is the error of its SQLSTATE, without what the server says of the data.
 *
 * @example
 * ```ts
 * import { connectDatabase, defineTable, Repository, softDelete, timestamps } from "@glam/shared/db";
 * import * as z from "zod";
 *
 * const Items = defineTable("items", {
 *   columns: z.object({ id: z.uuid(), name: z.string() }),
 *   ...timestamps,
 *   ...softDelete,
 * });
 *
 * async function main() {
 *   await using db = await connectDatabase("postgres://app:s3cret@localhost:5432/shop");
 *   const items = new Repository(db, Items);
 *   const { id } = await items.save({ id: crypto.randomUUID(), name: "Lamp" });
 *   await items.update(id, { name: "Desk lamp" });
 *   const lamps = await items.findAll({ name: { ilike: "%lamp%" } }, { orderBy: { column: "created_at" }, limit: 50 });
 *   console.log(lamps.map(({ name }) => name)); // ["Desk lamp"]
 * }
 * ```
 */
export class Repository<T extends Table = Table> {
  /** Where the queries go. */
  protected readonly db: Database;
  /** The table. */
  protected readonly table: T;
  // Not a private field, which the copies of forMerchant would not have.
  private operations: LazyOperations;

  /** A repository of this table. */
  constructor(db: Database, table: T) {
    this.db = db;
    this.table = table;
    this.operations = new LazyOperations(db, table);
  }

  /**
   * The same repository for one merchant, whoever the request is from.
   *
   * @throws {TypeError} when the table has no tenants.
   */
  forMerchant(id: string, options: MerchantOptions = {}): this {
    if (!this.table.mixins.merchantScoped) {
      throw new TypeError(
        `Cannot look at "${this.table.name}" for a merchant: it has no mixin merchantScoped`,
      );
    }
    const copy = Object.create(Object.getPrototypeOf(this), Object.getOwnPropertyDescriptors(this)) as this;
    copy.operations = this.operations.of({ id, domain: options.domain });
    return copy;
  }

  /**
   * Inserts a row; gives it as stored.
   *
   * @throws {ConflictError} when its key, or another unique value, is taken.
   * @throws {ValidationError} when it breaks a rule of the schema.
   */
  async save(row: InsertOf<T>): Promise<RowOf<T>> {
    return await this.operations.run((operations, sessions) => operations.insertOne(sessions, row));
  }

  /**
   * Inserts all rows or none, in as many statements as memory asks for; gives their number. Rows may give different
   * columns.
   *
   * @throws {ConflictError} when a key, or another unique value, is taken.
   * @throws {ValidationError} when a row breaks a rule of the schema; its place in the list is in the details.
   */
  async saveMany(rows: readonly InsertOf<T>[]): Promise<number> {
    return await this.operations.run((operations, sessions) => operations.insertMany(sessions, rows));
  }

  /**
   * Inserts a row, or changes the one with the same key in the columns that are given; gives it as stored.
   *
   * @throws {ConflictError} when the key is that of a deleted row, or of another merchant's.
   * @throws {TypeError} when nothing makes the columns of `conflict` unique.
   * @throws {ValidationError} when it breaks a rule of the schema.
   */
  upsert(row: InsertOf<T>, options?: UpsertOptions<RowOf<T>>): Promise<RowOf<T>>;
  /**
   * The same for many rows, all of them or none; gives their number.
   *
   * @throws {ValidationError} when two rows have the same key.
   */
  upsert(rows: readonly InsertOf<T>[], options?: UpsertOptions<RowOf<T>>): Promise<number>;
  async upsert(
    given: InsertOf<T> | readonly InsertOf<T>[],
    options: UpsertOptions<RowOf<T>> = {},
  ): Promise<RowOf<T> | number> {
    return await this.operations.run(async (operations, sessions) => {
      const conflict = operations.toConflict(sessions.mapping, options.conflict, options.restore ?? false);
      return Array.isArray(given)
        ? await operations.upsertMany(sessions, given, conflict)
        : await operations.upsertOne(sessions, given, conflict);
    });
  }

  /**
   * Changes what is given of a row; gives it as stored. Of a versioned table the patch has the `version` that was read.
   *
   * @throws {NotFoundError} when there is no such row.
   * @throws {ConflictError} when its version has moved, or a unique value is taken.
   * @throws {ValidationError} when the patch breaks a rule, or has a column that the database or the key keeps.
   */
  async update(id: KeyOf<T>, patch: PatchOf<T>): Promise<RowOf<T>> {
    return await this.operations.run((operations, sessions) => operations.updateOne(sessions, id, patch));
  }

  /** Deletes the rows of a filter; gives their number. */
  async delete(filter: Filter<RowOf<T>>, options: DeleteOptions = {}): Promise<number> {
    return await this.operations.run((operations, sessions) =>
      operations.deleteMany(sessions, filter, options)
    );
  }

  /**
   * Deletes a row.
   *
   * @throws {NotFoundError} when there is no such row.
   */
  async deleteById(id: KeyOf<T>, options: DeleteOptions = {}): Promise<void> {
    await this.operations.run((operations, sessions) => operations.deleteOne(sessions, id, options));
  }

  /**
   * Brings a deleted row back; gives it as stored.
   *
   * @throws {NotFoundError} when no such row is deleted.
   * @throws {ConflictError} when a unique value of it was taken since.
   */
  async restore(id: KeyOf<T>): Promise<RowOf<T>> {
    return await this.operations.run((operations, sessions) => operations.restoreOne(sessions, id));
  }

  /** The row with this key, or null. */
  findById(id: KeyOf<T>, options?: ReadOptions): Promise<RowOf<T> | null> {
    return this.operations.run((operations, sessions) => operations.findById(sessions, id, options?.deleted));
  }

  /**
   * The rows of a filter.
   *
   * @throws {RangeError} when there are more than 10,000 and no `limit` was given: read them with `stream`.
   */
  async findAll(filter: Filter<RowOf<T>> = {}, options: FindAllOptions<RowOf<T>> = {}): Promise<RowOf<T>[]> {
    return await this.operations.read((operations, session) =>
      operations.readAll(session, filter, options as FindAllOptions<AnyRow>)
    );
  }

  /** A page by its number. Far behind the start it is slow, and it shifts when rows come or go: see `findAfter`. */
  async findPage(
    filter: Filter<RowOf<T>> = {},
    options: FindPageOptions<RowOf<T>> = {},
  ): Promise<Page<RowOf<T>>> {
    return await this.operations.read((operations, session) =>
      operations.readPage(session, filter, options as FindPageOptions<AnyRow>)
    );
  }

  /**
   * A page behind, or before, a cursor: as fast far behind the start as at it, where an index has the columns of the
   * order, in these directions, with the primary key last. No row is missed or repeated when others come or go.
   *
   * A cursor says where to start and nothing else: the tenant and the filter are those of this call.
   *
   * @throws {ValidationError} when the cursor is not one of this table in this order.
   */
  async findAfter(
    filter: Filter<RowOf<T>> = {},
    options: FindAfterOptions<RowOf<T>> = {},
  ): Promise<CursorSlice<RowOf<T>>> {
    return await this.operations.read((operations, session) =>
      operations.readSlice(session, filter, options as FindAfterOptions<AnyRow>)
    );
  }

  /** How many rows there are. */
  async count(filter: Filter<RowOf<T>> = {}, options: ReadOptions = {}): Promise<number> {
    return await this.operations.read((operations, session) =>
      operations.readCount(session, filter, options.deleted)
    );
  }

  /** Whether there is a row. */
  async exists(filter: Filter<RowOf<T>> = {}, options: ReadOptions = {}): Promise<boolean> {
    return await this.operations.read((operations, session) =>
      operations.readExists(session, filter, options.deleted)
    );
  }

  /**
   * Every row of a filter, however many, read in batches while they are taken. The deadline of a query is for one
   * batch.
   *
   * Outside of a transaction it holds a connection until the loop ends, and sees the rows as they were when it began.
   * A loop that takes longer for a batch than `idleInTransactionTimeoutMs` loses it.
   */
  stream(
    filter: Filter<RowOf<T>> = {},
    options: StreamOptions<RowOf<T>> = {},
  ): AsyncGenerator<RowOf<T>, void, undefined> {
    return deferredRows<RowOf<T>>(() =>
      this.operations.run((operations, sessions) => {
        const rows: AsyncGenerator<AnyRow, void> = operations.streamRows(
          sessions,
          filter,
          options as StreamOptions<AnyRow>,
        );
        return Promise.resolve(rows as AsyncGenerator<RowOf<T>, void>);
      })
    );
  }
}

/** Options of `forMerchant`. */
export interface MerchantOptions {
  /** Shop domain, written to new rows that give none. */
  readonly domain?: string | undefined;
}
