import type { RequestContext } from "../context/request_context.ts";
import { createMeta, type ErrorDetail, type Meta } from "../errors/envelope.ts";
import { isoNow } from "../internal/clock.ts";
import {
  createLinks,
  createPagination,
  type CursorPagination,
  type Links,
  type Pagination,
} from "./pagination.ts";

/** The body of a successful answer. */
export interface SuccessEnvelope<T> {
  /** What was asked for. */
  readonly data: T;
  /** Ids and time of the answer. */
  readonly meta: Meta;
  /** Where the answer has links. */
  readonly links?: Links;
}

/** The body of a page of a list. */
export interface PageEnvelope<T, P extends CursorPagination | Pagination = Pagination>
  extends SuccessEnvelope<T[]> {
  /** Where in the list this page is. */
  readonly pagination: P;
  /** The pages around it. */
  readonly links: Links;
}

/** The body of any answer of the fleet. */
export interface ApiResponse<T = unknown> {
  /** What was asked for; absent where `error` is present. */
  readonly data?: T;
  /** What went wrong. */
  readonly error?: ErrorDetail;
  /** Ids and time of the answer. */
  readonly meta: Meta;
  /** Where in a list this page is. */
  readonly pagination?: CursorPagination | Pagination;
  /** Links of the answer. */
  readonly links?: Links;
}

/** Ids for an envelope that is not built during a request. */
export interface EnvelopeIds {
  /**
   * Id of the request.
   * @default the current request's, else a new id
   */
  readonly requestId?: string | undefined;
  /**
   * Id of the whole business operation.
   * @default the current request's, else a new id
   */
  readonly correlationId?: string | undefined;
}

/** The parts of an envelope. */
export interface EnvelopeParts<T> extends EnvelopeIds {
  /** What was asked for. */
  readonly data?: T | undefined;
  /** What went wrong. */
  readonly error?: ErrorDetail | undefined;
  /** Where in a list this page is. */
  readonly pagination?: CursorPagination | Pagination | undefined;
  /** Links of the answer. */
  readonly links?: Links | undefined;
}

/** An envelope of any kind; parts without a value are left out. */
export function createResponse<T>(parts: EnvelopeParts<T>): ApiResponse<T> {
  const { data, error, pagination, links } = parts;
  return {
    ...(data !== undefined && { data }),
    ...(error !== undefined && { error }),
    meta: createMeta(parts),
    ...(pagination !== undefined && { pagination }),
    ...(links !== undefined && { links }),
  };
}

/** The envelope of a successful answer. */
export function successResponse<T>(
  data: T,
  options: EnvelopeIds & { readonly links?: Links | undefined } = {},
): SuccessEnvelope<T> {
  const { links } = options;
  return { data, meta: createMeta(options), ...(links !== undefined && { links }) };
}

/** The envelope of an error. */
export function errorResponse(
  code: string,
  message: string,
  options: EnvelopeIds & { readonly details?: Readonly<Record<string, unknown>> | undefined } = {},
): { error: ErrorDetail; meta: Meta } {
  const { details } = options;
  return { error: { code, message, ...(details !== undefined && { details }) }, meta: createMeta(options) };
}

/** The envelope of one page of a list; `url` is the URL of the page. */
export function paginatedResponse<T>(
  items: readonly T[],
  options: EnvelopeIds & {
    readonly page: number;
    readonly limit: number;
    readonly total: number;
    readonly url: string;
  },
): PageEnvelope<T> {
  const pagination = createPagination(options);
  return {
    data: [...items],
    meta: createMeta(options),
    pagination,
    links: createLinks(options.url, pagination),
  };
}

/** The `meta` of a request as JSON text: its ids are well formed, so nothing needs escaping. */
export function metaOf(context: RequestContext): string {
  return '{"request_id":"' + context.requestId + '","correlation_id":"' + context.correlationId +
    '","timestamp":"' + isoNow() + '"}';
}
