import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { success, validate } from "@glam/shared/api";
import * as z from "zod";
import { createApp, send } from "./_support.ts";

function queryOf(schema: z.ZodType) {
  const { app } = createApp();
  app.get("/", validate("query", schema), (c) => success(c, c.req.valid("query") as never));
  return async (query: string) => {
    const { status, body } = await send(app, `/?${query}`);
    return status === 200 ? body.data : body.error.details.validation_errors;
  };
}

describe("a list in a query", () => {
  it("is one of a single value, of several, and absent where there is none", async () => {
    const query = queryOf(z.object({ tag: z.array(z.string()).optional(), q: z.string().optional() }));
    assert.deepEqual(await query("tag=a"), { tag: ["a"] });
    assert.deepEqual(await query("tag="), { tag: [""] });
    assert.deepEqual(await query("tag=a&tag=b%20c"), { tag: ["a", "b c"] });
    assert.deepEqual(await query("q=x"), { q: "x" });
    assert.equal((await query("q=1&q=2"))[0].field, "query.q", "and a text is no list");
  });

  const tags = z.array(z.coerce.number());
  const schemas: Readonly<Record<string, z.ZodType>> = {
    "with a default": z.object({ tag: tags.default([]) }),
    "with a prefault": z.object({ tag: tags.prefault([]) }),
    "that may be null": z.object({ tag: tags.nullable().optional() }),
    "that is transformed": z.object({ tag: tags.transform((all) => all) }),
    "that is piped": z.object({ tag: tags.pipe(z.array(z.number())) }),
    "that is refined, branded and read only": z.object({ tag: tags.min(1).brand<"tags">().readonly() }),
    "with a fallback": z.object({ tag: tags.catch([]) }),
    "that is lazy": z.object({ tag: z.lazy(() => tags) }),
    "that is a tuple": z.object({ tag: z.tuple([z.coerce.number()]) }),
    "that is a union of lists": z.object({ tag: z.union([z.array(z.iso.date()), tags, z.undefined()]) }),
    "in a strict object": z.strictObject({ tag: tags }),
    "in a refined object": z.object({ tag: tags }).refine(() => true),
    "in a transformed object": z.object({ tag: tags }).transform((all) => all),
    "in an intersection": z.object({ q: z.string().optional() }).and(z.object({ tag: tags })),
    "in a record": z.record(z.string(), tags),
    "in the rest of an object": z.object({}).catchall(tags),
    "in a lazy object": z.lazy(() => z.object({ tag: tags })),
    "in each member of a union": z.union([
      z.object({ tag: tags, kind: z.literal("a") }),
      z.object({ tag: tags }),
    ]),
    "in one member of a union, of those that have it": z.union([
      z.object({ tag: tags }),
      z.object({ q: z.string() }),
    ]),
  };
  for (const [name, schema] of Object.entries(schemas)) {
    it(`is found ${name}`, async () => {
      assert.deepEqual(await queryOf(schema)("tag=7"), { tag: [7] });
    });
  }

  it("stays a text where the schema takes a text or a list", async () => {
    const either = queryOf(z.object({ tag: z.union([z.string(), z.array(z.string())]) }));
    assert.deepEqual(await either("tag=a"), { tag: "a" });
    assert.deepEqual(await either("tag=a&tag=b"), { tag: ["a", "b"] });
    const members = z.union([z.object({ tag: z.string() }), z.object({ tag: z.array(z.string()) })]);
    assert.deepEqual(await queryOf(members)("tag=a"), { tag: "a" });
  });

  it("stays as it came for a preprocess, which may split a text", async () => {
    const split = z.preprocess((text) => String(text).split(","), z.array(z.string()));
    assert.deepEqual(await queryOf(z.object({ tag: split }))("tag=a,b"), { tag: ["a", "b"] });
    const any = queryOf(z.object({ a: z.any(), b: z.unknown() }));
    assert.deepEqual(await any("a=1&b=2"), { a: "1", b: "2" });
  });

  it("is found in a schema that names itself", async () => {
    type Query = { tag: string[] } | Query[];
    const schema: z.ZodType = z.lazy((): z.ZodType<Query> =>
      z.union([z.object({ tag: z.array(z.string()) }), schema as z.ZodType<Query>])
    );
    assert.deepEqual(await queryOf(schema)("tag=a"), { tag: ["a"] });
  });

  it("keeps keys of the prototype as keys", async () => {
    const query = queryOf(z.record(z.string(), z.array(z.string())));
    assert.deepEqual(await query("constructor=1&tag=a"), { constructor: ["1"], tag: ["a"] });
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  });
});

describe("a list in a form", () => {
  it("is one of a single value, urlencoded or multipart", async () => {
    const { app } = createApp();
    const schema = z.object({ tag: z.array(z.string()), name: z.string() });
    app.post("/", validate("form", schema), (c) => success(c, c.req.valid("form")));
    const params = new URLSearchParams({ tag: "a", name: "x" });
    const multipart = new FormData();
    for (const [name, value] of params) multipart.append(name, value);
    for (const body of [params, multipart]) {
      const answer = await send(app, "/", { method: "POST", body });
      assert.deepEqual(answer.body.data, { tag: ["a"], name: "x" });
    }
  });

  it("is one of a single file", async () => {
    const { app } = createApp();
    app.post(
      "/",
      validate("form", z.object({ file: z.array(z.instanceof(File)) })),
      (c) => success(c, c.req.valid("form").file.map(({ name }) => name)),
    );
    for (const names of [["a.txt"], ["a.txt", "b.txt"]]) {
      const body = new FormData();
      for (const name of names) body.append("file", new File(["x"], name));
      assert.deepEqual((await send(app, "/", { method: "POST", body })).body.data, names);
    }
  });
});
