import type { AnyEndpoint } from "../contract/endpoint.ts";
import { errorClassOf } from "../errors/define_error.ts";
import { receivedError } from "../errors/error_from_envelope.ts";
import type { GlamError } from "../errors/glam_error.ts";
import { UpstreamServiceError } from "../errors/infrastructure.ts";
import { retryAfterSeconds } from "../errors/retry_after.ts";

/** What of a failed call its error says. */
export interface FailedCall {
  readonly service: string;
  readonly endpoint: AnyEndpoint;
  /** Status of the answer, where there was one. */
  readonly status?: number | undefined;
  readonly cause?: unknown;
  readonly retryable?: boolean | undefined;
  /** Seconds that the service asks to wait. */
  readonly retryAfter?: number | undefined;
}

/** A failure of the called service. Our own client did nothing wrong, so it gets no 4xx. */
export function behindUs(message: string, call: FailedCall): GlamError {
  const { service, endpoint, status, cause, retryable = status === undefined, retryAfter } = call;
  const error = new UpstreamServiceError(message, {
    status: statusTowardsCaller(status),
    upstreamService: service,
    ...status !== undefined && { upstreamStatus: status },
    endpoint: endpoint.operationId,
    retryable,
    details: retryAfter === undefined ? {} : { retry_after: retryAfter },
    cause,
  });
  return Object.assign(error, { upstream: service });
}

/** An answer that the contract does not have. */
export function brokenContract(call: FailedCall & { readonly status: number }, reason: string): GlamError {
  return behindUs(`${call.service} broke the contract of ${call.endpoint.route}: ${reason}`, call);
}

/** No answer and "not now" is 503, a time-out 504, all else 502. */
function statusTowardsCaller(status: number | undefined): number {
  if (status === undefined || status === 429 || status === 503) return 503;
  return status === 504 ? 504 : 502;
}

/** An error that a service answered with, as its caller sees it: the class that the endpoint declares, or a failure behind us. */
export function toCallerError(
  service: string,
  endpoint: AnyEndpoint,
  { status, headers }: Response,
  body: unknown,
): GlamError {
  const find = (code: string) => endpoint.errors.find((Class) => Class.code === code) ?? errorClassOf(code);
  const received = receivedError(body, status, find as typeof errorClassOf);
  const retryAfter = retryAfterSeconds(headers.get("retry-after")) ??
    retryAfterSeconds(received.details["retry_after"]);
  if (status < 500 && endpoint.errors.some(({ code }) => code === received.code)) {
    if (retryAfter !== undefined) received.details["retry_after"] ??= retryAfter;
    return Object.assign(received, { upstream: service });
  }
  return behindUs(`${service} answered ${status} to ${endpoint.route}`, {
    service,
    endpoint,
    status,
    retryable: status === 429 || isInProgress(received) || (status >= 500 && status !== 501),
    retryAfter,
    cause: received,
  });
}

/**
 * Whether a service says that the first request with this key still runs: an attempt of ours, perhaps, whose connection
 * broke.
 */
export function isInProgress({ code, cause }: GlamError): boolean {
  return code === IN_PROGRESS || (cause as GlamError | undefined)?.code === IN_PROGRESS;
}

const IN_PROGRESS = "IDEMPOTENCY_IN_PROGRESS";
