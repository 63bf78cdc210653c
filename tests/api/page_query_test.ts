import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cursorQuery, paginated, paginationQuery, success, validate } from "@glam/shared/api";
import * as z from "zod";
import { createApp, send } from "./_support.ts";

/** What a list answers to a query: the parsed parameters, or the fields with a problem. */
async function ask(schema: z.ZodType, query: string): Promise<unknown> {
  const { app } = createApp();
  app.get("/", validate("query", schema), (c) => success(c, c.req.valid("query")));
  const { status, body } = await send(app, `/?${query}`);
  if (status === 200) return body.data;
  assert.equal(status, 422);
  const fields = body.error.details.validation_errors.map(({ field }: { field: string }) => field);
  return [...new Set(fields)];
}

describe("paginationQuery", () => {
  const CASES: readonly (readonly [query: string, expected: unknown])[] = [
    ["", { page: 1, limit: 50, offset: 0 }],
    ["page=3", { page: 3, limit: 50, offset: 100 }],
    ["page=2&limit=10", { page: 2, limit: 10, offset: 10 }],
    ["limit=1", { page: 1, limit: 1, offset: 0 }],
    ["limit=1000", { page: 1, limit: 1000, offset: 0 }],
    ["page=2&q=x", { page: 2, limit: 50, offset: 50 }],
    ["limit=1001", ["query.limit"]],
    ["limit=0", ["query.limit"]],
    ["limit=-1", ["query.limit"]],
    ["page=0", ["query.page"]],
    ["page=-1", ["query.page"]],
    ["page=1.5", ["query.page"]],
    ["page=x", ["query.page"]],
    ["page=", ["query.page"]],
    ["page=NaN", ["query.page"]],
    ["page=Infinity", ["query.page"]],
    ["page=99999999999999999999", ["query.page"]],
    ["page=9007199254740991&limit=1000", ["query.page"]],
    ["page=1e400", ["query.page"]],
    ["page=1&page=2", ["query.page"]],
    ["limit=1&limit=2", ["query.limit"]],
    ["page=0&limit=x", ["query.page", "query.limit"]],
  ];
  for (const [query, expected] of CASES) {
    it(`of "${query}"`, async () => assert.deepEqual(await ask(paginationQuery(), query), expected));
  }

  it("gives an offset that is exact for every page it takes", async () => {
    const page = Math.floor(Number.MAX_SAFE_INTEGER / 1000);
    const { offset } = await ask(paginationQuery(), `page=${page}&limit=1000`) as { offset: number };
    assert.ok(Number.isSafeInteger(offset));
    assert.equal(BigInt(offset), BigInt(page - 1) * 1000n);
  });

  it("takes a default and a largest limit", async () => {
    const schema = paginationQuery({ defaultLimit: 5, maxLimit: 20 });
    assert.deepEqual(await ask(schema, ""), { page: 1, limit: 5, offset: 0 });
    assert.deepEqual(await ask(schema, "limit=20"), { page: 1, limit: 20, offset: 0 });
    assert.deepEqual(await ask(schema, "limit=21"), ["query.limit"]);
    assert.deepEqual(await ask(paginationQuery({ defaultLimit: undefined, maxLimit: undefined }), ""), {
      page: 1,
      limit: 50,
      offset: 0,
    });
  });

  it("takes a largest limit under 50 alone", async () => {
    assert.deepEqual(await ask(paginationQuery({ maxLimit: 20 }), ""), { page: 1, limit: 20, offset: 0 });
    assert.deepEqual(await ask(cursorQuery({ maxLimit: 20 }), ""), { limit: 20 });
  });

  it("throws a RangeError for limits that are none", () => {
    for (
      const options of [
        { defaultLimit: 0 },
        { defaultLimit: 1001 },
        { defaultLimit: 1.5 },
        { defaultLimit: NaN },
        { defaultLimit: 10, maxLimit: 5 },
        { maxLimit: 0 },
        { maxLimit: NaN },
        { maxLimit: 99.5 },
        { maxLimit: Infinity },
      ]
    ) {
      for (const query of [paginationQuery, cursorQuery]) {
        assert.throws(() => query(options), {
          name: "RangeError",
          message: /Expected `(default|max)Limit` to be/,
        });
      }
    }
  });

  it("goes with a second schema for the filters", async () => {
    const { app } = createApp();
    app.get(
      "/",
      validate("query", z.object({ q: z.string() })),
      async (c, next) => {
        c.res.headers.set("X-Q", c.req.valid("query").q);
        await next();
      },
      validate("query", paginationQuery()),
      (c) => {
        const { page, limit } = c.req.valid("query");
        return paginated(c, [], { page, limit, total: 0 });
      },
    );
    const { status, body, headers } = await send(app, "/?q=x&page=2");
    assert.deepEqual([status, body.pagination.page, headers.get("x-q")], [200, 2, "x"]);
  });
});

describe("cursorQuery", () => {
  const CASES: readonly (readonly [query: string, expected: unknown])[] = [
    ["", { limit: 50 }],
    ["limit=10", { limit: 10 }],
    ["cursor=a%2Bb%3D%3D", { limit: 50, cursor: "a+b==" }],
    ["cursor=x&limit=1000&q=1", { limit: 1000, cursor: "x" }],
    ["cursor=", ["query.cursor"]],
    [`cursor=${"x".repeat(4096)}`, { limit: 50, cursor: "x".repeat(4096) }],
    [`cursor=${"x".repeat(4097)}`, ["query.cursor"]],
    ["cursor=a&cursor=b", ["query.cursor"]],
    ["limit=1001", ["query.limit"]],
    ["limit=0", ["query.limit"]],
  ];
  for (const [query, expected] of CASES) {
    it(`of "${query.slice(0, 40)}"`, async () => assert.deepEqual(await ask(cursorQuery(), query), expected));
  }
});
