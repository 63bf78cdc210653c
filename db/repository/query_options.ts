/** A column to order by. */
export interface OrderBy<R extends object> {
  /** The column. */
  readonly column: Extract<keyof R, string>;
  /**
   * Ascending or descending.
   * @default "asc"
   */
  readonly direction?: "asc" | "desc" | undefined;
  /**
   * Whether rows with null come first or last.
   * @default "last" when ascending, "first" when descending, as in Postgres
   */
  readonly nulls?: "first" | "last" | undefined;
}

/**
 * Which rows of a table with soft delete a call sees: only live ones, deleted ones as well, or only deleted ones.
 */
export type DeletedRows = "exclude" | "include" | "only";

/** Options of every reading method. */
export interface ReadOptions {
  /**
   * Whether the call sees deleted rows.
   * @default "exclude"
   */
  readonly deleted?: DeletedRows | undefined;
}

/** The order of rows. The primary key decides between rows that are otherwise equal. */
export interface OrderOptions<R extends object> extends ReadOptions {
  /**
   * The order.
   * @default the primary key
   */
  readonly orderBy?: readonly OrderBy<R>[] | OrderBy<R> | undefined;
}

/** Options of `findAll`. */
export interface FindAllOptions<R extends object> extends OrderOptions<R> {
  /** The most rows to give, from 0. Without it, more than 10,000 rows are a `RangeError`. */
  readonly limit?: number | undefined;
  /**
   * Rows to skip.
   * @default 0
   */
  readonly offset?: number | undefined;
}

/** Options of `findPage`. */
export interface FindPageOptions<R extends object> extends OrderOptions<R> {
  /**
   * The number of the page, from 1.
   * @default 1
   */
  readonly page?: number | undefined;
  /**
   * Rows of a page; more than 1,000 are taken as 1,000.
   * @default 50
   */
  readonly limit?: number | undefined;
}

/** Options of `findAfter`. */
export interface FindAfterOptions<R extends object> extends OrderOptions<R> {
  /** The cursor `next` or `previous` of an earlier page; without one it is the first page. */
  readonly after?: string | undefined;
  /**
   * Rows of a page; more than 1,000 are taken as 1,000.
   * @default 50
   */
  readonly limit?: number | undefined;
}

/** Options of `stream`. */
export interface StreamOptions<R extends object> extends ReadOptions {
  /**
   * The order.
   * @default any
   */
  readonly orderBy?: readonly OrderBy<R>[] | OrderBy<R> | undefined;
  /**
   * Rows per batch, from 1.
   * @default 1000
   */
  readonly batchSize?: number | undefined;
}

/** Where the data of a row comes from, which decides whose fault a wrong row is. */
export type RowOrigin = "client" | "service";

/** Options of `update`. */
export interface WriteOptions {
  /**
   * Where the data come from. A wrong row of the service's own code is a `ContractError` (500), one that a client sent a
   * `ValidationError` (422) that names the fields.
   * @default "service"
   */
  readonly from?: RowOrigin | undefined;
}

/** Options of `save` and `saveMany`. */
export interface SaveOptions extends WriteOptions {
  /**
   * Whether a row may give the columns of mixins that the repository manages: `created_at`, `updated_at`, `deleted_at`,
   * `is_deleted` and `version`. For imports; never for a row that a client sent.
   * @default false
   */
  readonly managed?: boolean | undefined;
}

/** Options of `upsert`. */
export interface UpsertOptions<R extends object> extends SaveOptions {
  /**
   * The columns that identify a row: the primary key or a unique of the table.
   * @default the primary key
   */
  readonly conflict?: Extract<keyof R, string> | readonly Extract<keyof R, string>[] | undefined;
  /**
   * Whether a deleted row with this key is restored; otherwise it is a `ConflictError` (409).
   * @default false
   */
  readonly restore?: boolean | undefined;
}

/** Options of `delete` and `deleteById`. */
export interface DeleteOptions extends ReadOptions {
  /**
   * Whether rows of a table with soft delete are removed for good, as those of other tables always are.
   * @default false
   */
  readonly hard?: boolean | undefined;
}

/** A page of a counted list; `paginated(c, page.items, page)` answers with it. */
export interface Page<R> {
  /** The rows. */
  readonly items: R[];
  /** The number of the page, from 1. */
  readonly page: number;
  /** Rows a page holds at most. */
  readonly limit: number;
  /** The number of rows in the whole list. */
  readonly total: number;
}

/** A page of a cursor list; `cursorPage(c, page.items, page)` answers with it. */
export interface CursorSlice<R> {
  /** The rows. */
  readonly items: R[];
  /** Rows a page holds at most. */
  readonly limit: number;
  /** The cursor of the page after this one; absent at the end. */
  readonly next?: string;
  /** The cursor of the page before this one; absent at the start. */
  readonly previous?: string;
}
