import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cursorQuery, paginated, paginationQuery, success, validate } from "@glam/shared/api";
import * as z from "zod";
import { type App, createApp, post, send } from "./_support.ts";

const filters = z.object({ name: z.string().optional(), tag: z.array(z.string()).optional() });

async function answerOf(add: (app: App) => void, path: string, init?: RequestInit) {
  const { app } = createApp();
  add(app);
  const { status, body } = await send(app, path, init);
  return { status, data: body.data, problems: body.error?.details.validation_errors, body };
}

describe("several validators of one target", () => {
  it("give the page and the filters of a list, in either order", async () => {
    const expected = { page: 2, limit: 5, offset: 5, name: "x", tag: ["a"] };
    for (const schemas of [[paginationQuery(), filters], [filters, paginationQuery()]] as const) {
      const { data } = await answerOf(
        (app) =>
          app.get(
            "/",
            validate("query", schemas[0]),
            validate("query", schemas[1]),
            (c) => success(c, c.req.valid("query")),
          ),
        "/?page=2&limit=5&name=x&tag=a",
      );
      assert.deepEqual(data, expected);
    }
  });

  it("are typed as the results together", async () => {
    const { status, body } = await answerOf(
      (app) =>
        app.get("/", validate("query", paginationQuery()), validate("query", filters), (c) => {
          const { page, limit, name } = c.req.valid("query");
          return paginated(c, [name ?? "all"], { page, limit, total: 1 });
        }),
      "/?name=x",
    );
    assert.deepEqual([status, body.data, body.pagination.page], [200, ["x"], 1]);
  });

  it("each report what does not fit", async () => {
    const add = (app: App) =>
      app.get("/", validate("query", cursorQuery()), validate("query", filters), (c) => success(c, null));
    assert.deepEqual((await answerOf(add, "/?limit=0")).problems[0].field, "query.limit");
    assert.deepEqual((await answerOf(add, "/?name=a&name=b")).problems[0].field, "query.name");
  });

  it("let later keys win", async () => {
    const { data } = await answerOf(
      (app) =>
        app.get(
          "/",
          validate("query", z.object({ n: z.string(), a: z.string() })),
          validate("query", z.object({ n: z.coerce.number() })),
          (c) => success(c, c.req.valid("query")),
        ),
      "/?n=7&a=1",
    );
    assert.deepEqual(data, { n: 7, a: "1" });
  });

  it("merge for every target, and across the middleware of a path", async () => {
    const { data } = await answerOf(
      (app) => {
        app.use("/items/*", validate("json", z.object({ a: z.number() })));
        app.use("/items/*", validate("header", z.object({ "x-a": z.string() })));
        app.post(
          "/items/:id/:part",
          validate("param", z.object({ id: z.coerce.number() })),
          validate("param", z.object({ part: z.string() })),
          validate("json", z.object({ b: z.number() })),
          validate("header", z.object({ "x-b": z.string() })),
          validate("cookie", z.object({ c: z.string() })),
          validate("cookie", z.object({ d: z.string() })),
          (c) =>
            success(c, [
              c.req.valid("param"),
              c.req.valid("json"),
              c.req.valid("header"),
              c.req.valid("cookie"),
            ]),
        );
      },
      "/items/7/lid",
      post({ a: 1, b: 2 }, { "x-a": "1", "x-b": "2", cookie: "c=3; d=4" }),
    );
    assert.deepEqual(data, [
      { id: 7, part: "lid" },
      { a: 1, b: 2 },
      { "x-a": "1", "x-b": "2" },
      { c: "3", d: "4" },
    ]);
  });

  it("keep the last result where one is no plain object", async () => {
    const list = z.array(z.number());
    const { data } = await answerOf(
      (app) =>
        app.post(
          "/",
          validate("json", list),
          validate("json", list.transform((all) => all.length)),
          (c) => success(c, c.req.valid("json")),
        ),
      "/",
      post([1, 2]),
    );
    assert.equal(data, 2);
  });

  it("do not mix requests", async () => {
    const { app } = createApp();
    app.get(
      "/",
      validate("query", filters),
      validate("query", paginationQuery()),
      (c) => success(c, c.req.valid("query")),
    );
    await send(app, "/?name=x");
    assert.deepEqual((await send(app, "/")).body.data, { page: 1, limit: 50, offset: 0 });
  });
});
