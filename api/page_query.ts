import * as z from "zod";
import { assertWhole } from "../internal/assert_number.ts";

/** Options of {@link paginationQuery} and {@link cursorQuery}. */
export interface PageQueryOptions {
  /**
   * Items of a page where the request does not say.
   * @default 50, or `maxLimit` where that is less
   */
  readonly defaultLimit?: number | undefined;
  /**
   * Items that a request may ask for at most.
   * @default 1000
   */
  readonly maxLimit?: number | undefined;
}

/** A page of a counted list, as a request asks for it. */
export interface PageQuery {
  /** Number of the page, from 1. */
  readonly page: number;
  /** Items of the page at most. */
  readonly limit: number;
  /** Items before the page. */
  readonly offset: number;
}

/** A page of a list that is walked by cursors, as a request asks for it. */
export interface CursorQuery {
  /** Items of the page at most. */
  readonly limit: number;
  /** Where the page starts; absent for the first one. */
  readonly cursor?: string;
}

/**
 * The schema of a list's query: `page` (from 1), `limit` (from 1, 50 unless given), and the `offset` that follows. Other
 * parameters pass, so that a second `validate("query", ...)` can take the filters.
 *
 * @example
 * ```ts
 * import { paginationQuery } from "@glam/shared/api";
 *
 * console.log(paginationQuery().parse({ page: "3" })); // { page: 3, limit: 50, offset: 100 }
 * ```
 */
export function paginationQuery(options: PageQueryOptions = {}): z.ZodType<PageQuery, PageQueryInput> {
  const limit = limitSchema(options);
  // The last page whose offset is still a whole number for any limit.
  const page = z.coerce.number().int().min(1).max(Math.floor(Number.MAX_SAFE_INTEGER / maxLimitOf(options)))
    .default(1);
  return z.object({ page, limit }).transform(({ page, limit }) => ({
    page,
    limit,
    offset: (page - 1) * limit,
  })) as never;
}

/** The schema of a cursor list's query: `limit` and the opaque `cursor` of an earlier answer. */
export function cursorQuery(options: PageQueryOptions = {}): z.ZodType<CursorQuery, CursorQueryInput> {
  return z.object({ limit: limitSchema(options), cursor: z.string().min(1).max(4096).optional() }) as never;
}

/** The query parameters of a counted list. */
export type PageQueryInput = { page?: string | undefined; limit?: string | undefined };

/** The query parameters of a cursor list. */
export type CursorQueryInput = { limit?: string | undefined; cursor?: string | undefined };

function limitSchema(options: PageQueryOptions): z.ZodType<number> {
  const maxLimit = maxLimitOf(options);
  const { defaultLimit = Math.min(50, maxLimit) } = options;
  assertWhole("defaultLimit", defaultLimit, 1, maxLimit);
  return z.coerce.number().int().min(1).max(maxLimit).default(defaultLimit);
}

function maxLimitOf({ maxLimit = 1000 }: PageQueryOptions): number {
  assertWhole("maxLimit", maxLimit, 1);
  return maxLimit;
}
