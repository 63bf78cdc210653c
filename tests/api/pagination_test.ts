import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createLinks, createPagination, cursorPage, paginated } from "@glam/shared/api";
import { type Answer, createApp, send } from "./_support.ts";

describe("createPagination", () => {
  const CASES: readonly (readonly [
    params: readonly [page: number, limit: number, total: number],
    pages: number,
    hasNext: boolean,
    hasPrevious: boolean,
  ])[] = [
    [[1, 10, 0], 0, false, false],
    [[1, 10, 1], 1, false, false],
    [[1, 10, 10], 1, false, false],
    [[1, 10, 11], 2, true, false],
    [[2, 10, 11], 2, false, true],
    [[2, 10, 25], 3, true, true],
    [[9, 10, 25], 3, false, true],
    [[3, 10, 0], 0, false, true],
    [[1, 1, Number.MAX_SAFE_INTEGER], Number.MAX_SAFE_INTEGER, true, false],
    [[Number.MAX_SAFE_INTEGER, 1000, 5], 1, false, true],
  ];
  for (const [[page, limit, total], pages, has_next, has_previous] of CASES) {
    it(`of page ${page}, limit ${limit}, total ${total}`, () => {
      const pagination = createPagination({ page, limit, total });
      assert.deepEqual(pagination, { page, limit, total, pages, has_next, has_previous });
    });
  }

  const BAD: readonly (readonly [name: string, value: number])[] = [
    ...[0, -1, 1.5, NaN, Infinity, 2 ** 53].flatMap((value) => [["page", value], ["limit", value]] as const),
    ...[-1, 1.5, NaN, Infinity, 2 ** 53].map((value) => ["total", value] as const),
    ["page", "1" as never],
  ];
  for (const [name, value] of BAD) {
    it(`throws a RangeError for a ${name} of ${value}`, () => {
      assert.throws(() => createPagination({ page: 1, limit: 1, total: 1, [name]: value }), {
        name: "RangeError",
        message: new RegExp(`Expected \`${name}\` to be a whole number`),
      });
    });
  }
});

describe("createLinks", () => {
  const links = (url: string, page: number, limit: number, total: number) =>
    createLinks(url, createPagination({ page, limit, total }));

  it("has the members that there are pages for", () => {
    assert.deepEqual(links("http://h/items", 2, 10, 30), {
      self: "/items?page=2&limit=10",
      next: "/items?page=3&limit=10",
      previous: "/items?page=1&limit=10",
      first: "/items?page=1&limit=10",
      last: "/items?page=3&limit=10",
    });
    assert.deepEqual(Object.keys(links("http://h/items", 1, 10, 30)), ["self", "next", "first", "last"]);
    assert.deepEqual(Object.keys(links("http://h/items", 3, 10, 30)), ["self", "previous", "first", "last"]);
    assert.deepEqual(Object.keys(links("http://h/items", 1, 10, 5)), ["self", "first", "last"]);
    assert.deepEqual(links("http://h/items", 1, 10, 0), { self: "/items?page=1&limit=10" });
  });

  it("has the last page before a page behind the end", () => {
    const { self, previous, last, next } = links("http://h/items", 9, 10, 25);
    assert.equal(self, "/items?page=9&limit=10");
    assert.equal(previous, "/items?page=3&limit=10");
    assert.equal(last, previous);
    assert.equal(next, undefined);
  });

  const URLS: readonly (readonly [url: string, self: string])[] = [
    ["https://shop.example.com:8443/a/b?q=1#f", "/a/b?q=1&page=1&limit=10"],
    ["/items?q=1", "/items?q=1&page=1&limit=10"],
    ["http://h/i?page=7&limit=3&q=x", "/i?page=1&limit=10&q=x"],
    ["http://h/i?page=7&page=8&q=x", "/i?page=1&q=x&limit=10"],
    ["http://h/i?tag=a&tag=b&tag=", "/i?tag=a&tag=b&tag=&page=1&limit=10"],
    ["http://h/i?q=a%20b%26c%3Dd", "/i?q=a+b%26c%3Dd&page=1&limit=10"],
    ['http://h/i?q=<>"', "/i?q=%3C%3E%22&page=1&limit=10"],
    ["http://h/i?q=ü", "/i?q=%C3%BC&page=1&limit=10"],
    ["http://h/i?filter[a]=1", "/i?filter%5Ba%5D=1&page=1&limit=10"],
    ["http://h/a%20b/%C3%BC%2Fx?q=1", "/a%20b/%C3%BC%2Fx?q=1&page=1&limit=10"],
    ["http://h", "/?page=1&limit=10"],
  ];
  for (const [url, self] of URLS) {
    it(`is path-absolute and keeps and encodes the other parameters: ${url}`, () => {
      assert.equal(links(url, 1, 10, 5).self, self);
    });
  }

  it("does not lead to another host", () => {
    const { self } = links("http://h//evil.example/items", 1, 10, 5);
    assert.equal(new URL(self, "http://h/").host, "h");
  });
});

/** The links of a `Link` header by relation. */
function parseLink(header: string | null): Record<string, string> {
  const links: Record<string, string> = {};
  for (const part of (header ?? "").split(/,\s*(?=<)/)) {
    const match = /^<([^<>"\s]*)>; rel="([a-z]+)"$/.exec(part);
    assert.ok(match, `not a link: ${part}`);
    links[match[2]!] = match[1]!;
  }
  return links;
}

function assertSameLinks({ headers, body }: Answer) {
  const { self, next, previous, first, last } = body.links;
  const expected = { self, next, prev: previous, first, last };
  assert.deepEqual(
    parseLink(headers.get("link")),
    Object.fromEntries(Object.entries(expected).filter(([, link]) => link !== undefined)),
  );
}

describe("paginated", () => {
  const { app } = createApp();
  app.get("/items/:shop", (c) => {
    c.header("X-Kept", "1");
    const page = Number(c.req.query("page") ?? 1);
    return paginated(c, [{ id: page }], { page, limit: 10, total: 25 });
  });

  it("answers with data, meta, pagination and links, and a Link header that says the same", async () => {
    const answer = await send(app, "/items/a%20b?page=2&q=x%26y&tag=1&tag=2");
    assert.deepEqual([answer.status, answer.headers.get("x-kept")], [200, "1"]);
    assert.deepEqual(Object.keys(answer.body), ["data", "meta", "pagination", "links"]);
    assert.deepEqual(answer.body.data, [{ id: 2 }]);
    assert.deepEqual(answer.body.pagination, {
      page: 2,
      limit: 10,
      total: 25,
      pages: 3,
      has_next: true,
      has_previous: true,
    });
    assert.equal(answer.body.links.next, "/items/a%20b?page=3&q=x%26y&tag=1&tag=2&limit=10");
    assertSameLinks(answer);
  });

  it("has links that lead through the whole list and back", async () => {
    const seen: number[] = [];
    let path: string | undefined = "/items/x?q=1";
    let last: Answer | undefined;
    while (path !== undefined) {
      last = await send(app, path);
      assertSameLinks(last);
      assert.equal((await send(app, last.body.links.self)).body.data[0].id, last.body.data[0].id);
      seen.push(last.body.data[0].id);
      path = last.body.links.next;
    }
    assert.deepEqual(seen, [1, 2, 3]);
    assert.equal((await send(app, last!.body.links.previous)).body.data[0].id, 2);
    assert.equal((await send(app, last!.body.links.first)).body.data[0].id, 1);
  });

  it("with numbers out of range is a 500, and logged", async () => {
    const { status, body } = await send(app, "/items/x?page=0");
    assert.deepEqual([status, body.error.code], [500, "INTERNAL_ERROR"]);
  });
});

describe("cursorPage", () => {
  const { app } = createApp();
  app.get("/events", (c) => {
    const { next, previous } = c.req.query();
    return cursorPage(c, [1], {
      limit: 20,
      next: next ?? (c.req.query("null") === undefined ? undefined : null),
      previous,
    });
  });

  it("has the cursors that there are", async () => {
    const answer = await send(app, "/events?next=a%2Bb%3D%3D&previous=p");
    assert.deepEqual(Object.keys(answer.body), ["data", "meta", "pagination", "links"]);
    assert.deepEqual(answer.body.pagination, {
      limit: 20,
      has_next: true,
      has_previous: true,
      next_cursor: "a+b==",
      previous_cursor: "p",
    });
    const { next, previous } = answer.body.links;
    assert.equal(new URL(next, "http://h").searchParams.get("cursor"), "a+b==");
    assert.equal(new URL(previous, "http://h").searchParams.get("cursor"), "p");
    assert.equal(new URL(next, "http://h").searchParams.get("limit"), "20");
    assertSameLinks(answer);
  });

  it("leaves out cursors that there are not", async () => {
    for (const path of ["/events", "/events?null"]) {
      const answer = await send(app, path);
      assert.deepEqual(answer.body.pagination, { limit: 20, has_next: false, has_previous: false });
      assert.equal(answer.body.links.next, undefined);
      assertSameLinks(answer);
    }
  });

  it("keeps the cursor in self and the other parameters everywhere", async () => {
    const { links } = (await send(app, "/events?cursor=here&kind=a%20b&next=n")).body;
    assert.equal(new URL(links.self, "http://h").searchParams.get("cursor"), "here");
    for (const link of Object.values(links) as string[]) {
      assert.ok(link.startsWith("/events?"));
      assert.equal(new URL(link, "http://h").searchParams.get("kind"), "a b");
    }
    assert.equal(new URL(links.first, "http://h").searchParams.get("cursor"), null);
  });
});
