import assert from "node:assert/strict";
import { test } from "node:test";
import * as errors from "@glam/shared/errors";
import type { GlamError } from "@glam/shared/errors";

/** A class as the Python package has it. */
interface Row {
  readonly name: string;
  readonly parents: readonly string[];
  readonly code: string;
  readonly status: number;
  /** The default of `message` in Python; without it the message is required there. */
  readonly message?: string;
  readonly options: object;
  readonly details: object;
}

const domain = ["DomainError", "GlamError"];
const infrastructure = ["InfrastructureError", "GlamError"];
const notFound = ["NotFoundError", ...domain];
const conflict = ["ConflictError", ...domain];
const validation = ["ValidationError", ...domain];

const rows: readonly Row[] = [
  // base.py
  { name: "GlamError", parents: [], code: "INTERNAL_ERROR", status: 500, options: {}, details: {} },
  {
    name: "InfrastructureError",
    parents: ["GlamError"],
    code: "INFRASTRUCTURE_ERROR",
    status: 503,
    options: { service: "billing", retryable: false },
    details: { service: "billing", retryable: false },
  },
  {
    name: "DomainError",
    parents: ["GlamError"],
    code: "DOMAIN_ERROR",
    status: 400,
    options: {},
    details: {},
  },
  {
    name: "ValidationError",
    parents: domain,
    code: "VALIDATION_ERROR",
    status: 422,
    options: { field: "price", value: -1 },
    details: { field: "price", value: "-1" },
  },
  {
    name: "NotFoundError",
    parents: domain,
    code: "NOT_FOUND",
    status: 404,
    options: { resource: "item", resourceId: 7 },
    details: { resource: "item", resource_id: "7" },
  },
  {
    name: "ConflictError",
    parents: domain,
    code: "CONFLICT",
    status: 409,
    options: { conflictingResource: "order", currentState: "paid" },
    details: { conflicting_resource: "order", current_state: "paid" },
  },
  {
    name: "UnauthorizedError",
    parents: domain,
    code: "UNAUTHORIZED",
    status: 401,
    message: "Authentication required",
    options: { authType: "bearer" },
    details: { auth_type: "bearer" },
  },
  {
    name: "ForbiddenError",
    parents: domain,
    code: "FORBIDDEN",
    status: 403,
    message: "Insufficient permissions",
    options: { requiredPermission: "items:write", resource: "item" },
    details: { required_permission: "items:write", resource: "item" },
  },
  {
    name: "RateLimitedError",
    parents: domain,
    code: "RATE_LIMITED",
    status: 429,
    message: "Rate limit exceeded",
    options: { limit: 100, window: "60s", retryAfter: 30 },
    details: { limit: 100, window: "60s", retry_after: 30 },
  },
  {
    name: "ServiceUnavailableError",
    parents: infrastructure,
    code: "SERVICE_UNAVAILABLE",
    status: 503,
    options: { service: "catalog" },
    details: { service: "catalog", retryable: true },
  },
  {
    name: "RequestTimeoutError",
    parents: infrastructure,
    code: "TIMEOUT",
    status: 504,
    options: { timeoutSeconds: 2.5, operation: "search" },
    details: { timeout_seconds: 2.5, operation: "search", retryable: true },
  },
  {
    name: "InternalError",
    parents: ["GlamError"],
    code: "INTERNAL_ERROR",
    status: 500,
    message: "An unexpected error occurred",
    options: { errorId: "req_1" },
    details: { error_id: "req_1" },
  },
  {
    name: "ContractError",
    parents: ["InternalError", "GlamError"],
    code: "CONTRACT_ERROR",
    status: 500,
    message: "An unexpected error occurred",
    options: { contract: "evt.catalog.item.created.v1" },
    details: { contract: "evt.catalog.item.created.v1" },
  },
  // catalog.py
  {
    name: "SyncInProgressError",
    parents: conflict,
    code: "SYNC_IN_PROGRESS",
    status: 409,
    message: "Another sync is already in progress",
    options: { currentSyncId: "s1", merchantId: "m1" },
    details: { current_sync_id: "s1", merchant_id: "m1" },
  },
  {
    name: "SyncNotFoundError",
    parents: notFound,
    code: "SYNC_NOT_FOUND",
    status: 404,
    options: { syncId: 12 },
    details: { resource: "sync", resource_id: "12" },
  },
  {
    name: "SyncNotResumableError",
    parents: conflict,
    code: "SYNC_NOT_RESUMABLE",
    status: 409,
    options: { syncId: "s1", syncStatus: "done", reason: "finished" },
    details: { sync_id: "s1", sync_status: "done", reason: "finished" },
  },
  {
    name: "SyncNotCancellableError",
    parents: conflict,
    code: "SYNC_NOT_CANCELLABLE",
    status: 409,
    options: { syncId: "s1", syncStatus: "done" },
    details: { sync_id: "s1", sync_status: "done" },
  },
  {
    name: "ItemNotFoundError",
    parents: notFound,
    code: "ITEM_NOT_FOUND",
    status: 404,
    options: { itemId: "i1", merchantId: "m1" },
    details: { resource: "item", resource_id: "i1", merchant_id: "m1" },
  },
  {
    name: "ParentSyncNotFoundError",
    parents: notFound,
    code: "PARENT_SYNC_NOT_FOUND",
    status: 404,
    options: { parentSyncId: "s0" },
    details: { resource: "parent_sync", resource_id: "s0" },
  },
  // profile.py
  {
    name: "ProfileNotFoundError",
    parents: notFound,
    code: "PROFILE_NOT_FOUND",
    status: 404,
    options: { userId: "u1", profileId: "p1" },
    details: { resource: "profile", user_id: "u1", profile_id: "p1" },
  },
  {
    name: "ProfileAlreadyExistsError",
    parents: conflict,
    code: "PROFILE_ALREADY_EXISTS",
    status: 409,
    options: { userId: "u1", existingProfileId: "p1" },
    details: { conflicting_resource: "profile", user_id: "u1", existing_profile_id: "p1" },
  },
  {
    name: "ProfileCreationFailedError",
    parents: domain,
    code: "PROFILE_CREATION_FAILED",
    status: 422,
    options: { userId: "u1", reason: "no selfie" },
    details: { user_id: "u1", reason: "no selfie" },
  },
  // analysis.py
  {
    name: "AnalysisInProgressError",
    parents: conflict,
    code: "ANALYSIS_IN_PROGRESS",
    status: 409,
    message: "Another analysis is already in progress",
    options: { currentAnalysisId: "a1", userId: "u1", startedAt: "2025-01-01T00:00:00Z" },
    details: { current_analysis_id: "a1", user_id: "u1", started_at: "2025-01-01T00:00:00Z" },
  },
  {
    name: "AnalysisNotFoundError",
    parents: notFound,
    code: "ANALYSIS_NOT_FOUND",
    status: 404,
    options: { analysisId: "a1", userId: "u1" },
    details: { resource: "analysis", resource_id: "a1", user_id: "u1" },
  },
  {
    name: "AnalysisNotCancellableError",
    parents: conflict,
    code: "ANALYSIS_NOT_CANCELLABLE",
    status: 409,
    options: { analysisId: "a1", currentStatus: "done", reason: "finished" },
    details: { analysis_id: "a1", current_status: "done", reason: "finished" },
  },
  {
    name: "NoCurrentAnalysisError",
    parents: notFound,
    code: "NO_CURRENT_ANALYSIS",
    status: 404,
    message: "No completed analysis available",
    options: { userId: "u1" },
    details: { resource: "current_analysis", user_id: "u1" },
  },
  // selfie.py
  {
    name: "SelfieNotFoundError",
    parents: notFound,
    code: "SELFIE_NOT_FOUND",
    status: 404,
    options: { selfieId: "f1", userId: "u1" },
    details: { resource: "selfie", resource_id: "f1", user_id: "u1" },
  },
  {
    name: "InvalidImageFormatError",
    parents: validation,
    code: "INVALID_IMAGE_FORMAT",
    status: 422,
    options: { providedFormat: "bmp", supportedFormats: ["png", "jpeg"] },
    details: { provided_format: "bmp", supported_formats: ["png", "jpeg"] },
  },
  {
    name: "ImageTooLargeError",
    parents: validation,
    code: "IMAGE_TOO_LARGE",
    status: 422,
    options: { sizeBytes: 11, maxSizeBytes: 10 },
    details: { size_bytes: 11, max_size_bytes: 10 },
  },
  {
    name: "ImageTooSmallError",
    parents: validation,
    code: "IMAGE_TOO_SMALL",
    status: 422,
    options: { width: 1, height: 2, minWidth: 3, minHeight: 4 },
    details: { width: 1, height: 2, min_width: 3, min_height: 4 },
  },
  {
    name: "NoFaceDetectedError",
    parents: validation,
    code: "NO_FACE_DETECTED",
    status: 422,
    message: "No face detected in the image",
    options: {},
    details: {},
  },
  {
    name: "MultipleFacesDetectedError",
    parents: validation,
    code: "MULTIPLE_FACES_DETECTED",
    status: 422,
    message: "Multiple faces detected in the image",
    options: { faceCount: 3 },
    details: { face_count: 3 },
  },
  {
    name: "PoorImageQualityError",
    parents: validation,
    code: "POOR_IMAGE_QUALITY",
    status: 422,
    message: "Image quality too low for analysis",
    options: { qualityScore: 0.2, minQualityScore: 0.5, qualityIssues: ["blur"] },
    details: { quality_score: 0.2, min_quality_score: 0.5, quality_issues: ["blur"] },
  },
  // notification.py
  {
    name: "NotificationNotFoundError",
    parents: notFound,
    code: "NOTIFICATION_NOT_FOUND",
    status: 404,
    options: { notificationId: "n1", merchantId: "m1" },
    details: { resource: "notification", resource_id: "n1", merchant_id: "m1" },
  },
  {
    name: "TemplateNotFoundError",
    parents: notFound,
    code: "TEMPLATE_NOT_FOUND",
    status: 404,
    options: { templateName: "welcome", templateType: "email" },
    details: { resource: "template", resource_id: "welcome", template_type: "email" },
  },
  {
    name: "TemplateRenderError",
    parents: validation,
    code: "TEMPLATE_RENDER_ERROR",
    status: 422,
    options: { templateName: "welcome", missingVariables: ["name"], renderError: "undefined" },
    details: { template_name: "welcome", missing_variables: ["name"], render_error: "undefined" },
  },
  {
    name: "InvalidRecipientError",
    parents: validation,
    code: "INVALID_RECIPIENT",
    status: 422,
    options: { recipient: "nobody", reason: "no @" },
    details: { field: "recipient", value: "nobody", reason: "no @" },
  },
  {
    name: "PreferencesNotFoundError",
    parents: notFound,
    code: "PREFERENCES_NOT_FOUND",
    status: 404,
    options: { userId: "u1" },
    details: { resource: "notification_preferences", resource_id: "u1" },
  },
  {
    name: "EmailProviderError",
    parents: infrastructure,
    code: "EMAIL_PROVIDER_ERROR",
    status: 503,
    options: { provider: "sendgrid", providerErrorCode: "E1", providerMessage: "no" },
    details: { service: "sendgrid", provider_error_code: "E1", provider_message: "no", retryable: true },
  },
  {
    name: "UnsubscribedError",
    parents: conflict,
    code: "UNSUBSCRIBED",
    status: 409,
    message: "Recipient has unsubscribed from notifications",
    options: { userId: "u1", notificationType: "promo", unsubscribedAt: "2025-01-01" },
    details: { user_id: "u1", notification_type: "promo", unsubscribed_at: "2025-01-01" },
  },
  // infrastructure.py
  {
    name: "DatabaseError",
    parents: infrastructure,
    code: "DATABASE_ERROR",
    status: 503,
    options: { operation: "insert", table: "items", errorCode: "57014" },
    details: {
      service: "database",
      operation: "insert",
      table: "items",
      error_code: "57014",
      retryable: true,
    },
  },
  {
    name: "RedisError",
    parents: infrastructure,
    code: "REDIS_ERROR",
    status: 503,
    options: { operation: "get", key: "k" },
    details: { service: "redis", operation: "get", key: "k", retryable: true },
  },
  {
    name: "S3Error",
    parents: infrastructure,
    code: "S3_ERROR",
    status: 503,
    options: { operation: "put", bucket: "b", key: "k", errorCode: "NoSuchBucket" },
    details: {
      service: "s3",
      operation: "put",
      bucket: "b",
      key: "k",
      error_code: "NoSuchBucket",
      retryable: true,
    },
  },
  {
    name: "UpstreamServiceError",
    parents: infrastructure,
    code: "UPSTREAM_SERVICE_ERROR",
    status: 503,
    options: { upstreamService: "catalog", upstreamStatus: 500, upstreamError: "x", endpoint: "/items" },
    details: {
      service: "catalog",
      upstream_status: 500,
      upstream_error: "x",
      endpoint: "/items",
      retryable: true,
    },
  },
  {
    name: "CircuitOpenError",
    parents: infrastructure,
    code: "CIRCUIT_OPEN",
    status: 503,
    options: { serviceName: "catalog", failureCount: 5, openUntil: "2025-01-01" },
    details: { service: "catalog", failure_count: 5, open_until: "2025-01-01", retryable: false },
  },
  {
    name: "MessageBusError",
    parents: infrastructure,
    code: "MESSAGE_BUS_ERROR",
    status: 503,
    options: { operation: "publish", stream: "EVENTS", subject: "evt.x" },
    details: { service: "nats", operation: "publish", stream: "EVENTS", subject: "evt.x", retryable: true },
  },
];

type AnyClass = {
  new (message?: string, options?: object): GlamError;
  readonly code: string;
  readonly status: number;
};
const classes = errors as unknown as Record<string, AnyClass>;
const ours = Object.values(rows).map(({ name }) => name);

test("the table has the 45 classes of the Python package, and ContractError", () => {
  assert.equal(new Set(ours).size, 46);
});

for (const { name, parents, code, status, message, options, details } of rows) {
  const Class = classes[name]!;

  test(`${name} has the code, status and details of the Python class`, () => {
    const cause = new Error("cause");
    const error = new Class("Said so", { ...options, cause });
    assert.equal(error.name, name);
    assert.equal(Class.name, name);
    assert.equal(error.message, "Said so");
    assert.equal(error.code, code);
    assert.equal(Class.code, code);
    assert.equal(error.status, status);
    assert.equal(Class.status, status);
    assert.equal(error.cause, cause);
    assert.deepEqual(error.details, details);
    assert.match(String(error.stack), new RegExp(`^${name}: Said so`));
  });

  test(`${name} takes code, status and details as every error does`, () => {
    const error = new Class("Said so", { ...options, code: "X", status: 418, details: { more: 1 } });
    assert.equal(error.code, "X");
    assert.equal(error.status, 418);
    assert.deepEqual(error.details, { more: 1, ...details });
  });

  test(`${name} without a message says ${message ?? "the status phrase"}`, () => {
    const phrases: Record<number, string> = {
      400: "Bad Request",
      404: "Not Found",
      409: "Conflict",
      422: "Unprocessable Content",
      500: "Internal Server Error",
      503: "Service Unavailable",
      504: "Gateway Timeout",
    };
    assert.equal(new Class().message, message ?? phrases[status]);
  });

  test(`${name} is an instance of its Python parents and of no other class`, () => {
    const error = new Class("Said so");
    const chain = ours.filter((other) => error instanceof classes[other]!);
    assert.deepEqual(chain.sort(), [name, ...parents].sort());
    assert.ok(error instanceof Error);
  });
}

test("ConfigError is a 500 CONFIG_ERROR of its own", () => {
  const error = new errors.ConfigError("DATABASE_URL is not set");
  assert.equal(error.code, "CONFIG_ERROR");
  assert.equal(error.status, 500);
  assert.equal(error.name, "ConfigError");
  assert.ok(error instanceof errors.GlamError);
  assert.ok(!(error instanceof errors.DomainError));
});

test("CircuitOpenError is never retryable, whatever it is told", () => {
  const error = new classes["CircuitOpenError"]!("open", { retryable: true, details: { retryable: true } });
  assert.equal(error.details["retryable"], false);
  assert.equal((error as errors.InfrastructureError).retryable, false);
});

test("what a class says of every instance cannot be replaced by an option", () => {
  assert.equal(new classes["SyncNotFoundError"]!("x", { resource: "item" }).details["resource"], "sync");
  assert.equal(new classes["RedisError"]!("x", { service: "other" }).details["service"], "redis");
});

test("InfrastructureError shows service and retryable as properties", () => {
  const error = new errors.UpstreamServiceError("down", { upstreamService: "catalog", retryable: false });
  assert.equal(error.service, "catalog");
  assert.equal(error.retryable, false);
  assert.equal(new errors.InfrastructureError("down").retryable, true);
  assert.equal(new errors.InfrastructureError("down", { details: { retryable: false } }).retryable, false);
});

test("MessageBusError keeps what kind of failure it is", () => {
  const error = new errors.MessageBusError("down", { kind: "no_stream", retryable: false });
  assert.equal(error.kind, "no_stream");
  assert.equal(error.details["kind"], "no_stream");
  assert.equal(new errors.MessageBusError("down").kind, undefined);
});

test("ServiceUnavailableError can say when to come back", () => {
  const error = new errors.ServiceUnavailableError("starting", { retryAfter: 5 });
  assert.deepEqual(error.details, { retry_after: 5, retryable: true });
});
