import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  bigintText,
  type CallerInput,
  defineEndpoint,
  type Endpoint,
  type ErrorsOf,
  file,
  isErrorOf,
  isoDate,
  type TypesOf,
} from "@glam/shared/contract";
import { ConflictError, NotFoundError } from "@glam/shared/errors";
import * as z from "zod";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
function expectType<_ extends true>(): void {}

const Item = z.object({ id: z.uuid(), made_at: isoDate() });

describe("an endpoint", () => {
  it("has what its definition says, and the defaults of the rest", () => {
    const Deduct = defineEndpoint("POST /merchants/:id/credits", {
      params: z.object({ id: z.string() }),
      body: z.object({ amount: z.int() }),
      data: Item,
      status: 201,
      errors: [NotFoundError, ConflictError],
      idempotent: "key",
      scopes: ["credits:write"],
      tags: ["credits"],
    });
    const { params: _, body: __, answer: ___, ...rest } = Deduct;
    assert.deepEqual(rest, {
      route: "POST /merchants/:id/credits",
      method: "POST",
      path: "/merchants/:id/credits",
      operationId: "post_merchants_id_credits",
      kind: "data",
      statuses: [201],
      query: undefined,
      headers: undefined,
      cookies: undefined,
      form: undefined,
      raw: undefined,
      page: { maxLimit: 1000, defaultLimit: 50 },
      errors: [NotFoundError, ConflictError],
      location: undefined,
      responseHeaders: {},
      response: "checked",
      idempotent: { key: "required" },
      auth: undefined,
      scopes: ["credits:write"],
      rateLimit: undefined,
      timeoutMs: undefined,
      summary: undefined,
      description: undefined,
      tags: ["credits"],
      deprecated: undefined,
      examples: [],
      internal: false,
    });
  });

  it("takes a key of the same kind in a mode of its own", () => {
    const { idempotent } = defineEndpoint("POST /items", { data: Item, idempotent: { mode: "lock" } });
    assert.deepEqual(idempotent, { key: "required", mode: "lock" });
  });

  it("has the types of its parts", () => {
    const Get = defineEndpoint("GET /items/:id{[0-9]+}/:tab", { data: Item, errors: [NotFoundError] });
    expectType<Equal<TypesOf<typeof Get>["params"], { readonly id: string; readonly tab: string }>>();
    expectType<Equal<TypesOf<typeof Get>["data"], { id: string; made_at: Date }>>();
    expectType<Equal<ErrorsOf<typeof Get>, NotFoundError>>();
    const List = defineEndpoint("GET /items", {
      query: z.object({ min: z.coerce.number<string>() }),
      list: Item,
    });
    expectType<Equal<TypesOf<typeof List>["query"], { min: number }>>();
    const input: CallerInput<TypesOf<typeof List>> = { query: { min: "1", page: 2 } };
    // @ts-expect-error: `min` is a text on the wire, and required
    const _wrong: CallerInput<TypesOf<typeof List>> = { query: { page: 2 } };
    assert.ok(input);
    expectType<Equal<"params" extends keyof TypesOf<typeof List> ? true : false, false>>();
    assert.equal(List.kind, "list");
  });

  it("takes an annotation, unless that lies", () => {
    const definition = { body: z.object({ amount: z.int() }), data: Item } as const;
    const _honest: Endpoint<"POST /a/:id", {
      params: { id: string };
      body: { amount: number };
      data: { id: string; made_at: Date };
    }> = defineEndpoint("POST /a/:id", definition);
    // @ts-expect-error: the data are others
    const _data: Endpoint<"POST /a", { body: { amount: number }; data: { id: number } }> = defineEndpoint(
      "POST /a",
      definition,
    );
    // @ts-expect-error: the endpoint takes no text
    const _body: Endpoint<"POST /a", { body: { amount: number | string }; data: { id: string } }> =
      defineEndpoint(
        "POST /a",
        definition,
      );
    // @ts-expect-error: the route is another
    const _route: Endpoint<"POST /b", { body: { amount: number }; data: { id: string } }> = defineEndpoint(
      "POST /a",
      definition,
    );
    // @ts-expect-error: the body is not mentioned, and callers would leave it out
    const _less: Endpoint<"POST /a", { data: { id: string } }> = defineEndpoint("POST /a", definition);
    assert.ok(_honest);
  });

  it("takes an annotation of inputs that differ, unless that lies", () => {
    const definition = {
      body: z.object({ amount: z.int(), reason: z.string().default("usage") }),
      empty: true,
    } as const;
    interface Types {
      body: { amount: number; reason: string };
      empty: true;
    }
    const _honest: Endpoint<
      "POST /a",
      Types & { in: { body: { amount: number; reason?: string | undefined } } }
    > = defineEndpoint("POST /a", definition);
    // @ts-expect-error: the endpoint takes no text as an amount
    const _lie: Endpoint<"POST /a", Types & { in: { body: { amount: string } } }> = defineEndpoint(
      "POST /a",
      definition,
    );
    // @ts-expect-error: the amount cannot be left out
    const _less: Endpoint<"POST /a", Types & { in: { body: { amount?: number } } }> = defineEndpoint(
      "POST /a",
      definition,
    );
    assert.ok(_honest);
  });

  it("knows the errors that it declares by their code, of any copy of the package", () => {
    const Get = defineEndpoint("GET /items/:id", { data: Item, errors: [NotFoundError] });
    assert.equal(isErrorOf(Get, new NotFoundError("none")), true);
    assert.equal(isErrorOf(Get, new ConflictError("taken")), false);
    assert.equal(isErrorOf(Get, new Error("other")), false);
  });
});

const data = Item;
const wrong: Readonly<Record<string, readonly [run: () => unknown, message: RegExp]>> = {
  "no method": [
    () => defineEndpoint("/items" as "GET /", { data }),
    /expected a method in upper case and a path/,
  ],
  "an unknown method": [
    () => defineEndpoint("HEAD /items" as "GET /", { data }),
    /expected a method in upper case/,
  ],
  "an optional part": [
    // @ts-expect-error: an optional part
    () => defineEndpoint("GET /items/:id?", { data }),
    /"\:id\?" is neither text nor a parameter/,
  ],
  // @ts-expect-error: a wildcard
  "a wildcard": [() => defineEndpoint("GET /items/*", { data }), /"\*" is neither text nor a parameter/],
  "a slash at the end": [() => defineEndpoint("GET /items/", { data }), /it ends with a slash/],
  "one name twice": [() => defineEndpoint("GET /:id/:id", { data }), /"id" is there twice/],
  "an unknown member": [
    // @ts-expect-error: an unknown member
    () => defineEndpoint("GET /items", { data, response_model: 1 }),
    /`response_model` is no member/,
  ],
  // @ts-expect-error: no answer
  "no answer": [() => defineEndpoint("GET /items", {}), /expected one of `data`, .*, got none/],
  // @ts-expect-error: two answers
  "two answers": [() => defineEndpoint("GET /items", { data, list: Item }), /got data and list/],
  // @ts-expect-error: a body with GET
  "a body with GET": [() => defineEndpoint("GET /items", { data, body: Item }), /GET has no body/],
  "a body and a form": [
    // @ts-expect-error: both
    () => defineEndpoint("POST /items", { data, body: Item, form: z.object({ f: file() }) }),
    /expected a `body` or a `form`, got both/,
  ],
  "params without a name of the path": [
    // @ts-expect-error: `tab` is missing
    () => defineEndpoint("GET /items/:id/:tab", { data, params: z.object({ id: z.string() }) }),
    /expected `params` to have exactly `id`, `tab`, got `id`/,
  ],
  "params with another name": [
    // @ts-expect-error: `name` is too much
    () => defineEndpoint("GET /items/:id", { data, params: z.object({ id: z.string(), name: z.string() }) }),
    /got `id`, `name`/,
  ],
  "a query with a parameter of the page": [
    () => defineEndpoint("GET /items", { list: Item, query: z.object({ limit: z.string() }) }),
    /`query` has `limit`, which a list adds by itself/,
  ],
  "a query without names": [
    () => defineEndpoint("GET /items", { data, query: z.record(z.string(), z.string()) }),
    /expected `query` to be an object schema/,
  ],
  "a status that is no success": [
    () => defineEndpoint("GET /items", { data, status: 404 }),
    /from 200 to 299, got 404/,
  ],
  "204 with data": [
    () => defineEndpoint("GET /items", { data, status: 204 }),
    /status 204 does not have a body/,
  ],
  "two errors of one code": [
    () => defineEndpoint("GET /items", { data, errors: [NotFoundError, NotFoundError] }),
    /have the same code, NOT_FOUND/,
  ],
  "a date in an answer": [
    () => defineEndpoint("GET /items", { data: z.object({ list: z.array(z.object({ at: z.date() })) }) }),
    /`data.list\[\].at` has the type date, which JSON lacks: use a codec such as isoDate\(\)/,
  ],
  "a bigint in a list": [
    () => defineEndpoint("GET /items", { list: z.bigint() }),
    /`list` has the type bigint/,
  ],
  "a transform in an answer": [
    () => defineEndpoint("GET /items", { data: z.object({ a: z.string().transform(Number) }) }),
    /`data.a` has a transform or preprocess, which only reads/,
  ],
  "a strict object in an answer": [
    () => defineEndpoint("GET /items", { data: z.strictObject({ a: z.string() }) }),
    /`data` is a strict object/,
  ],
  "a part that is no schema": [
    () => defineEndpoint("GET /items", { data: {} as typeof Item }),
    /expected `data` to be a schema of Zod 4/,
  ],
  "a key for an answer that cannot be kept": [
    () => defineEndpoint("POST /items", { raw: { contentType: "text/csv" }, idempotent: "key" }),
    /an answer that is `raw` cannot be kept/,
  ],
  "an isolation for the mode lock": [
    () => defineEndpoint("POST /items", { data, idempotent: { mode: "lock", isolation: "serializable" } }),
    /only the mode `transaction` has an `isolation`/,
  ],
  "a lease for the mode transaction": [
    () => defineEndpoint("POST /items", { data, idempotent: { mode: "transaction", leaseMs: 5000 } }),
    /only the mode `lock` has a `leaseMs`/,
  ],
  "a lease that is too short": [
    () => defineEndpoint("POST /items", { data, idempotent: { mode: "lock", leaseMs: 999 } }),
    /expected `idempotent.leaseMs` to be a whole number from 1000, got 999/,
  ],
  "another kind of key": [
    () => defineEndpoint("POST /items", { data, idempotent: "yes" as "key" }),
    /expected `idempotent` to be "key" or an object/,
  ],
  "an unknown member of `idempotent`": [
    () => defineEndpoint("POST /items", { data, idempotent: { ttlMs: 1 } as never }),
    /`idempotent` has no member `ttlMs`/,
  ],
  "nothing": [() => defineEndpoint("GET /items", undefined as never), /there is no definition/],
  "limits of pages without pages": [
    () => defineEndpoint("GET /items", { data, page: { maxLimit: 5 } }),
    /only a list has limits of its `page`/,
  ],
  "a file in a JSON body": [
    () => defineEndpoint("POST /items", { data, body: z.object({ photos: z.array(file({ maxBytes: 5 })) }) }),
    /a JSON body has no files: use `form`/,
  ],
  "a deprecation without a date": [
    () => defineEndpoint("GET /items", { data, deprecated: { since: "soon" } }),
    /expected `deprecated.since` to be an ISO 8601 date, got "soon"/,
  ],
};

describe("a definition is refused with", () => {
  for (const [name, [run, message]] of Object.entries(wrong)) {
    it(name, () => assert.throws(run, { name: "TypeError", message }));
  }

  it("members of another type", () => {
    const members = {
      deprecated: "yes",
      description: {},
      examples: {},
      internal: "yes",
      location: "/items",
      operationId: "Get items",
      page: 5,
      response: "uncheked",
      responseHeaders: ["X-Cost"],
      summary: 3,
      tags: "items",
      timeoutMs: "5",
    };
    for (const [name, value] of Object.entries(members)) {
      const define = () => defineEndpoint("GET /items", { list: Item, [name]: value } as never);
      const message = new RegExp(`^Cannot define "GET /items": expected \`${name}\` to be .*, got `);
      assert.throws(define, { name: "TypeError", message });
    }
  });

  it("limits that are none", () => {
    const define = (page: { defaultLimit?: number; maxLimit?: number }) => () =>
      defineEndpoint("GET /items", { list: Item, page });
    assert.throws(define({ maxLimit: 0 }), {
      name: "RangeError",
      message: /`maxLimit` to be a whole number from 1/,
    });
    assert.throws(define({ defaultLimit: 5, maxLimit: 4 }), {
      name: "RangeError",
      message: /from 1 to 4, got 5/,
    });
    assert.throws(() => defineEndpoint("GET /items", { data, timeoutMs: 0 }), { name: "RangeError" });
  });
});

it("codecs read what travels and write what is held", () => {
  assert.equal(z.encode(isoDate(), new Date(0)), "1970-01-01T00:00:00.000Z");
  assert.equal(isoDate().parse("1970-01-01T01:00:00+01:00").getTime(), 0);
  assert.equal(isoDate().safeParse("1970-01-01").success, false);
  assert.equal(z.encode(bigintText(), 2n ** 64n), "18446744073709551616");
  assert.equal(bigintText().parse("-7"), -7n);
  assert.equal(bigintText().safeParse("0x10").success, false);
});
