import { ConfigError } from "./config_error.ts";
import { builtIn, type ErrorClass, registerBuiltIn } from "./define_error.ts";
import { DomainError } from "./domain_error.ts";
import { GlamError } from "./glam_error.ts";
import { InfrastructureError } from "./infrastructure_error.ts";

registerBuiltIn(ConfigError);
registerBuiltIn(DomainError);
registerBuiltIn(InfrastructureError);

/** Data that break a rule (422 `VALIDATION_ERROR`); `value` is written as text. */
export const ValidationError: ErrorClass<{ field?: string; value?: unknown }, typeof DomainError> = builtIn({
  name: "ValidationError",
  extends: DomainError,
  code: "VALIDATION_ERROR",
  status: 422,
  texts: ["value"],
});
/** An instance of {@link ValidationError}. */
export type ValidationError = InstanceType<typeof ValidationError>;

/** A resource that does not exist (404 `NOT_FOUND`); `resourceId` is written as text. */
export const NotFoundError: ErrorClass<{ resource?: string; resourceId?: unknown }, typeof DomainError> =
  builtIn({
    name: "NotFoundError",
    extends: DomainError,
    code: "NOT_FOUND",
    status: 404,
    texts: ["resource_id"],
  });
/** An instance of {@link NotFoundError}. */
export type NotFoundError = InstanceType<typeof NotFoundError>;

/** An operation that the current state does not allow (409 `CONFLICT`). */
export const ConflictError: ErrorClass<
  { conflictingResource?: string; currentState?: string },
  typeof DomainError
> = builtIn({
  name: "ConflictError",
  extends: DomainError,
  code: "CONFLICT",
  status: 409,
});
/** An instance of {@link ConflictError}. */
export type ConflictError = InstanceType<typeof ConflictError>;

/** A caller that is not authenticated (401 `UNAUTHORIZED`). */
export const UnauthorizedError: ErrorClass<{ authType?: string }, typeof DomainError, string | undefined> =
  builtIn({
    name: "UnauthorizedError",
    extends: DomainError,
    code: "UNAUTHORIZED",
    status: 401,
    message: "Authentication required",
  });
/** An instance of {@link UnauthorizedError}. */
export type UnauthorizedError = InstanceType<typeof UnauthorizedError>;

/** A caller that lacks a permission (403 `FORBIDDEN`). */
export const ForbiddenError: ErrorClass<
  { requiredPermission?: string; resource?: string },
  typeof DomainError,
  string | undefined
> = builtIn({
  name: "ForbiddenError",
  extends: DomainError,
  code: "FORBIDDEN",
  status: 403,
  message: "Insufficient permissions",
});
/** An instance of {@link ForbiddenError}. */
export type ForbiddenError = InstanceType<typeof ForbiddenError>;

/** Too many requests (429 `RATE_LIMITED`); `retryAfter` is in seconds and sets `Retry-After`. */
export const RateLimitedError: ErrorClass<
  { limit?: number; window?: string; retryAfter?: number },
  typeof DomainError,
  string | undefined
> = builtIn({
  name: "RateLimitedError",
  extends: DomainError,
  code: "RATE_LIMITED",
  status: 429,
  message: "Rate limit exceeded",
});
/** An instance of {@link RateLimitedError}. */
export type RateLimitedError = InstanceType<typeof RateLimitedError>;

/** A service that cannot answer for now (503 `SERVICE_UNAVAILABLE`); `retryAfter` is in seconds. */
export const ServiceUnavailableError: ErrorClass<{ retryAfter?: number }, typeof InfrastructureError> =
  builtIn({
    name: "ServiceUnavailableError",
    extends: InfrastructureError,
    code: "SERVICE_UNAVAILABLE",
  });
/** An instance of {@link ServiceUnavailableError}. */
export type ServiceUnavailableError = InstanceType<typeof ServiceUnavailableError>;

/** An operation that ran out of time (504 `TIMEOUT`). */
export const RequestTimeoutError: ErrorClass<
  { timeoutSeconds?: number; operation?: string },
  typeof InfrastructureError
> = builtIn({
  name: "RequestTimeoutError",
  extends: InfrastructureError,
  code: "TIMEOUT",
  status: 504,
});
/** An instance of {@link RequestTimeoutError}. */
export type RequestTimeoutError = InstanceType<typeof RequestTimeoutError>;

/** An unexpected failure (500 `INTERNAL_ERROR`); clients see the default message and `errorId`. */
export const InternalError: ErrorClass<{ errorId?: string }, typeof GlamError, string | undefined> = builtIn({
  name: "InternalError",
  extends: GlamError,
  code: "INTERNAL_ERROR",
  message: "An unexpected error occurred",
});
/** An instance of {@link InternalError}. */
export type InternalError = InstanceType<typeof InternalError>;

/**
 * Data of this service that break a contract (500 `CONTRACT_ERROR`): an event that does not fit its schema, a row that its
 * own code built, an answer that its endpoint did not promise. The fault is the service's, not its caller's: a client sees
 * the default message, and the operation is never retried.
 */
export const ContractError: ErrorClass<{ contract?: string }, typeof InternalError, string | undefined> =
  builtIn({
    name: "ContractError",
    extends: InternalError,
    code: "CONTRACT_ERROR",
  });
/** An instance of {@link ContractError}. */
export type ContractError = InstanceType<typeof ContractError>;
