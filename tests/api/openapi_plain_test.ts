import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { describeRoute, glamMiddleware, openapi, validate } from "@glam/shared/api";
import { defineError } from "@glam/shared/errors";
import { Hono } from "hono";
import * as z from "zod";
import { type Json, recordingLogger } from "./_support.ts";

const info = { title: "Catalog", version: "1.0.0" };

describe("the document of routes without a contract", () => {
  it("has plain routes as far as they are known, and names the others", () => {
    const app = new Hono();
    app.get(
      "/old/:id",
      describeRoute({ summary: "Old", data: z.object({ a: z.string() }) }),
      (c) => c.text("x"),
    );
    app.get("/dark", (c) => c.text("x"));
    app.get("/hidden", describeRoute({ internal: true }), (c) => c.text("x"));
    const { paths, "x-undocumented": undocumented } = openapi(app, info) as Json;
    assert.deepEqual(Object.keys(paths), ["/old/{id}"]);
    assert.deepEqual(paths["/old/{id}"].get.parameters[0].name, "id");
    assert.deepEqual(undocumented, ["GET /dark"]);
  });

  it("has what `validate` checks, without another word", () => {
    const app = new Hono();
    app.post(
      "/shops/:shop",
      validate("param", z.object({ shop: z.uuid() })),
      validate("query", z.object({ dry: z.stringbool().optional() })),
      validate("header", z.object({ "x-tenant": z.string() })),
      validate("cookie", z.object({ sid: z.string() })),
      validate("json", z.object({ name: z.string() })),
      validate("json", z.object({ price: z.number() })),
      (c) => c.text("x"),
    );
    app.put("/photo", validate("form", z.object({ photo: z.file(), note: z.string() })), (c) => c.text("x"));
    const { paths, "x-undocumented": undocumented } = openapi(app, info) as Json;
    const { post } = paths["/shops/{shop}"];
    assert.deepEqual(
      post.parameters.map((
        { name, in: where, required = false, schema }: Json,
      ) => [where, name, required, schema.format]),
      [
        ["path", "shop", true, "uuid"],
        ["query", "dry", false, undefined],
        ["header", "x-tenant", true, undefined],
        ["cookie", "sid", true, undefined],
      ],
    );
    const { allOf } = post.requestBody.content["application/json"].schema;
    assert.deepEqual(allOf.map(({ required }: Json) => required), [["name"], ["price"]]);
    assert.deepEqual(Object.keys(post.responses), ["200", "413", "415", "422", "500"]);
    assert.deepEqual(Object.keys(paths["/photo"].put.requestBody.content), ["multipart/form-data"]);
    assert.deepEqual(undocumented, []);
  });

  it("has the parameters of a union of objects", () => {
    const app = new Hono();
    const query = z.union([
      z.object({ by: z.literal("name"), name: z.string() }),
      z.object({ by: z.literal("price"), from: z.coerce.number().optional() }),
    ]);
    app.get("/a", validate("query", query), (c) => c.text("x"));
    const { parameters } = (openapi(app, info) as Json).paths["/a"].get;
    assert.deepEqual(
      parameters.map((
        { name, required = false, schema }: Json,
      ) => [name, required, schema.type ?? schema.anyOf.length]),
      [["by", true, 2], ["name", false, "string"], ["from", false, "number"]],
    );
  });

  it("has the codes of errors beside this package's own of the same status", () => {
    const StaleError = defineError({ code: "OPENAPI_TEST_STALE", status: 422, message: "Stale" });
    const app = new Hono();
    app.get(
      "/a",
      validate("query", z.object({ a: z.string() })),
      describeRoute({ errors: [StaleError], plain: z.string() }),
      (c) => c.text("x"),
    );
    const { oneOf } =
      (openapi(app, info) as Json).paths["/a"].get.responses[422].content["application/json"].schema;
    assert.deepEqual(oneOf.map(({ properties }: Json) => properties.error.properties.code.const), [
      "VALIDATION_ERROR",
      "OPENAPI_TEST_STALE",
    ]);
  });

  it("has the health paths of the middleware, where it answers them", () => {
    const paths = (health: false | { path: string } | undefined) => {
      const app = new Hono();
      app.use(glamMiddleware({ logger: recordingLogger().logger, health }));
      return (openapi(app, info) as Json).paths;
    };
    assert.deepEqual(Object.keys(paths(undefined)), ["/api/v1/health", "/health/live", "/health/ready"]);
    assert.deepEqual(Object.keys(paths({ path: "/status" })), ["/health/live", "/health/ready", "/status"]);
    assert.deepEqual(paths(false), {});
    const { get } = paths(undefined)["/health/ready"];
    assert.deepEqual([get.operationId, Object.keys(get.responses), get.security], [
      "get_health_ready",
      ["200", "503"],
      [],
    ]);
  });
});
