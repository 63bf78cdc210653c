import { isWellFormedId, makeCorrelationId, makeRequestId } from "../context/ids.ts";
import { getContext } from "../context/storage.ts";
import { isoNow } from "../internal/clock.ts";
import { retryAfterHeader } from "./retry_after.ts";
import { statusPhrase } from "./status_phrase.ts";

/** The request that an answer belongs to, and the time of the answer. */
export interface Meta {
  /** Id of the request. */
  readonly request_id: string;
  /** Id of the whole business operation. */
  readonly correlation_id: string;
  /** ISO 8601, UTC. */
  readonly timestamp: string;
}

/** The error in an answer. */
export interface ErrorDetail {
  /** Stable code for programs, such as `NOT_FOUND`. */
  readonly code: string;
  /** One sentence for people. */
  readonly message: string;
  /** Further members of the error; absent where there are none. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The body of an error answer. */
export interface ErrorEnvelope {
  /** What went wrong. */
  readonly error: ErrorDetail;
  /** The request that it belongs to. */
  readonly meta: Meta;
}

/** The part of a `GlamError` that an answer is made of. */
interface Answerable extends ErrorDetail {
  readonly details: Readonly<Record<string, unknown>>;
  readonly status: number;
  readonly expose: boolean;
}

// What a caller needs to retry or to report; none of it reveals anything internal.
const ALWAYS_EXPOSED = ["retryable", "retry_after", "error_id"] as const;

/**
 * What a client may see of `error`. An error that is not exposed keeps its code; its message is the class's default,
 * else the status phrase, and its details are only `retryable`, `retry_after` and `error_id`.
 */
export function exposedDetail(
  error: Answerable,
  options: { readonly exposeInternal?: boolean | undefined } = {},
): ErrorDetail {
  if (error.expose || options.exposeInternal) return errorDetail(error.code, error.message, error.details);
  const { defaultMessage } = error.constructor as { defaultMessage?: string };
  const shown: Record<string, unknown> = {};
  for (const key of ALWAYS_EXPOSED) {
    if (error.details[key] !== undefined) shown[key] = error.details[key];
  }
  return errorDetail(error.code, defaultMessage ?? statusPhrase(error.status), shown);
}

/** The detail with these members; empty `details` are left out. */
export function errorDetail(
  code: string,
  message: string,
  details: Readonly<Record<string, unknown>>,
): ErrorDetail {
  return Object.keys(details).length > 0 ? { code, message, details } : { code, message };
}

/** The ids that are given, else those of the current request, else new ones, and the time. */
export function createMeta(
  { requestId, correlationId }: {
    readonly requestId?: string | undefined;
    readonly correlationId?: string | undefined;
  } = {},
): Meta {
  const context = getContext();
  return {
    request_id: requestId ?? context?.requestId ?? makeRequestId(),
    correlation_id: correlationId ?? context?.correlationId ?? makeCorrelationId(),
    timestamp: isoNow(),
  };
}

/** The body of an error answer, of the current request unless `meta` is given. */
export function errorEnvelope(detail: ErrorDetail, meta: Meta = createMeta()): ErrorEnvelope {
  return { error: detail, meta };
}

/**
 * `detail` as it can be written as JSON: where its `details` cannot, big integers become text and members that still
 * cannot be written (cycles) are left out.
 */
export function toWritable(detail: ErrorDetail): ErrorDetail {
  try {
    JSON.stringify(detail.details);
    return detail;
  } catch {
    const writable = Object.entries(detail.details ?? {}).flatMap(([key, value]) => {
      try {
        const text = JSON.stringify(value, (_, part) => typeof part === "bigint" ? String(part) : part);
        return text === undefined ? [] : [[key, JSON.parse(text)]];
      } catch {
        return [];
      }
    });
    return errorDetail(detail.code, detail.message, Object.fromEntries(writable));
  }
}

/** The body of the answer to a request that failed with `error`, as a client may see it. */
export function envelopeBody(error: Answerable): string {
  return JSON.stringify(errorEnvelope(toWritable(exposedDetail(error))));
}

/** Sets the ids of a request on its answer; one that a header cannot hold is left out. */
export function setIds(
  headers: Headers,
  { requestId, correlationId }: { readonly requestId: string; readonly correlationId: string },
): void {
  if (isWellFormedId(requestId)) headers.set("x-request-id", requestId);
  if (isWellFormedId(correlationId)) headers.set("x-correlation-id", correlationId);
}

/** The answer to a request that failed with `error`. */
export function envelopeResponse(error: Answerable, body: string): Response {
  const headers = new Headers({
    "content-type": "application/json",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  const retryAfter = retryAfterHeader(error.details["retry_after"]);
  if (retryAfter !== undefined) headers.set("retry-after", retryAfter);
  const context = getContext();
  if (context !== undefined) setIds(headers, context);
  return new Response(body, { status: error.status, headers });
}
