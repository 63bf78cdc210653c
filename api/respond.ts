import type { TypedResponse } from "hono";
import type { StatusCode } from "hono/utils/http-status";
import { createMeta } from "../errors/envelope.ts";
import { stringifyBigints } from "../internal/exact_json.ts";
import type { ContextLike } from "./_hono.ts";
import { stateOf } from "./_request_state.ts";
import { metaOf, type PageEnvelope, type SuccessEnvelope } from "./envelope.ts";
import {
  createCursorLinks,
  createCursorPagination,
  createLinks,
  createPagination,
  type CursorPageParams,
  type CursorPagination,
  linkHeader,
  type Links,
  type PageParams,
  type Pagination,
} from "./pagination.ts";

/** A response whose JSON body is known to Hono's typed client. */
export type JsonResponse<T, S extends StatusCode = 200> = Response & TypedResponse<T, S, "json">;

/** What a successful answer may have besides its data. */
export interface SuccessInit {
  /**
   * HTTP status.
   * @default what `c.status()` said, else 200
   */
  readonly status?: number | undefined;
  /** Headers beside those set before. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The `links` member. */
  readonly links?: Links | undefined;
}

/**
 * Answers with the success envelope: `{"data": ..., "meta": {...}}`. Headers, cookies and the status that were set on
 * `c` before stay. `undefined` is written as `null`, a bigint as its decimal text, since JavaScript reads no larger number.
 */
export function success<T>(
  c: ContextLike,
  data: T,
  init?: SuccessInit,
): JsonResponse<SuccessEnvelope<T>> {
  if (init === undefined) return respond(c, data, "", undefined) as JsonResponse<SuccessEnvelope<T>>;
  const { status, headers = {}, links } = init;
  const rest = links === undefined ? "" : ',"links":' + JSON.stringify(links);
  return withHeaders(c, respond(c, data, rest, status), headers) as JsonResponse<SuccessEnvelope<T>>;
}

/** Answers 201 with the success envelope, and with `Location` where the new resource has a URL. */
export function created<T>(
  c: ContextLike,
  data: T,
  location?: string,
): JsonResponse<SuccessEnvelope<T>, 201> {
  const headers = location === undefined ? undefined : { Location: toHeaderValue(location) };
  return respond(c, data, "", 201, headers) as JsonResponse<SuccessEnvelope<T>, 201>;
}

/**
 * Answers with one page of a counted list: `pagination` and `links` in the envelope, and the same in the `Link` header.
 * The links keep the request's other query parameters.
 *
 * @throws {RangeError} when `page`, `limit` or `total` is not a whole number in its range.
 */
export function paginated<T>(
  c: ContextLike,
  items: readonly T[],
  params: PageParams,
): JsonResponse<PageEnvelope<T>> {
  return respondPage(c, items, params, undefined) as JsonResponse<PageEnvelope<T>>;
}

/** Answers with one page of a list that is walked by cursors: the query parameter `cursor` leads to the others. */
export function cursorPage<T>(
  c: ContextLike,
  items: readonly T[],
  params: CursorPageParams,
): JsonResponse<PageEnvelope<T, CursorPagination>> {
  return respondCursorPage(c, items, params, undefined) as JsonResponse<PageEnvelope<T, CursorPagination>>;
}

/** `paginated` with another status. */
export function respondPage(
  c: ContextLike,
  items: readonly unknown[],
  params: PageParams,
  status: number | undefined,
): Response {
  const pagination = createPagination(params);
  return page(c, items, pagination, createLinks(c.req.url, pagination), status);
}

/** `cursorPage` with another status. */
export function respondCursorPage(
  c: ContextLike,
  items: readonly unknown[],
  params: CursorPageParams,
  status: number | undefined,
): Response {
  const pagination = createCursorPagination(params);
  return page(c, items, pagination, createCursorLinks(c.req.url, pagination), status);
}

function page(
  c: ContextLike,
  items: readonly unknown[],
  pagination: CursorPagination | Pagination,
  links: Links,
  status: number | undefined,
): Response {
  const rest = ',"pagination":' + JSON.stringify(pagination) + ',"links":' + JSON.stringify(links);
  return respond(c, items, rest, status, { Link: linkHeader(links) });
}

/**
 * Answers with the envelope; `rest` is what stands behind the `meta`, as JSON text. `headers` are none of those that every
 * answer has.
 */
export function respond(
  c: ContextLike,
  data: unknown,
  rest: string,
  status: number | undefined,
  headers?: { readonly Link: string } | { readonly Location: string },
): Response {
  const state = stateOf(c);
  const meta = state === undefined ? JSON.stringify(createMeta()) : metaOf(state.context);
  const text = '{"data":' + (stringifyBigints(data, String) ?? "null") + ',"meta":' + meta + rest + "}";
  let response: Response;
  if (state?.plain === true) {
    response = state.made = state.settings.plainResponse!(text, status, state, headers);
  } else {
    response = c.body(text, status as never, JSON_TYPE);
    if (headers !== undefined) response = withHeaders(c, response, headers);
  }
  if (state?.lastSuccess !== undefined) state.lastSuccess = { response, text };
  return response;
}

const JSON_TYPE = { "Content-Type": "application/json" };

/** Sets headers of an answer. */
export function withHeaders(
  c: ContextLike,
  response: Response,
  headers: Readonly<Record<string, string>>,
): Response {
  const state = stateOf(c);
  if (state !== undefined) state.made = undefined; // the headers may be the request's own
  const entries = Object.entries(headers);
  try {
    for (const [name, value] of entries) response.headers.set(name, value);
    return response;
  } catch { // a response of fetch() has immutable headers
    const copy = new Response(response.body, response);
    for (const [name, value] of entries) copy.headers.set(name, value);
    return copy;
  }
}

/** Percent-encodes what a header can not hold; what is encoded already stays. */
export function toHeaderValue(url: string): string {
  return url.toWellFormed().replace(/[^\x21-\x7e]+/g, encodeURIComponent);
}
