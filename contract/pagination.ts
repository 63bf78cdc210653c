/** Where a page is in a list that is counted. */
export interface Pagination {
  /** Number of the page, from 1. */
  readonly page: number;
  /** Items a page holds at most. */
  readonly limit: number;
  /** Items in the whole list. */
  readonly total: number;
  /** Pages in the whole list; 0 where it is empty. */
  readonly pages: number;
  /** Whether there is a page behind this one. */
  readonly has_next: boolean;
  /** Whether there is a page before this one. */
  readonly has_previous: boolean;
}

/** Where a page is in a list that is walked by cursors. */
export interface CursorPagination {
  /** Items a page holds at most. */
  readonly limit: number;
  /** Whether there is a page behind this one. */
  readonly has_next: boolean;
  /** Whether there is a page before this one. */
  readonly has_previous: boolean;
  /** Cursor of the next page. */
  readonly next_cursor?: string;
  /** Cursor of the previous page. */
  readonly previous_cursor?: string;
}

/** Path-absolute URLs of the pages around one. Where there is no such page, there is no member. */
export interface Links {
  /** This page. */
  readonly self: string;
  /** The next page. */
  readonly next?: string;
  /** The previous page. */
  readonly previous?: string;
  /** The first page. */
  readonly first?: string;
  /** The last page. */
  readonly last?: string;
}

/** The parameters of a page of a counted list. */
export interface PageInput {
  /** Number of the page, from 1. */
  readonly page?: number | undefined;
  /** Items of the page at most. */
  readonly limit?: number | undefined;
}

/** The parameters of a page of a list that is walked by cursors. */
export interface CursorInput {
  /** Where the page starts: a cursor of an earlier page. */
  readonly cursor?: string | undefined;
  /** Items of the page at most. */
  readonly limit?: number | undefined;
}
