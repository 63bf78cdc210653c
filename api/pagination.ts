import type { CursorPagination, Links, Pagination } from "../contract/pagination.ts";
import { assertWhole } from "../internal/assert_number.ts";
import { pathAbsolute, pathAndQuery } from "./_request_path.ts";

export type { CursorPagination, Links, Pagination } from "../contract/pagination.ts";

/** A page of a counted list. */
export interface PageParams {
  /** Number of the page, from 1. */
  readonly page: number;
  /** Items a page holds at most, from 1. */
  readonly limit: number;
  /** Items in the whole list. */
  readonly total: number;
}

/** The cursors of a page, as a repository's `findAfter` gives them. */
export interface CursorPageParams {
  /** Items a page holds at most, from 1. */
  readonly limit: number;
  /** Cursor of the next page, where there is one. */
  readonly next?: string | null | undefined;
  /** Cursor of the previous page, where there is one. */
  readonly previous?: string | null | undefined;
}

/**
 * The `pagination` of a page.
 *
 * @throws {RangeError} when `page` or `limit` is not a whole number from 1, or `total` not one from 0.
 */
export function createPagination({ page, limit, total }: PageParams): Pagination {
  assertWhole("page", page, 1);
  assertWhole("limit", limit, 1);
  assertWhole("total", total, 0);
  const pages = Math.ceil(total / limit);
  return { page, limit, total, pages, has_next: page < pages, has_previous: page > 1 };
}

/** The `pagination` of a page between cursors. */
export function createCursorPagination({ limit, next, previous }: CursorPageParams): CursorPagination {
  assertWhole("limit", limit, 1);
  return {
    limit,
    has_next: next != null,
    has_previous: previous != null,
    ...(next != null && { next_cursor: next }),
    ...(previous != null && { previous_cursor: previous }),
  };
}

/**
 * The links of a page: the URL's path and query with `page` and `limit` replaced. Behind the end of the list, the
 * previous page is the last one.
 */
export function createLinks(url: string, { page, limit, pages }: Pagination): Links {
  const { path, query } = split(url);
  const link = (number: number) => {
    query.set("page", String(number));
    query.set("limit", String(limit));
    return `${path}?${query}`;
  };
  return {
    self: link(page),
    ...(page < pages && { next: link(page + 1) }),
    ...(page > 1 && pages > 0 && { previous: link(Math.min(page - 1, pages)) }),
    ...(pages > 0 && { first: link(1), last: link(pages) }),
  };
}

/** The links of a page between cursors: the URL's path and query with `cursor` and `limit` replaced. */
export function createCursorLinks(url: string, pagination: CursorPagination): Links {
  const { limit, next_cursor: next, previous_cursor: previous } = pagination;
  const link = (cursor: string) => withQuery(url, { cursor, limit: String(limit) });
  return {
    self: withQuery(url, { limit: String(limit) }),
    ...(next !== undefined && { next: link(next) }),
    ...(previous !== undefined && { previous: link(previous) }),
    first: withQuery(url, { limit: String(limit) }, ["cursor"]),
  };
}

const RELATIONS = { self: "self", next: "next", previous: "prev", first: "first", last: "last" } as const;

/** The `Link` header (RFC 8288) that says the same as these links. */
export function linkHeader(links: Links): string {
  return (Object.keys(RELATIONS) as (keyof Links)[])
    .filter((name) => links[name] !== undefined)
    .map((name) => `<${links[name]}>; rel="${RELATIONS[name]}"`)
    .join(", ");
}

function withQuery(
  url: string,
  set: Readonly<Record<string, string>>,
  remove: readonly string[] = [],
): string {
  const { path, query } = split(url);
  for (const name of remove) query.delete(name);
  for (const [name, value] of Object.entries(set)) query.set(name, value);
  return `${path}?${query}`;
}

function split(url: string): { readonly path: string; readonly query: URLSearchParams } {
  const text = pathAndQuery(url);
  const { pathname, searchParams } = new URL(text, "http://localhost");
  return { path: pathAbsolute(pathname), query: searchParams };
}
