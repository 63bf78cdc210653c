import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { success, validate, type ValidationTarget } from "@glam/shared/api";
import { ConflictError } from "@glam/shared/errors";
import { Hono } from "hono";
import * as z from "zod";
import { type Answer, createApp, type Json, post, send } from "./_support.ts";

function problems({ status, body }: Answer): (readonly [string, string])[] {
  assert.equal(status, 422);
  assert.equal(body.error.code, "VALIDATION_ERROR");
  assert.equal(body.error.message, "Request validation failed");
  return body.error.details.validation_errors.map((problem: Json) => {
    assert.deepEqual(Object.keys(problem).sort(), ["field", "message", "type"]);
    assert.ok(problem.message.length > 0);
    return [problem.field, problem.type];
  });
}

function appOf(target: ValidationTarget, schema: z.ZodType, path = "/") {
  const { app } = createApp();
  app.all(path, validate(target, schema), (c) => success(c, c.req.valid(target as never)));
  return app;
}

describe("validate", () => {
  const whole = z.object({ n: z.coerce.number().int().min(1) });

  it("gives the schema's output for each target", async () => {
    const requests: readonly (readonly [ValidationTarget, string, RequestInit])[] = [
      ["json", "/", post({ n: "7", unknown: 1 })],
      ["form", "/", { method: "POST", body: new URLSearchParams({ n: "7" }) }],
      ["query", "/?n=7&other=1", {}],
      ["header", "/", { headers: { N: "7" } }],
      ["cookie", "/", { headers: { Cookie: "n=7; other=1" } }],
    ];
    for (const [target, path, init] of requests) {
      const { status, body } = await send(appOf(target, whole), path, init);
      assert.deepEqual([status, body.data], [200, { n: 7 }], target);
    }
    assert.deepEqual((await send(appOf("param", whole, "/:n"), "/7")).body.data, { n: 7 });
  });

  it("names the field with the prefix of its target", async () => {
    const requests: readonly (readonly [ValidationTarget, string, RequestInit, string])[] = [
      ["json", "/", post({ n: 0 }), "body.n"],
      ["form", "/", { method: "POST", body: new URLSearchParams({ n: "0" }) }, "body.n"],
      ["query", "/?n=0", {}, "query.n"],
      ["header", "/", { headers: { N: "0" } }, "header.n"],
      ["cookie", "/", { headers: { Cookie: "n=0" } }, "cookie.n"],
    ];
    for (const [target, path, init, field] of requests) {
      assert.deepEqual(problems(await send(appOf(target, whole), path, init)), [[field, "too_small"]]);
    }
    assert.deepEqual(problems(await send(appOf("param", whole, "/:n"), "/0")), [["path.n", "too_small"]]);
  });

  it("names nested fields, and lists every problem with Zod's code", async () => {
    const schema = z.object({
      items: z.array(z.object({ name: z.string().min(2), tags: z.record(z.string(), z.number()) })),
      kind: z.enum(["a", "b"]),
      email: z.email(),
      "odd.key": z.boolean(),
    });
    const answer = await send(
      appOf("json", schema),
      "/",
      post({ items: [{ name: "x", tags: { t: "1" } }, 7], kind: "c", email: "no", "odd.key": 1 }),
    );
    assert.deepEqual(problems(answer), [
      ["body.items.0.name", "too_small"],
      ["body.items.0.tags.t", "invalid_type"],
      ["body.items.1", "invalid_type"],
      ["body.kind", "invalid_value"],
      ["body.email", "invalid_format"],
      ["body.odd.key", "invalid_type"],
    ]);
  });

  it("names the whole body where that is wrong", async () => {
    for (const body of ["[]", "null", "7", '"x"', "true"]) {
      assert.deepEqual(problems(await send(appOf("json", z.object({})), "/", post(body))), [[
        "body",
        "invalid_type",
      ]]);
    }
    const both = z.object({ a: z.number(), b: z.number() }).refine(({ a, b }) => a < b, "a must be under b");
    const answer = await send(appOf("json", both), "/", post({ a: 2, b: 1 }));
    assert.deepEqual(problems(answer), [["body", "custom"]]);
    assert.equal(answer.body.error.details.validation_errors[0].message, "a must be under b");
  });

  it("names each unknown key of a strict schema", async () => {
    const schema = z.strictObject({ a: z.number(), deep: z.strictObject({}) });
    const answer = await send(appOf("json", schema), "/", post({ a: 1, b: 2, c: 3, deep: { d: 4 } }));
    assert.deepEqual(problems(answer).sort(), [
      ["body.b", "unrecognized_keys"],
      ["body.c", "unrecognized_keys"],
      ["body.deep.d", "unrecognized_keys"],
    ]);
  });

  it("does not repeat what the client sent", async () => {
    const schema = z.object({ password: z.string().min(20), n: z.number() });
    const { text } = await send(appOf("json", schema), "/", post({ password: "hunter2", n: "hunter3" }));
    assert.ok(!text.includes("hunter"));
  });

  it("takes several validators on one route, each read by its target", async () => {
    const { app } = createApp();
    app.post(
      "/items/:id",
      validate("param", z.object({ id: z.coerce.number() })),
      validate("query", z.object({ q: z.string() })),
      validate("header", z.object({ "x-version": z.string() })),
      validate("json", z.object({ name: z.string() })),
      (c) =>
        success(c, {
          ...c.req.valid("param"),
          ...c.req.valid("query"),
          ...c.req.valid("header"),
          ...c.req.valid("json"),
        }),
    );
    const answer = await send(app, "/items/7?q=x", post({ name: "n" }, { "X-Version": "1" }));
    assert.deepEqual(answer.body.data, { id: 7, q: "x", "x-version": "1", name: "n" });
    assert.deepEqual(problems(await send(app, "/items/x?q=x", post({}))), [["path.id", "invalid_type"]]);
  });

  it("finds headers by the schema's spelling, whatever the client's", async () => {
    const app = appOf(
      "header",
      z.object({ "X-Api-Version": z.string().regex(/^\d$/), "x-lower": z.string() }),
    );
    const headers = { "x-API-version": "1", "X-LOWER": "y" };
    assert.deepEqual((await send(app, "/", { headers })).body.data, { "X-Api-Version": "1", "x-lower": "y" });
    const answer = await send(app, "/", { headers: { ...headers, "x-API-version": "v" } });
    assert.deepEqual(problems(answer), [["header.X-Api-Version", "invalid_format"]]);
  });

  it("takes any schema for headers, not only a plain object", async () => {
    const base = z.object({ "X-Version": z.string() });
    const schemas = {
      refined: base.refine(() => true),
      transformed: base.transform((headers) => headers),
      "transformed twice": base.transform((headers) => headers).transform((headers) => headers),
      record: z.record(z.string(), z.string()),
      union: z.union([z.object({ "x-version": z.string() }), z.object({ "x-other": z.string() })]),
      intersection: z.object({ "x-version": z.string() }).and(z.object({})),
    };
    for (const [name, schema] of Object.entries(schemas)) {
      const { status } = await send(appOf("header", schema), "/", { headers: { "x-version": "1" } });
      assert.equal(status, 200, name);
    }
  });

  it("awaits asynchronous schemas and passes on what they throw", async () => {
    const free = z.string().refine(async (name) => {
      await Promise.resolve();
      if (name === "boom") throw new ConflictError("taken");
      return name !== "taken";
    });
    const app = appOf("json", z.object({ name: free }));
    assert.equal((await send(app, "/", post({ name: "free" }))).status, 200);
    assert.deepEqual(problems(await send(app, "/", post({ name: "taken" }))), [["body.name", "custom"]]);
    assert.equal((await send(app, "/", post({ name: "boom" }))).status, 409);
  });

  it("does not take an error of the handler for one of the request", async () => {
    for (const target of ["json", "query"] as const) {
      for (const error of [new RangeError("x"), Object.assign(new Error("x"), { status: 400 })]) {
        const { app } = createApp();
        app.post("/", validate(target, z.object({})), () => {
          throw error;
        });
        assert.equal((await send(app, "/", post({}))).status, 500);
      }
    }
  });

  it("answers with the envelope under a bare Hono application, too", async () => {
    const app = new Hono();
    app.post("/", validate("json", z.object({ a: z.number() })), (c) => success(c, c.req.valid("json")));
    assert.deepEqual(problems(await send(app, "/", post({}))), [["body.a", "invalid_type"]]);
    assert.deepEqual(problems(await send(app, "/", post("{"))), [["body", "json_invalid"]]);
  });
});
