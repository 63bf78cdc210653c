import {
  ConflictError,
  ForbiddenError,
  NotFoundError,
  RateLimitedError,
  RequestTimeoutError,
  ServiceUnavailableError,
  UnauthorizedError,
  ValidationError,
} from "./common.ts";
import { errorClassOf } from "./define_error.ts";
import { DomainError } from "./domain_error.ts";
import { GlamError, isErrorStatus } from "./glam_error.ts";
import { UpstreamServiceError } from "./infrastructure.ts";

type Members = Readonly<Record<string, unknown>>;

// The class for an error whose code is not defined in this process.
const BY_STATUS: Readonly<Record<number, unknown>> = {
  400: DomainError,
  401: UnauthorizedError,
  403: ForbiddenError,
  404: NotFoundError,
  409: ConflictError,
  422: ValidationError,
  429: RateLimitedError,
  502: UpstreamServiceError,
  503: ServiceUnavailableError,
  504: RequestTimeoutError,
};

// Of a problem that is ours, these are not details: RFC 9457, 3.1, and our own two.
const PROBLEM_MEMBERS = new Set([
  "code",
  "correlation_id",
  "detail",
  "details",
  "errors",
  "instance",
  "request_id",
  "status",
  "timestamp",
  "title",
  "type",
]);

/**
 * The error that another service answered with, as the class it had there: from the body, an error envelope or an
 * RFC 9457 problem, and the HTTP status. The class is that of the `code`, else the one nearest to the status; code,
 * message and details are as received. It never throws: members of the wrong type count as absent.
 *
 * @example
 * ```ts
 * import { errorFromEnvelope, NotFoundError } from "@glam/shared/errors";
 *
 * const body = { error: { code: "NOT_FOUND", message: "Item 7 not found", details: { resource: "item" } } };
 * const error = errorFromEnvelope(body, 404);
 * console.log(error instanceof NotFoundError, error.details); // true { resource: "item" }
 * ```
 */
export function errorFromEnvelope(body: unknown, status?: number): GlamError {
  return receivedError(body, status, errorClassOf);
}

/** The same, with other classes than those that are known by their codes. */
export function receivedError(
  body: unknown,
  status: number | undefined,
  find: (code: string) => typeof GlamError | undefined,
): GlamError {
  const members = asObject(body) ?? {};
  const envelope = asObject(members["error"]);
  const received = envelope ?? members;
  const code = asText(received["code"]);
  const Known = code === undefined ? undefined : find(code);
  const actual = [status, members["status"], Known?.status].find(isErrorStatus) ?? 500;
  const Class = Known ?? classForStatus(actual);
  const error = new Class(
    asText(received["message"]) ?? asText(members["detail"]) ?? asText(members["title"]),
    {
      code: code ?? `HTTP_${actual}`,
      status: actual,
    },
  );
  // The details as received, without those that the class adds to its own instances.
  (error as { details: Members }).details = envelope
    ? { ...asObject(envelope["details"]) }
    : problemDetails(members);
  return error;
}

function classForStatus(status: number): typeof GlamError {
  return (BY_STATUS[status] ?? (status < 500 ? DomainError : GlamError)) as typeof GlamError;
}

function problemDetails(problem: Members): Members {
  if (![problem["code"], problem["type"], problem["title"], problem["detail"]].some(asText)) return {};
  const extensions = Object.entries(problem).filter(([member]) => !PROBLEM_MEMBERS.has(member));
  const { errors } = problem;
  return {
    ...Object.fromEntries(extensions),
    ...Array.isArray(errors) && { validation_errors: errors },
    ...asObject(problem["details"]),
  };
}

function asObject(value: unknown): Members | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Members : undefined;
}

function asText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
