import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CircuitOpenError,
  ConflictError,
  DatabaseError,
  DomainError,
  errorFromEnvelope,
  ForbiddenError,
  GlamError,
  isRetryableError,
  ItemNotFoundError,
  type MessageBusError,
  NotFoundError,
  RateLimitedError,
  RequestTimeoutError,
  ServiceUnavailableError,
  UnauthorizedError,
  UpstreamServiceError,
  ValidationError,
} from "@glam/shared/errors";

test("an error comes back as the class it was", async () => {
  const sent = new ItemNotFoundError("Item 7 not found", { itemId: 7, merchantId: "m1" });
  const error = errorFromEnvelope(await sent.getResponse().json(), 404);
  assert.equal(error.constructor, ItemNotFoundError);
  assert.equal(error.message, sent.message);
  assert.equal(error.status, 404);
  assert.deepEqual(error.details, sent.details);
});

test("details and message are as received, not as the class would make them", async () => {
  const sent = new DatabaseError("secret", { table: "users", retryable: false });
  const error = errorFromEnvelope(await sent.getResponse().json(), 503);
  assert.equal(error.constructor, DatabaseError);
  assert.equal(error.message, "Service Unavailable");
  assert.deepEqual(error.details, { retryable: false });
  assert.equal((error as DatabaseError).retryable, false);
  const odd = errorFromEnvelope({
    error: { code: "CIRCUIT_OPEN", message: "x", details: { retryable: true } },
  }, 503);
  assert.equal(odd.constructor, CircuitOpenError);
  assert.deepEqual(odd.details, { retryable: true });
  const bus = errorFromEnvelope({
    error: { code: "MESSAGE_BUS_ERROR", message: "x", details: { kind: "timeout" } },
  });
  assert.equal((bus as MessageBusError).kind, "timeout");
});

test("the received details are copied", () => {
  const body = { error: { code: "CONFLICT", message: "x", details: { a: 1 } } };
  const error = errorFromEnvelope(body, 409);
  error.details["b"] = 2;
  assert.deepEqual(body.error.details, { a: 1 });
});

test("a problem comes back as the class of its code", () => {
  const problem = {
    type: "about:blank",
    title: "Unprocessable Content",
    status: 422,
    detail: "Request validation failed",
    instance: "/items",
    code: "VALIDATION_ERROR",
    request_id: "req_1",
    errors: [{ field: "body.a", message: "Required", type: "invalid_type" }],
    hint: "read the docs",
  };
  const error = errorFromEnvelope(problem, 422);
  assert.equal(error.constructor, ValidationError);
  assert.equal(error.message, "Request validation failed");
  assert.deepEqual(error.details, { validation_errors: problem.errors, hint: "read the docs" });
  const bare = errorFromEnvelope({ title: "Not Found", status: 404 });
  assert.equal(bare.constructor, NotFoundError);
  assert.equal(bare.message, "Not Found");
  assert.equal(bare.code, "HTTP_404");
});

test("an unknown code is kept, on the class nearest to the status", () => {
  const rows: [number, unknown][] = [
    [400, DomainError],
    [401, UnauthorizedError],
    [403, ForbiddenError],
    [404, NotFoundError],
    [409, ConflictError],
    [418, DomainError],
    [422, ValidationError],
    [429, RateLimitedError],
    [500, GlamError],
    [502, UpstreamServiceError],
    [503, ServiceUnavailableError],
    [504, RequestTimeoutError],
  ];
  for (const [status, Class] of rows) {
    const error = errorFromEnvelope({ error: { code: "THEIRS", message: "x", details: { a: 1 } } }, status);
    assert.equal(error.constructor, Class, String(status));
    assert.equal(error.code, "THEIRS");
    assert.equal(error.status, status);
    assert.deepEqual(error.details, { a: 1 });
  }
});

test("members of the wrong type count as not there", () => {
  const error = errorFromEnvelope({ error: { code: 7, message: {}, details: [1] } }, 404);
  assert.equal(error.constructor, NotFoundError);
  assert.equal(error.code, "HTTP_404");
  assert.equal(error.message, "Not Found");
  assert.deepEqual(error.details, {});
  assert.equal(errorFromEnvelope({ error: { code: "NOT_FOUND", message: "x" } }).status, 404);
  assert.equal(errorFromEnvelope({ error: { code: "NOT_FOUND", message: "x" } }, 410).status, 410);
});

test("garbage never throws, and nothing of it is taken", () => {
  const bodies = [undefined, null, "<html>", 7, [], {}, { error: null }, { error: "x" }, { error: [] }, {
    id: 7,
  }];
  for (const body of bodies) {
    for (const status of [undefined, NaN, 0, 200, 999, 500]) {
      const error = errorFromEnvelope(body, status);
      assert.equal(error.constructor, GlamError);
      assert.equal(error.status, 500);
      assert.equal(error.message, "Internal Server Error");
      assert.deepEqual(error.details, {});
    }
  }
});

test("a gateway's page is retryable as its status is", () => {
  assert.equal(isRetryableError(errorFromEnvelope("<html>", 502)), true);
  assert.equal(isRetryableError(errorFromEnvelope("<html>", 503)), true);
  assert.equal(isRetryableError(errorFromEnvelope("<html>", 500)), false);
  assert.equal(isRetryableError(errorFromEnvelope("<html>", 404)), false);
});
