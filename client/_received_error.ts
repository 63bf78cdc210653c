import type { AnyEndpoint } from "../contract/endpoint.ts";
import { receivedError } from "../errors/error_from_envelope.ts";
import { errorClassOf } from "../errors/define_error.ts";
import type { GlamError } from "../errors/glam_error.ts";
import { UpstreamServiceError } from "../errors/infrastructure.ts";
import { retryAfterSeconds } from "../errors/retry_after.ts";

/** An error that a service answered with, as its caller sees it. */
export function toCallerError(
  service: string,
  endpoint: AnyEndpoint,
  { status, headers }: Response,
  body: unknown,
): GlamError {
  const find = (code: string) => endpoint.errors.find((Class) => Class.code === code) ?? errorClassOf(code);
  const received = receivedError(body, status, find as typeof errorClassOf);
  const isDeclared = endpoint.errors.some(({ code }) => code === received.code);
  if (isDeclared && status < 500) return Object.assign(received, { upstream: service });
  const retryAfter = retryAfterSeconds(headers.get("retry-after")) ??
    retryAfterSeconds(received.details["retry_after"]);
  const error = new UpstreamServiceError(`${service} answered ${status} to ${endpoint.route}`, {
    status: statusTowardsCaller(status),
    upstreamService: service,
    upstreamStatus: status,
    endpoint: endpoint.operationId,
    retryable: status === 429 || (status >= 500 && status !== 501),
    details: retryAfter === undefined ? {} : { retry_after: retryAfter },
    cause: received,
  });
  return Object.assign(error, { upstream: service });
}

/** A client of ours did nothing wrong when we were refused: what it sees is a failure behind us. */
function statusTowardsCaller(status: number): number {
  if (status === 429 || status === 503) return 503;
  return status === 504 ? 504 : 502;
}

/** An answer that no contract promised. */
export function brokenAnswer(
  service: string,
  endpoint: AnyEndpoint,
  status: number,
  reason: string,
): GlamError {
  const error = new UpstreamServiceError(`${service} broke the contract of ${endpoint.route}: ${reason}`, {
    status: 502,
    upstreamService: service,
    upstreamStatus: status,
    endpoint: endpoint.operationId,
    retryable: false,
  });
  return Object.assign(error, { upstream: service });
}
