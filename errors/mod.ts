/**
 * Errors with a stable code and an HTTP status, for the service that throws them and the client that receives them.
 *
 * Throw one of these for every failure you expect: `glamMiddleware()` of `@glam/shared/api` answers with it, and so
 * does a bare Hono application. Use {@link toGlamError} for foreign errors, {@link retry} for calls that may succeed
 * later, {@link errorFromEnvelope} to turn another service's answer into the class that it threw, and
 * {@link defineError} for a class of your own. Under status 500 a client sees the whole error; from 500 on the code, the
 * default message of the class, `retryable`, `retry_after` and `error_id`.
 *
 * ```ts
 * import { defineError, isRetryableError, NotFoundError, toGlamError } from "@glam/shared/errors";
 *
 * const error = new NotFoundError("Item 7 not found", { resource: "item", resourceId: 7 });
 * console.log(error.status, JSON.stringify(error));
 * // 404 {"code":"NOT_FOUND","message":"Item 7 not found","details":{"resource":"item","resource_id":"7"}}
 * console.log(await error.getResponse().json()); // { error: {...}, meta: { request_id, ... } }
 *
 * const OutOfStockError = defineError<{ sku: string }>({ code: "OUT_OF_STOCK", status: 409 });
 * console.log(new OutOfStockError("Lipstick is sold out", { sku: "l-7" }).details); // { sku: "l-7" }
 *
 * const timeout = new DOMException("The operation timed out", "TimeoutError");
 * console.log(toGlamError(timeout).code, isRetryableError(timeout)); // TIMEOUT true
 * ```
 *
 * @module
 */

export {
  AnalysisInProgressError,
  AnalysisNotCancellableError,
  AnalysisNotFoundError,
  NoCurrentAnalysisError,
} from "./analysis.ts";
export {
  ItemNotFoundError,
  ParentSyncNotFoundError,
  SyncInProgressError,
  SyncNotCancellableError,
  SyncNotFoundError,
  SyncNotResumableError,
} from "./catalog.ts";
export { classifyHttpError, type ClassifyHttpErrorOptions } from "./classify_http_error.ts";
export {
  ConflictError,
  ContractError,
  ForbiddenError,
  InternalError,
  NotFoundError,
  RateLimitedError,
  RequestTimeoutError,
  ServiceUnavailableError,
  UnauthorizedError,
  ValidationError,
} from "./common.ts";
export { ConfigError, type ConfigErrorOptions, type ConfigProblem } from "./config_error.ts";
export {
  defineError,
  type ErrorArguments,
  type ErrorClass,
  type ErrorDefinition,
  type FixedOptions,
  type GlamErrorConstructor,
  type MergedOptions,
  type OptionsOf,
} from "./define_error.ts";
export { DomainError } from "./domain_error.ts";
export { type ErrorDetail, type ErrorEnvelope, type Meta } from "./envelope.ts";
export { errorFromEnvelope } from "./error_from_envelope.ts";
export { GlamError, type GlamErrorOptions, isGlamError } from "./glam_error.ts";
export {
  CircuitOpenError,
  DatabaseError,
  MessageBusError,
  type MessageBusErrorKind,
  type MessageBusErrorOptions,
  RedisError,
  S3Error,
  UpstreamServiceError,
} from "./infrastructure.ts";
export { InfrastructureError, type InfrastructureErrorOptions } from "./infrastructure_error.ts";
export { isRetryableError } from "./is_retryable_error.ts";
export {
  EmailProviderError,
  InvalidRecipientError,
  NotificationNotFoundError,
  PreferencesNotFoundError,
  TemplateNotFoundError,
  TemplateRenderError,
  UnsubscribedError,
} from "./notification.ts";
export { ProfileAlreadyExistsError, ProfileCreationFailedError, ProfileNotFoundError } from "./profile.ts";
export { retry, type RetryAttempt, type RetryEvent, type RetryOptions } from "./retry.ts";
export {
  ImageTooLargeError,
  ImageTooSmallError,
  InvalidImageFormatError,
  MultipleFacesDetectedError,
  NoFaceDetectedError,
  PoorImageQualityError,
  SelfieNotFoundError,
} from "./selfie.ts";
export { toGlamError } from "./to_glam_error.ts";
export { type IssueLike, validationErrors, type ValidationIssue } from "./validation_errors.ts";
export {
  type ErrorMappingOptions,
  type ErrorMatcher,
  type MappedErrorClass,
  withErrorMapping,
} from "./with_error_mapping.ts";
export { wrapExternalError } from "./wrap_external_error.ts";
