import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import {
  classifyHttpError,
  InfrastructureError,
  isRetryableError,
  NotFoundError,
  RateLimitedError,
  RequestTimeoutError,
  ServiceUnavailableError,
  UpstreamServiceError,
} from "@glam/shared/errors";

function response(status: number, headers: Record<string, string> = {}, url = ""): Response {
  const made = new Response(null, { status, headers });
  return Object.defineProperty(made, "url", { value: url });
}

test("429 is a RateLimitedError with the seconds of Retry-After", () => {
  const error = classifyHttpError(response(429, { "retry-after": "30" }), { service: "catalog" });
  assert.equal(error.constructor, RateLimitedError);
  assert.equal(error.message, "Rate limited by catalog");
  assert.deepEqual(error.details, { retry_after: 30 });
  assert.equal(isRetryableError(error), true);
});

test("429 without a usable Retry-After is not retryable", () => {
  for (const headers of [{}, { "retry-after": "soon" }]) {
    const error = classifyHttpError(response(429, headers));
    assert.deepEqual(error.details, {});
    assert.equal(isRetryableError(error), false);
  }
});

test("Retry-After may be a date", () => {
  const inTenMinutes = new Date(Date.now() + 600_000).toUTCString();
  const { details } = classifyHttpError(response(429, { "retry-after": inTenMinutes }));
  const seconds = details["retry_after"] as number;
  const left = Math.floor((Date.parse(inTenMinutes) - Date.now()) / 1000);
  assert.ok(Number.isInteger(seconds) && seconds >= left && seconds <= 600, String(seconds));
  const past = classifyHttpError(response(429, { "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT" }));
  assert.deepEqual(past.details, { retry_after: 0 });
});

test("503 is a ServiceUnavailableError that keeps Retry-After", () => {
  const error = classifyHttpError(response(503, { "retry-after": "5" }), { service: "catalog" });
  assert.equal(error.constructor, ServiceUnavailableError);
  assert.equal(error.message, "catalog is temporarily unavailable");
  assert.deepEqual(error.details, { retryable: true, retry_after: 5 });
});

test("another 5xx is a retryable UpstreamServiceError; its endpoint has no credentials and no query", () => {
  const url = "https://user:hunter2@catalog:8443/items/7?token=secret#part";
  const error = classifyHttpError(response(502, {}, url), { service: "catalog" });
  assert.equal(error.constructor, UpstreamServiceError);
  assert.equal(error.message, "catalog returned 502");
  assert.deepEqual(error.details, {
    service: "catalog",
    upstream_status: 502,
    endpoint: "https://catalog:8443/items/7",
    retryable: true,
  });
});

test("4xx is an UpstreamServiceError that is not retryable", () => {
  const error = classifyHttpError(response(404), { service: "catalog" });
  assert.equal(error.constructor, UpstreamServiceError);
  assert.equal(error.message, "catalog rejected request: 404");
  assert.deepEqual(error.details, { service: "catalog", upstream_status: 404, retryable: false });
  assert.equal(classifyHttpError(response(304)).details["retryable"], false);
});

test("a response of a real server is classified", async () => {
  const server = createServer((_, answer) => answer.writeHead(500).end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/a/b?c=d`);
    await answer.body?.cancel();
    assert.equal(classifyHttpError(answer).details["endpoint"], `http://127.0.0.1:${port}/a/b`);
  } finally {
    server.closeAllConnections?.();
    await new Promise((resolve) => server.close(resolve));
  }
});

test("a response that is ok is a mistake", () => {
  assert.throws(() => classifyHttpError(response(204), { service: "catalog" }), {
    name: "TypeError",
    message: "Cannot classify the response of catalog: status 204 is not an error",
  });
});

test("a timeout is a RequestTimeoutError of the operation http_request", () => {
  const cause = new DOMException("x", "TimeoutError");
  const error = classifyHttpError(cause, { service: "catalog" });
  assert.equal(error.constructor, RequestTimeoutError);
  assert.equal(error.message, "Request to catalog timed out");
  assert.deepEqual(error.details, { operation: "http_request", retryable: true });
  assert.equal(error.cause, cause);
  const aborted = classifyHttpError(new DOMException("x", "AbortError"));
  assert.equal(aborted.message, "Request to upstream was aborted");
  assert.equal(aborted.details["retryable"], false);
});

test("any other failure is an InfrastructureError", () => {
  const cause = new TypeError("fetch failed");
  for (const failure of [cause, "boom", undefined]) {
    const error = classifyHttpError(failure, { service: "catalog" });
    assert.equal(error.constructor, InfrastructureError);
    assert.equal(error.message, "Failed to connect to catalog");
    assert.deepEqual(error.details, { service: "catalog", retryable: true });
    assert.equal(error.cause, failure);
  }
  assert.equal(classifyHttpError(Response.error()).constructor, InfrastructureError);
});

test("an error that carries its response is classified by it and is the cause", () => {
  const cause = Object.assign(new Error("HTTPError"), { response: response(429, { "retry-after": "1" }) });
  const error = classifyHttpError(cause);
  assert.deepEqual(error.details, { retry_after: 1 });
  assert.equal(error.cause, cause);
});

test("an error of ours comes back as it is", () => {
  const error = new NotFoundError("x");
  assert.equal(classifyHttpError(error), error);
});
