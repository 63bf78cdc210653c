/** A column to order by. */
export interface OrderBy<R extends object> {
  /** The column. */
  readonly column: Extract<keyof R, string>;
  /**
   * Smallest or greatest first.
   * @default "asc"
   */
  readonly direction?: "asc" | "desc" | undefined;
  /**
   * Where rows without a value stand.
   * @default "last" when ascending, "first" when descending, as in Postgres
   */
  readonly nulls?: "first" | "last" | undefined;
}

/**
 * Which rows of a table with soft delete are seen: those that are not deleted, those as well that are, or those only.
 */
export type DeletedRows = "exclude" | "include" | "only";

/** What every reading method takes. */
export interface ReadOptions {
  /**
   * Whether deleted rows are seen.
   * @default "exclude"
   */
  readonly deleted?: DeletedRows | undefined;
}

/** What orders rows; the primary key decides between rows that are equal in it. */
export interface OrderOptions<R extends object> extends ReadOptions {
  /**
   * The order.
   * @default the primary key
   */
  readonly orderBy?: readonly OrderBy<R>[] | OrderBy<R> | undefined;
}

/** Options of `findAll`. */
export interface FindAllOptions<R extends object> extends OrderOptions<R> {
  /** Most rows to give. Without it, more than 10,000 are an error. */
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
   * Number of the page, from 1.
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
  /** A cursor that an earlier page gave, `next` or `previous`; without one it is the first page. */
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
   * Rows that are fetched at once.
   * @default 1000
   */
  readonly batchSize?: number | undefined;
}

/** Options of `upsert`. */
export interface UpsertOptions<R extends object> {
  /**
   * The columns by which a row is known again: the primary key or a unique of the table.
   * @default the primary key
   */
  readonly conflict?: Extract<keyof R, string> | readonly Extract<keyof R, string>[] | undefined;
  /**
   * Whether a deleted row with this key comes back; otherwise its key is taken, a 409.
   * @default false
   */
  readonly restore?: boolean | undefined;
}

/** Options of `delete` and `deleteById`. */
export interface DeleteOptions extends ReadOptions {
  /**
   * Whether rows of a table with soft delete are really removed; elsewhere they always are.
   * @default false
   */
  readonly hard?: boolean | undefined;
}

/** A page of a counted list; `paginated(c, page.items, page)` answers with it. */
export interface Page<R> {
  /** The rows. */
  readonly items: R[];
  /** Number of the page, from 1. */
  readonly page: number;
  /** Rows a page holds at most. */
  readonly limit: number;
  /** Rows in the whole list. */
  readonly total: number;
}

/** A page between cursors; `cursorPage(c, page.items, page)` answers with it. */
export interface CursorSlice<R> {
  /** The rows. */
  readonly items: R[];
  /** Rows a page holds at most. */
  readonly limit: number;
  /** Leads to the page behind this one; absent at the end. */
  readonly next?: string;
  /** Leads to the page before this one; absent at the start. */
  readonly previous?: string;
}
