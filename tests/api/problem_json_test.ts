import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { success, validate } from "@glam/shared/api";
import { ConflictError, GlamError, NotFoundError } from "@glam/shared/errors";
import * as z from "zod";
import { createApp, post, send } from "./_support.ts";

const PROBLEM = "application/problem+json";
const JSON_TYPE = "application/json";

describe("an error is a problem document", () => {
  const { app } = createApp();
  app.get("/", () => {
    throw new ConflictError("taken");
  });
  const ACCEPT: readonly (readonly [accept: string | undefined, type: string])[] = [
    [undefined, JSON_TYPE],
    ["", JSON_TYPE],
    ["*/*", JSON_TYPE],
    ["application/*", JSON_TYPE],
    ["application/json", JSON_TYPE],
    ["text/html", JSON_TYPE],
    ["application/json, */*;q=0.1", JSON_TYPE],
    [PROBLEM, PROBLEM],
    ["Application/Problem+JSON", PROBLEM],
    [`${PROBLEM}, */*`, PROBLEM],
    [`${PROBLEM};charset=utf-8`, PROBLEM],
    [`text/html, ${PROBLEM};q=0.5`, PROBLEM],
    [`${PROBLEM}, application/json`, PROBLEM],
    [`application/json, ${PROBLEM}`, PROBLEM],
    [`application/json;q=0.5, ${PROBLEM};q=0.8`, PROBLEM],
    [`application/json, ${PROBLEM};q=0.9`, JSON_TYPE],
    [`${PROBLEM};q=0`, JSON_TYPE],
    [`${PROBLEM};q=0.0, */*`, JSON_TYPE],
    ["application/problem+jsonx", JSON_TYPE],
    ["application/problem+xml", JSON_TYPE],
  ];
  for (const [accept, type] of ACCEPT) {
    it(`${type === PROBLEM ? "for" : "not for"} Accept: ${accept}`, async () => {
      const { headers, body, status } = await send(
        app,
        "/",
        accept === undefined ? {} : { headers: { accept } },
      );
      assert.equal(status, 409);
      assert.equal(headers.get("content-type"), type);
      assert.equal(headers.get("vary"), "Accept");
      assert.equal(type === PROBLEM ? body.code : body.error.code, "CONFLICT");
    });
  }
});

describe("a problem document", () => {
  const headers = { accept: PROBLEM, "X-Request-ID": "r", "X-Correlation-ID": "c" };

  it("has the members of RFC 9457, code and request_id", async () => {
    const { app } = createApp();
    app.get("/items/:id", () => {
      throw new NotFoundError("Item 7 not found", { resource: "item", resourceId: 7 });
    });
    const answer = await send(app, "/items/7?secret=1", { headers });
    assert.equal(answer.headers.get("cache-control"), "no-store");
    const { type, title, status, detail, instance, code, request_id, errors, ...rest } = answer.body;
    assert.deepEqual({ type, title, status, detail, instance, code, request_id }, {
      type: "about:blank",
      title: "Not Found",
      status: 404,
      detail: "Item 7 not found",
      instance: "/items/7",
      code: "NOT_FOUND",
      request_id: "r",
    });
    assert.equal(errors, undefined);
    assert.deepEqual(rest.details, { resource: "item", resource_id: "7" });
    for (const name of Object.keys(rest)) {
      assert.match(name, /^[A-Za-z][A-Za-z0-9_]{2,}$/, "RFC 9457, section 3.2");
    }
  });

  it("says the same as the envelope for every source of an error", async () => {
    const { app } = createApp();
    app.use(async (c, next) => {
      await next();
      void c;
    });
    app.get("/error", () => {
      throw new Error("secret");
    });
    app.get("/conflict", () => {
      throw new ConflictError("taken", { details: { sku: 0 } });
    });
    for (const path of ["/error", "/conflict", "/missing"]) {
      const problem = await send(app, path, { headers });
      const { error } = (await send(app, path, { headers: { ...headers, accept: JSON_TYPE } })).body;
      assert.equal(problem.headers.get("content-type"), PROBLEM);
      assert.equal(problem.body.status, problem.status);
      assert.equal(problem.body.detail, error.message);
      assert.equal(problem.body.code, error.code);
      assert.deepEqual(problem.body.details, error.details);
    }
  });

  it("lists what is wrong with a request in errors", async () => {
    const { app } = createApp();
    app.post("/", validate("json", z.object({ name: z.string(), n: z.number() })), (c) => success(c, 1));
    const { status, body } = await send(app, "/", post({ n: "x" }, { accept: PROBLEM }));
    assert.deepEqual([status, body.title, body.detail], [422, body.title, "Request validation failed"]);
    assert.match(body.title, /^Unprocessable (Content|Entity)$/);
    assert.deepEqual(body.errors.map(({ field, type }: { field: string; type: string }) => [field, type]), [
      ["body.name", "invalid_type"],
      ["body.n", "invalid_type"],
    ]);
    assert.equal(body.details?.validation_errors, undefined);
  });

  it("has the status phrase as its title, also of an uncommon status", async () => {
    for (
      const [status, title] of [[451, "Unavailable For Legal Reasons"], [429, "Too Many Requests"], [
        503,
        "Service Unavailable",
      ]]
    ) {
      const { app } = createApp();
      app.get("/", () => {
        throw new GlamError("x", { status: status as number });
      });
      const { body } = await send(app, "/", { headers });
      assert.equal(String(body.title).toLowerCase(), String(title).toLowerCase());
    }
  });

  const PATHS: readonly (readonly [path: string, instance: string])[] = [
    ["/a%20b", "/a%20b"],
    ["/a b", "/a%20b"],
    ["/%C3%BCml%C3%A4ut", "/%C3%BCml%C3%A4ut"],
    ["/a%2Fb", "/a%2Fb"],
    ["/a%3Fb%23c", "/a%3Fb%23c"],
    ["/100%25", "/100%25"],
    ["/a%2520b", "/a%2520b"],
    ["/%3Cscript%3E%22", "/%3Cscript%3E%22"],
  ];
  for (const [path, instance] of PATHS) {
    it(`has the request's path as its instance: ${path}`, async () => {
      const { app } = createApp();
      const { body } = await send(app, path, { headers });
      assert.equal(body.instance, instance);
    });
  }

  it("has an instance that names no other host", async () => {
    const { app } = createApp();
    const { body } = await send(app, new Request("http://localhost//evil.example/x", { headers }));
    const resolved = new URL(body.instance, "http://localhost/");
    assert.equal(resolved.host, "localhost");
    assert.equal(resolved.pathname, "//evil.example/x");
  });
});
