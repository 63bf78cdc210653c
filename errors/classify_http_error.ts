import { RateLimitedError, RequestTimeoutError, ServiceUnavailableError } from "./common.ts";
import { type GlamError, isGlamError } from "./glam_error.ts";
import { UpstreamServiceError } from "./infrastructure.ts";
import { InfrastructureError } from "./infrastructure_error.ts";
import { retryAfterSeconds } from "./retry_after.ts";
import { toGlamError } from "./to_glam_error.ts";

/** Options of {@link classifyHttpError}. */
export interface ClassifyHttpErrorOptions {
  /**
   * Name of the service that was called.
   * @default "upstream"
   */
  readonly service?: string | undefined;
}

interface ResponseLike {
  readonly status: number;
  readonly ok: boolean;
  readonly url?: string;
  readonly headers: { get(name: string): string | null };
}

/**
 * The error for a call to another service that failed: for its `Response`, for an error that has one as `response`,
 * or for what `fetch` threw. An error of this package comes back as it is.
 *
 * A 429 or 503 keeps its `Retry-After` as `retry_after` seconds; other statuses are an `UpstreamServiceError`,
 * retryable from 500 on, whose `endpoint` is the URL without credentials and query.
 *
 * @example
 * ```ts
 * import { classifyHttpError } from "@glam/shared/errors";
 *
 * const response = new Response(null, { status: 429, headers: { "retry-after": "30" } });
 * const error = classifyHttpError(response, { service: "catalog" });
 * console.log(error.message, error.details); // Rate limited by catalog { retry_after: 30 }
 * ```
 *
 * @throws {TypeError} when the response is `ok`.
 */
export function classifyHttpError(
  responseOrError: unknown,
  options: ClassifyHttpErrorOptions = {},
): GlamError {
  const { service = "upstream" } = options;
  if (isResponse(responseOrError)) return classifyResponse(responseOrError, service);
  if (isGlamError(responseOrError)) return responseOrError;
  const response = (responseOrError as { response?: unknown } | null | undefined)?.response;
  if (isResponse(response)) return classifyResponse(response, service, responseOrError);
  const error = toGlamError(responseOrError);
  if (!(error instanceof RequestTimeoutError)) {
    return new InfrastructureError(`Failed to connect to ${service}`, { service, cause: responseOrError });
  }
  return new RequestTimeoutError(
    `Request to ${service} ${error.details["retryable"] ? "timed out" : "was aborted"}`,
    {
      operation: "http_request",
      retryable: error.details["retryable"] === true,
      cause: responseOrError,
    },
  );
}

function isResponse(value: unknown): value is ResponseLike {
  if (typeof value !== "object" || value === null) return false;
  const { status, ok, headers } = value as Partial<ResponseLike>;
  return typeof status === "number" && typeof ok === "boolean" && typeof headers?.get === "function";
}

function classifyResponse(response: ResponseLike, service: string, cause?: unknown): GlamError {
  const { status } = response;
  if (response.ok) {
    throw new TypeError(`Cannot classify the response of ${service}: status ${status} is not an error`);
  }
  const retryAfter = retryAfterSeconds(response.headers.get("retry-after"));
  if (status === 429) return new RateLimitedError(`Rate limited by ${service}`, { retryAfter, cause });
  if (status === 503) {
    return new ServiceUnavailableError(`${service} is temporarily unavailable`, { retryAfter, cause });
  }
  if (status === 0) { // Response.error(): there was no answer
    return new InfrastructureError(`Failed to connect to ${service}`, { service, cause });
  }
  const upstream = {
    upstreamService: service,
    upstreamStatus: status,
    endpoint: endpointOf(response),
    cause,
  };
  return status >= 500
    ? new UpstreamServiceError(`${service} returned ${status}`, upstream)
    : new UpstreamServiceError(`${service} rejected request: ${status}`, { ...upstream, retryable: false });
}

/** The URL without what may be secret. */
function endpointOf(response: ResponseLike): string | undefined {
  if (!response.url || !URL.canParse(response.url)) return undefined;
  const { protocol, host, pathname } = new URL(response.url);
  return `${protocol}//${host}${pathname}`;
}
