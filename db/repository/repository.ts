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
  SaveOptions,
  StreamOptions,
  UpsertOptions,
  WriteOptions,
} from "./query_options.ts";
import type { ImportOf, InsertOf, KeyOf, PatchOf, RowOf, Table } from "../table/table.ts";

/**
 * Reads and writes the rows of a table. Its schema validates what is written.
 *
 * Every method joins the transaction of its async context. On a table with tenants it sees only the rows of one
 * merchant: that of {@link Repository.forMerchant}, else that of the request's context. It hides deleted rows of a
 * table with soft delete unless an option asks for them. Extend the class for your own queries.
 *
 * Filters, orders, cursors and ids may come from a client: an unknown column or operator is a `ValidationError` (422).
 * A row is the service's own unless {@link WriteOptions.from} says otherwise: if it is wrong, that is a `ContractError`
 * (500). A taken key is a `ConflictError` (409). No error has the server's text about the data.
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
  /** The database. */
  protected readonly db: Database;
  /** The table. */
  protected readonly table: T;
  // Not a #private field: the copies that forMerchant makes would lack it.
  private operations: LazyOperations;

  /** Creates a repository of this table. It runs no query. */
  constructor(db: Database, table: T) {
    this.db = db;
    this.table = table;
    this.operations = new LazyOperations(db, table);
  }

  /**
   * The same repository for one merchant, whatever the request's context says.
   *
   * @throws {TypeError} when the table has no mixin `merchantScoped`.
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
   * Inserts a row that may give the columns which the repository manages, for imports; gives it as stored.
   *
   * @throws {ConflictError} when its key or another unique value is taken.
   * @throws {ContractError} when it breaks a rule of the schema or of the table.
   * @throws {ValidationError} when it does, and is `from: "client"`.
   */
  save(row: ImportOf<T>, options: SaveOptions & { readonly managed: true }): Promise<RowOf<T>>;
  /**
   * Inserts a row; gives it as stored.
   *
   * @throws {ConflictError} when its key or another unique value is taken.
   * @throws {ContractError} when it breaks a rule of the schema or of the table.
   * @throws {ValidationError} when it does, and is `from: "client"`.
   */
  save(row: InsertOf<T>, options?: SaveOptions): Promise<RowOf<T>>;
  async save(row: InsertOf<T>, options: SaveOptions = {}): Promise<RowOf<T>> {
    return await this.operations.run((operations, sessions) => operations.insertOne(sessions, row, options));
  }

  /**
   * Inserts rows that may give the columns which the repository manages, for imports; gives their number.
   *
   * @throws {ConflictError} when a key or another unique value is taken.
   * @throws {ContractError} when a row breaks a rule of the schema or of the table.
   * @throws {ValidationError} when one does, and they are `from: "client"`.
   */
  saveMany(
    rows: readonly ImportOf<T>[],
    options: SaveOptions & { readonly managed: true },
  ): Promise<number>;
  /**
   * Inserts all rows or none, in statements of 2,500 rows; gives their number. Rows may have different columns.
   *
   * @throws {ConflictError} when a key or another unique value is taken.
   * @throws {ContractError} when a row breaks a rule of the schema or of the table; its place in the list is in the
   * details.
   * @throws {ValidationError} when one does, and they are `from: "client"`.
   */
  saveMany(rows: readonly InsertOf<T>[], options?: SaveOptions): Promise<number>;
  async saveMany(rows: readonly InsertOf<T>[], options: SaveOptions = {}): Promise<number> {
    return await this.operations.run((operations, sessions) =>
      operations.insertMany(sessions, rows, options)
    );
  }

  /**
   * Upserts a row that may give the columns which the repository manages, for imports: a new row gets them, one that is
   * there keeps its own.
   */
  upsert(
    row: ImportOf<T>,
    options: UpsertOptions<RowOf<T>> & { readonly managed: true },
  ): Promise<RowOf<T>>;
  /** Upserts rows that may give the columns which the repository manages; gives their number. */
  upsert(
    rows: readonly ImportOf<T>[],
    options: UpsertOptions<RowOf<T>> & { readonly managed: true },
  ): Promise<number>;
  /**
   * Inserts a row, or changes the given columns of the row with the same key; gives it as stored.
   *
   * @throws {ConflictError} when the key belongs to a deleted row or to another merchant.
   * @throws {ContractError} when it breaks a rule of the schema or of the table.
   * @throws {TypeError} when no unique of the table covers the columns of `conflict`.
   * @throws {ValidationError} when it breaks a rule, and is `from: "client"`.
   */
  upsert(row: InsertOf<T>, options?: UpsertOptions<RowOf<T>>): Promise<RowOf<T>>;
  /**
   * Upserts all rows or none; gives their number.
   *
   * @throws {ContractError} when a row breaks a rule, or two rows have the same key.
   * @throws {ValidationError} when they do, and are `from: "client"`.
   */
  upsert(rows: readonly InsertOf<T>[], options?: UpsertOptions<RowOf<T>>): Promise<number>;
  async upsert(
    given: InsertOf<T> | readonly InsertOf<T>[],
    options: UpsertOptions<RowOf<T>> = {},
  ): Promise<RowOf<T> | number> {
    return await this.operations.run(async (operations, sessions) => {
      const conflict = operations.toConflict(sessions.mapping, options.conflict, options.restore ?? false);
      return Array.isArray(given)
        ? await operations.upsertMany(sessions, given, conflict, options)
        : await operations.upsertOne(sessions, given, conflict, options);
    });
  }

  /**
   * Changes the given columns of a row; gives it as stored. The patch of a versioned table includes the `version` that
   * was read.
   *
   * @throws {NotFoundError} when there is no such row.
   * @throws {ConflictError} when its version has changed, or a unique value is taken.
   * @throws {ContractError} when the patch breaks a rule, or has a column that is unknown or cannot be changed.
   * @throws {ValidationError} when it does, and is `from: "client"`; and when the id or the version is not one.
   */
  async update(id: KeyOf<T>, patch: PatchOf<T>, options: WriteOptions = {}): Promise<RowOf<T>> {
    return await this.operations.run((operations, sessions) =>
      operations.updateOne(sessions, id, patch, options)
    );
  }

  /** Deletes the rows that match a filter; gives their number. */
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
   * Restores a deleted row; gives it as stored.
   *
   * @throws {NotFoundError} when there is no deleted row with this key.
   * @throws {ConflictError} when another row has taken a unique value of it.
   */
  async restore(id: KeyOf<T>): Promise<RowOf<T>> {
    return await this.operations.run((operations, sessions) => operations.restoreOne(sessions, id));
  }

  /** The row with this key, or null. */
  findById(id: KeyOf<T>, options?: ReadOptions): Promise<RowOf<T> | null> {
    return this.operations.run((operations, sessions) => operations.findById(sessions, id, options?.deleted));
  }

  /**
   * The rows that match a filter.
   *
   * @throws {RangeError} when there are more than 10,000 and no `limit` was given; `stream` reads any number.
   */
  async findAll(filter: Filter<RowOf<T>> = {}, options: FindAllOptions<RowOf<T>> = {}): Promise<RowOf<T>[]> {
    return await this.operations.read((operations, session) =>
      operations.readAll(session, filter, options as FindAllOptions<AnyRow>)
    );
  }

  /**
   * A page by its number, and the total number of rows. Later pages are slower, and rows that are added or removed
   * between two calls shift the pages: see `findAfter`.
   */
  async findPage(
    filter: Filter<RowOf<T>> = {},
    options: FindPageOptions<RowOf<T>> = {},
  ): Promise<Page<RowOf<T>>> {
    return await this.operations.read((operations, session) =>
      operations.readPage(session, filter, options as FindPageOptions<AnyRow>)
    );
  }

  /**
   * The page after, or before, a cursor. No row is skipped or repeated when others are added or removed. Every page is
   * equally fast if an index has the columns of the order, in these directions, and the primary key last.
   *
   * A cursor only says where a page starts: the tenant and the filter are those of the call. Where the values of the
   * order are too long for a query parameter of 4,096 characters, it has the primary key of a row, and the page starts
   * where that row is by then.
   *
   * @throws {ValidationError} when the cursor is not one of this table in this order, or its row is gone.
   */
  async findAfter(
    filter: Filter<RowOf<T>> = {},
    options: FindAfterOptions<RowOf<T>> = {},
  ): Promise<CursorSlice<RowOf<T>>> {
    return await this.operations.read((operations, session) =>
      operations.readSlice(session, filter, options as FindAfterOptions<AnyRow>)
    );
  }

  /** The number of rows that match a filter. */
  async count(filter: Filter<RowOf<T>> = {}, options: ReadOptions = {}): Promise<number> {
    return await this.operations.read((operations, session) =>
      operations.readCount(session, filter, options.deleted)
    );
  }

  /** Whether any row matches a filter. */
  async exists(filter: Filter<RowOf<T>> = {}, options: ReadOptions = {}): Promise<boolean> {
    return await this.operations.read((operations, session) =>
      operations.readExists(session, filter, options.deleted)
    );
  }

  /**
   * All rows that match a filter, read in batches while the caller iterates. The deadline of a query applies to each
   * batch.
   *
   * Outside of a transaction it holds a connection until the loop ends, and sees the rows as they were at its start. If
   * the loop takes longer for a batch than `idleInTransactionTimeoutMs`, the server closes that connection.
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
  /** The shop domain, written to new rows that have none. */
  readonly domain?: string | undefined;
}
