import assert from "node:assert/strict";
import { test } from "node:test";
import { Hono } from "hono";
import { runWithContext } from "@glam/shared/context";
import {
  ConflictError,
  DatabaseError,
  defineError,
  type ErrorEnvelope,
  GlamError,
  InternalError,
  NotFoundError,
  RateLimitedError,
} from "@glam/shared/errors";

async function answer(error: GlamError): Promise<{ response: Response; body: ErrorEnvelope }> {
  const response = error.getResponse();
  return { response, body: await response.json() as ErrorEnvelope };
}

test("an exposed error answers with its code, message and details", async () => {
  const { response, body } = await answer(
    new NotFoundError("Item 7 not found", { resource: "item", resourceId: 7 }),
  );
  assert.equal(response.status, 404);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.equal(response.headers.get("cache-control"), "no-store");
  assert.deepEqual(body.error, {
    code: "NOT_FOUND",
    message: "Item 7 not found",
    details: { resource: "item", resource_id: "7" },
  });
});

test("an error from status 500 on shows its code, a harmless message, retryable, retry_after and error_id", async () => {
  const cause = new Error("password=hunter2");
  const error = new DatabaseError("connect to 10.0.0.1 failed", {
    table: "users",
    cause,
    details: { retry_after: 3, error_id: "req_1", host: "10.0.0.1" },
  });
  const { response, body } = await answer(error);
  assert.deepEqual(body.error, {
    code: "DATABASE_ERROR",
    message: "Service Unavailable",
    details: { retryable: true, retry_after: 3, error_id: "req_1" },
  });
  assert.equal(response.headers.get("retry-after"), "3");
});

test("an error that is not exposed shows the default message of its class where there is one", async () => {
  const { body } = await answer(
    new InternalError("divided by zero", { errorId: "req_1", details: { line: 7 } }),
  );
  assert.deepEqual(body.error, {
    code: "INTERNAL_ERROR",
    message: "An unexpected error occurred",
    details: { error_id: "req_1" },
  });
  const LedgerError = defineError({ code: "LEDGER_BROKEN", status: 500, message: "Try again tomorrow" });
  assert.deepEqual((await answer(new LedgerError("off by 7"))).body.error, {
    code: "LEDGER_BROKEN",
    message: "Try again tomorrow",
  });
});

test("expose decides, whatever the status", async () => {
  const shown = await answer(new GlamError("for all", { status: 502, expose: true, details: { a: 1 } }));
  assert.deepEqual(shown.body.error, { code: "INTERNAL_ERROR", message: "for all", details: { a: 1 } });
  const hidden = await answer(new ConflictError("for us", { expose: false, currentState: "x" }));
  assert.deepEqual(hidden.body.error, { code: "CONFLICT", message: "Conflict" });
});

test("within a request the answer carries its ids, in the headers too", async () => {
  await runWithContext({ requestId: "req_a", correlationId: "corr_b", service: "s" }, async () => {
    const { response, body } = await answer(new NotFoundError("x"));
    assert.equal(body.meta.request_id, "req_a");
    assert.equal(body.meta.correlation_id, "corr_b");
    assert.equal(response.headers.get("x-request-id"), "req_a");
    assert.equal(response.headers.get("x-correlation-id"), "corr_b");
  });
});

test("outside of a request the answer has ids of its own and no id headers", async () => {
  const { response, body } = await answer(new NotFoundError("x"));
  assert.match(body.meta.request_id, /^req_[0-9a-f]{12}$/);
  assert.match(body.meta.correlation_id, /^corr_[0-9a-f]{12}$/);
  assert.match(body.meta.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal(response.headers.get("x-request-id"), null);
});

test("Retry-After is whole seconds, rounded up, or the date that was given", () => {
  const header = (retry_after: unknown) =>
    new RateLimitedError(undefined, { details: { retry_after } }).getResponse().headers.get("retry-after");
  assert.equal(header(30), "30");
  assert.equal(header(0), "0");
  assert.equal(header(1.2), "2");
  assert.equal(header("120"), "120");
  assert.equal(header("Wed, 21 Oct 2015 07:28:00 GMT"), "Wed, 21 Oct 2015 07:28:00 GMT");
  assert.equal(header(1e300), String(Number.MAX_SAFE_INTEGER));
  for (const useless of [-1, NaN, Infinity, "soon", "1\r\nx: y", null, {}, "2015-10-21", "May 1"]) {
    assert.equal(header(useless), null, String(useless));
  }
});

test("details that JSON cannot say do not make the answer fail", async () => {
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  const details = { cycle, big: 7n, deep: { ids: [1n] }, fine: "yes", fn: () => {} };
  const { response, body } = await answer(new ConflictError("x", { details }));
  assert.equal(response.status, 409);
  assert.deepEqual(body.error.details, { big: "7", deep: { ids: ["1"] }, fine: "yes" });
  const only = await answer(new ConflictError("x", { details: { cycle } }));
  assert.deepEqual(only.body.error, { code: "CONFLICT", message: "x" });
});

test("a bare Hono application answers with the envelope", async () => {
  const app = new Hono();
  app.get("/items/:id", (c) => {
    c.header("x-kept", "yes");
    throw new NotFoundError("Item not found", { resource: "item", resourceId: c.req.param("id") });
  });
  app.get("/limited", () => {
    throw new RateLimitedError(undefined, { retryAfter: 2.5 });
  });
  app.get("/broken", () => {
    throw new DatabaseError("secret");
  });
  const found = await app.request("/items/7");
  assert.equal(found.status, 404);
  assert.match(String(found.headers.get("content-type")), /^application\/json/);
  assert.equal(found.headers.get("x-kept"), "yes");
  const body = await found.json() as ErrorEnvelope;
  assert.deepEqual(body.error, {
    code: "NOT_FOUND",
    message: "Item not found",
    details: { resource: "item", resource_id: "7" },
  });
  assert.deepEqual(Object.keys(body.meta).sort(), ["correlation_id", "request_id", "timestamp"]);
  const limited = await app.request("/limited");
  assert.equal(limited.status, 429);
  assert.equal(limited.headers.get("retry-after"), "3");
  const broken = await app.request("/broken");
  assert.equal(broken.status, 503);
  assert.ok(!(await broken.text()).includes("secret"));
});

test("a status without a phrase of its own has the phrase of its class", () => {
  assert.equal(new GlamError(undefined, { status: 418 }).message, "Bad Request");
  assert.equal(new GlamError(undefined, { status: 413 }).message, "Content Too Large");
  assert.equal(new GlamError(undefined, { status: 451 }).message, "Unavailable For Legal Reasons");
  assert.equal(new GlamError(undefined, { status: 599 }).message, "Internal Server Error");
});

test("a response leaves out an id that a header cannot hold", () => {
  const response = runWithContext(
    { requestId: "日本", correlationId: "a b" },
    () => new NotFoundError("x").getResponse(),
  );
  assert.equal(response.headers.has("x-request-id"), false);
  assert.equal(response.headers.has("x-correlation-id"), false);
});
