import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { glamMiddleware, implement, openapi } from "@glam/shared/api";
import {
  type AnyEndpoint,
  bigintText,
  defineEndpoint,
  type Endpoint,
  file,
  isoDate,
} from "@glam/shared/contract";
import { ConflictError, defineError, NotFoundError } from "@glam/shared/errors";
import { Hono } from "hono";
import * as z from "zod";
import { type Json, recordingLogger } from "./_support.ts";

const info = { title: "Catalog", version: "1.0.0" };
const BrokeError = defineError({ code: "OPENAPI_TEST_BROKE", status: 409, message: "Not enough credits" });

/** The document of an application with these endpoints. */
function documentOf(...endpoints: AnyEndpoint[]): Json {
  const app = new Hono();
  app.use(glamMiddleware({ logger: recordingLogger().logger }));
  for (const endpoint of endpoints) implement(app, endpoint as Endpoint<string, { empty: true }>, () => {});
  return openapi(app, info);
}

/** The schema of an endpoint's body. */
const bodyOf = (body: z.ZodType): Json =>
  documentOf(defineEndpoint("POST /a", { body, empty: true })).paths["/a"].post.requestBody
    .content["application/json"]
    .schema;

describe("the document", () => {
  it("has the parts of a request", () => {
    const { paths } = documentOf(defineEndpoint("POST /shops/:shop/items/:id{[0-9]+}", {
      query: z.object({ tag: z.array(z.string()).optional(), dry: z.stringbool() }),
      headers: z.object({ "X-Tenant": z.string() }),
      body: z.object({ name: z.string().max(5) }),
      data: z.object({ id: z.int() }),
      status: [201, 202],
      location: ({ id }) => `/items/${id}`,
      idempotent: "key",
      tags: ["items"],
      summary: "Adds an item",
    }));
    const { post } = paths["/shops/{shop}/items/{id}"];
    assert.deepEqual(
      post.parameters.map(({ name, in: where, required = false }: Json) => [where, name, required]),
      [
        ["path", "shop", true],
        ["path", "id", true],
        ["query", "tag", false],
        ["query", "dry", true],
        ["header", "X-Tenant", true],
        ["header", "Idempotency-Key", true],
      ],
    );
    assert.deepEqual(post.requestBody.content["application/json"].schema, {
      type: "object",
      properties: { name: { type: "string", maxLength: 5 } },
      required: ["name"],
    });
    assert.deepEqual([post.operationId, post.summary, post.tags], [
      "post_shops_shop_items_id",
      "Adds an item",
      ["items"],
    ]);
    assert.deepEqual(Object.keys(post.responses), ["201", "202", "400", "409", "413", "415", "422", "500"]);
    assert.deepEqual(Object.keys(post.responses[201].headers), ["Location", "Idempotent-Replayed"]);
  });

  it("has envelopes and pages, and the parameters of pages", () => {
    const { paths, components } = documentOf(
      defineEndpoint("GET /items", { list: z.string(), page: { defaultLimit: 5, maxLimit: 10 } }),
      defineEndpoint("GET /walk", { cursorList: z.string() }),
      defineEndpoint("GET /plain", { plain: z.string() }),
      defineEndpoint("GET /csv", { raw: { contentType: "text/csv" } }),
      defineEndpoint("DELETE /items", { empty: true }),
    );
    const answer = (path: string) => paths[path].get.responses[200].content;
    assert.deepEqual(answer("/items")["application/json"].schema.properties.pagination, {
      $ref: "#/components/schemas/Pagination",
    });
    assert.deepEqual(answer("/walk")["application/json"].schema.properties.data, {
      type: "array",
      items: { type: "string" },
    });
    assert.deepEqual(paths["/items"].get.parameters.map(({ name, schema }: Json) => [name, schema]), [
      ["page", { type: "integer", minimum: 1, maximum: 900719925474099, default: 1 }],
      ["limit", { type: "integer", minimum: 1, maximum: 10, default: 5 }],
    ]);
    assert.deepEqual(answer("/plain"), { "application/json": { schema: { type: "string" } } });
    assert.deepEqual(answer("/csv"), { "text/csv": {} });
    assert.deepEqual(paths["/items"].delete.responses[204], { description: "No Content" });
    assert.deepEqual(Object.keys(components.schemas), [
      "CursorPagination",
      "HealthReport",
      "HealthStatus",
      "Links",
      "Meta",
      "Pagination",
      "Problem",
      "ValidationIssue",
    ]);
  });

  it("has the errors of an endpoint by status, several of one status by code", () => {
    const { paths } = documentOf(
      defineEndpoint("GET /items/:id", {
        data: z.string(),
        errors: [NotFoundError, ConflictError, BrokeError],
      }),
    );
    const { responses } = paths["/items/{id}"].get;
    const codes = (status: number) => {
      const { schema } = responses[status].content["application/json"];
      return (schema.oneOf ?? [schema]).map(({ properties }: Json) => properties.error.properties.code.const);
    };
    assert.deepEqual([codes(404), codes(409)], [["NOT_FOUND"], ["CONFLICT", "OPENAPI_TEST_BROKE"]]);
    assert.equal(responses[409].description, "Conflict. Not enough credits");
    assert.deepEqual(responses[500], { $ref: "#/components/responses/Error500" });
  });

  it("has security where endpoints have scopes", () => {
    const { paths, components } = documentOf(
      defineEndpoint("GET /a", { data: z.string(), scopes: ["a:read"] }),
      defineEndpoint("GET /b", { data: z.string(), auth: "optional" }),
      defineEndpoint("GET /c", { data: z.string(), auth: "none" }),
    );
    assert.deepEqual(["/a", "/b", "/c"].map((path) => paths[path].get.security), [
      [{ bearer: ["a:read"] }],
      [{ bearer: [] }, {}],
      [],
    ]);
    assert.deepEqual(components.securitySchemes, { bearer: { type: "http", scheme: "bearer" } });
    assert.ok("401" in paths["/a"].get.responses && "403" in paths["/a"].get.responses);
    assert.ok(!("401" in paths["/c"].get.responses));
  });

  it("describes the wire", () => {
    const { paths } = documentOf(defineEndpoint("POST /a", {
      form: z.object({ image: file(), day: z.coerce.date() }),
      data: z.object({ at: isoDate(), big: bigintText(), word: z.string().default("a") }),
    }));
    const { requestBody: { content }, responses } = paths["/a"].post;
    assert.deepEqual(Object.keys(content), ["multipart/form-data"]);
    assert.equal(content["multipart/form-data"].schema.properties.image.format, "binary");
    assert.deepEqual(content["multipart/form-data"].schema.properties.day, {
      type: "string",
      format: "date-time",
    });
    assert.deepEqual(responses[200].content["application/json"].schema.properties.data, {
      type: "object",
      properties: {
        at: { type: "string", format: "date-time" },
        big: { type: "string", pattern: "^-?[0-9]{1,1000}$" },
        word: { type: "string", default: "a" },
      },
      required: ["at", "big", "word"],
    });
  });

  it("has examples as they travel, of data and of items", () => {
    const Row = z.object({ at: isoDate(), big: bigintText() });
    const answer = { at: new Date(0), big: 7n };
    const travels = { at: "1970-01-01T00:00:00.000Z", big: "7" };
    const { paths } = documentOf(
      defineEndpoint("GET /one", { data: Row, examples: [{ summary: "One", answer }] }),
      defineEndpoint("GET /list", { list: Row, examples: [{ answer }] }),
      defineEndpoint("GET /cursor", { cursorList: Row, examples: [{ answer }] }),
      defineEndpoint("GET /plain", { plain: Row, examples: [{ answer }] }),
    );
    const exampleOf = (path: string) =>
      paths[path].get.responses[200].content["application/json"].examples.example1.value;
    assert.deepEqual(exampleOf("/one").data, travels);
    assert.deepEqual(exampleOf("/list").data, [travels]);
    assert.deepEqual(exampleOf("/cursor").data, [travels]);
    assert.deepEqual(exampleOf("/plain"), travels);
    const Short = z.object({ name: z.string().max(3) });
    const wrong = defineEndpoint("GET /wrong", { data: Short, examples: [{ answer: { name: "long" } }] });
    assert.throws(() => documentOf(wrong), {
      name: "TypeError",
      message: /^Cannot describe "GET \/wrong": an example does not fit its schema: answer\.name: /,
    });
  });

  it("says no more than what holds", () => {
    assert.deepEqual(bodyOf(z.object({ id: z.uuid().default(() => crypto.randomUUID()), n: z.int() })), {
      type: "object",
      properties: { id: { type: "string", format: "uuid" }, n: { type: "integer" } },
      required: ["n"],
    });
    assert.deepEqual(
      bodyOf(z.object({ a: z.string().regex(/ab/i), b: z.cuid2(), c: z.array(z.string()).readonly() })),
      {
        type: "object",
        properties: {
          a: { type: "string" },
          b: { type: "string", pattern: "^[0-9a-z]+$" },
          c: { type: "array", items: { type: "string" } },
        },
        required: ["a", "b", "c"],
      },
    );
    assert.equal(bodyOf(z.strictObject({ a: z.string() })).additionalProperties, false);
  });

  it("keeps the names of schemas, and gives those that differ in answers another", () => {
    const Money = z.object({ amount: z.int(), currency: z.string().default("EUR") }).meta({
      id: "OpenApiMoney",
    });
    const Tree: z.ZodType = z.object({
      name: z.string(),
      get children() {
        return z.array(Tree);
      },
    });
    const { paths, components: { schemas } } = documentOf(
      defineEndpoint("POST /pay", { body: z.object({ money: Money }), data: z.object({ left: Money }) }),
      defineEndpoint("GET /tree", { plain: Tree }),
    );
    const { requestBody, responses } = paths["/pay"].post;
    const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
    assert.deepEqual(requestBody.content["application/json"].schema.properties.money, ref("OpenApiMoney"));
    assert.deepEqual(
      responses[200].content["application/json"].schema.properties.data.properties.left,
      ref("OpenApiMoneyOutput"),
    );
    assert.deepEqual(schemas.OpenApiMoney.required, ["amount"]);
    assert.deepEqual(schemas.OpenApiMoneyOutput.required, ["amount", "currency"]);
    assert.deepEqual(schemas.get_tree_1.properties.children.items, ref("get_tree_1"));
  });

  it("is the same at each call, whatever the order of the routes", () => {
    const one = defineEndpoint("GET /a", { data: z.string() });
    const other = defineEndpoint("POST /a", { body: z.object({ at: isoDate() }), data: z.string() });
    assert.equal(JSON.stringify(documentOf(one, other)), JSON.stringify(documentOf(other, one)));
  });
});

describe("a document is refused", () => {
  it("where JSON has no image of a schema, with the route and the place", () => {
    assert.throws(
      () => bodyOf(z.object({ list: z.array(z.object({ map: z.map(z.string(), z.string()) })) })),
      {
        name: "TypeError",
        message: /^Cannot describe POST \/a, body, at list\.items\.map: JSON has no image of the type map/,
      },
    );
  });

  it("with two operations of one id, two schemas of one id, and an endpoint that stands elsewhere", () => {
    assert.throws(
      () =>
        documentOf(
          defineEndpoint("GET /a/b", { data: z.string() }),
          defineEndpoint("GET /a-b", { data: z.string() }),
        ),
      {
        name: "TypeError",
        message: /GET \/a-b has the operationId "get_a_b", too|GET \/a\/b has the operationId/,
      },
    );
    const named = (schema: z.ZodType) => schema.meta({ id: "OpenApiTwice" });
    assert.throws(
      () =>
        bodyOf(z.object({ a: named(z.object({ a: z.string() })), b: named(z.object({ b: z.string() })) })),
      /OpenApiTwice/,
    );
    const sub = new Hono();
    implement(sub, defineEndpoint("GET /a", { empty: true }), () => {});
    assert.throws(() => openapi(new Hono().route("/v1", sub), info), {
      name: "TypeError",
      message: /GET \/a: its application is mounted so that it stands at "\/v1\/a"/,
    });
  });
});
