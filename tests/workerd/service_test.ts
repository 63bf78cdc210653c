import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { waitFor } from "../_support/wait_for.ts";
import { bundleWorker, type RunningWorker, startWorker } from "../_support/workerd.ts";

interface Envelope {
  readonly data?: unknown;
  readonly error?: { readonly code: string; readonly message: string; readonly details?: unknown };
  readonly meta: { readonly request_id: string; readonly correlation_id: string; readonly timestamp: string };
}

describe("glamMiddleware on workerd", () => {
  let worker: RunningWorker;
  before(async () => {
    worker = await startWorker(await bundleWorker("service"), "service");
  });
  // Undefined when the worker did not start, which is then the failure to report.
  after(() => (worker as RunningWorker | undefined)?.[Symbol.asyncDispose]());

  async function request(path: string, init?: RequestInit): Promise<[response: Response, body: Envelope]> {
    const response = await fetch(`${worker.url}${path}`, init);
    return [response, await response.json()];
  }

  test("answers with the success envelope, the ids and the headers", async () => {
    const headers = { "X-Request-ID": "req_1", "X-Correlation-ID": "corr_1" };
    const [response, body] = await request("/items/7", { headers });
    assert.equal(response.status, 200);
    assert.deepEqual(body.data, { id: "7" });
    assert.equal(body.meta.request_id, "req_1");
    assert.equal(body.meta.correlation_id, "corr_1");
    assert.match(body.meta.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    assert.equal(response.headers.get("X-Request-ID"), "req_1");
    assert.equal(response.headers.get("X-Correlation-ID"), "corr_1");
    assert.equal(response.headers.get("X-Service-Name"), "catalog");
  });

  test("makes ids when the caller sends none", async () => {
    const [response, body] = await request("/items/7");
    assert.match(body.meta.request_id, /^req_[0-9a-f]{12}$/);
    assert.match(body.meta.correlation_id, /^corr_[0-9a-f]{12}$/);
    assert.equal(response.headers.get("X-Request-ID"), body.meta.request_id);
  });

  test("answers an unknown route with the 404 envelope", async () => {
    const [response, body] = await request("/nowhere");
    assert.equal(response.status, 404);
    assert.deepEqual(body.error, { code: "HTTP_404", message: "Not Found" });
    assert.equal(response.headers.get("X-Service-Name"), "catalog");
  });

  test("tells the client's address, and nothing but an address", async () => {
    const ipOf = async (headers: Record<string, string>) => (await request("/ip", { headers }))[1].data;
    assert.equal(await ipOf({ "CF-Connecting-IP": "203.0.113.9" }), "203.0.113.9");
    assert.equal(
      await ipOf({ "CF-Connecting-IP": "10.0.0.1", "X-Forwarded-For": "2001:db8::1" }),
      "2001:db8::1",
    );
    assert.equal(await ipOf({ "CF-Connecting-IP": "10.0.0.1", "X-Forwarded-For": "x]@[::1" }), "10.0.0.1");
    assert.equal(await ipOf({ "CF-Connecting-IP": "<b>]@[::1" }), null);
  });

  test("answers a wrong method with 405 and Allow", async () => {
    const [response, body] = await request("/items/7", { method: "DELETE" });
    assert.equal(response.status, 405);
    assert.equal(body.error?.code, "HTTP_405");
    assert.match(response.headers.get("Allow") ?? "", /\bGET\b/);
  });

  test("answers a typed error with its code and details", async () => {
    const [response, body] = await request("/missing");
    assert.equal(response.status, 404);
    assert.equal(body.error?.code, "NOT_FOUND");
    assert.deepEqual(body.error?.details, { resource: "item", resource_id: "7" });
  });

  test("answers an unknown error with 500 and nothing of the cause, which the log has", async () => {
    const [response, body] = await request("/broken", { headers: { "X-Request-ID": "req_broken" } });
    assert.equal(response.status, 500);
    assert.deepEqual(body.error, {
      code: "INTERNAL_ERROR",
      message: "An unexpected error occurred",
      details: { error_id: "req_broken" },
    });
    await waitFor(() => /the cause/.test(worker.logs()), "the cause is logged");
  });

  test("validates a body and answers 422 with the fields", async () => {
    const [response, body] = await request("/items", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ name: 7 }),
    });
    assert.equal(response.status, 422);
    assert.equal(body.error?.code, "VALIDATION_ERROR");
    const { validation_errors: [first] } = body.error?.details as {
      validation_errors: Record<string, string>[];
    };
    assert.deepEqual([first?.["field"], first?.["type"]], ["body.name", "invalid_type"]);
  });

  test("gives the handler the validated body", async () => {
    const [response, body] = await request("/items", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ name: "lamp" }),
    });
    assert.equal(response.status, 200);
    assert.deepEqual(body.data, { name: "lamp" });
  });

  test("keeps the context of concurrent requests apart across an await", async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `req_${index}`);
    const bodies = await Promise.all(ids.map(async (id) => {
      const [, body] = await request(`/context/${ids.length}`, { headers: { "X-Request-ID": id } });
      return body.data;
    }));
    assert.deepEqual(bodies, ids.map((id) => ({ before: id, after: id, service: "catalog" })));
  });

  test("counts requests by route pattern in /metrics", async () => {
    await request("/items/8");
    const response = await fetch(`${worker.url}/metrics`);
    assert.equal(response.status, 200);
    assert.match(response.headers.get("X-Request-ID") ?? "", /^req_/);
    const line = /^http_requests_total\{[^}]*endpoint="\/items\/\{id\}".*\} [1-9]\d*$/m;
    assert.match(await response.text(), line);
  });

  test("is alive", async () => {
    const response = await fetch(`${worker.url}/health/live`);
    assert.equal(response.status, 200);
    await response.body?.cancel();
  });
});
