import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  glamMiddleware,
  type GlamVariables,
  type HandlerOf,
  implement,
  notFound,
  reply,
} from "@glam/shared/api";
import { bigintText, defineEndpoint, file, isoDate } from "@glam/shared/contract";
import { NotFoundError } from "@glam/shared/errors";
import { Hono } from "hono";
import * as z from "zod";
import { createApp, type Json, recordingLogger } from "./_support.ts";

const Item = z.object({ id: z.int(), name: z.string(), made_at: isoDate() });
const item = { id: 7, name: "Lipstick", made_at: new Date(0), secret: "s" };
const json = (body: unknown, method = "POST") => ({
  method,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

describe("an endpoint answers", () => {
  it("with the data in the envelope, less what the contract does not name", async () => {
    const { app } = createApp();
    const Get = defineEndpoint("GET /items/:id", {
      params: z.object({ id: z.coerce.number<string>() }),
      data: Item,
    });
    implement(app, Get, ({ params }) => ({ ...item, id: params.id }));
    const response = await app.request("/items/9");
    const { data, meta } = await response.json() as Json;
    assert.deepEqual(data, { id: 9, name: "Lipstick", made_at: "1970-01-01T00:00:00.000Z" });
    assert.equal(meta.request_id, response.headers.get("x-request-id"));
    assert.deepEqual([response.status, response.headers.get("content-type")], [200, "application/json"]);
    assert.equal((await app.request("/items/9", { method: "HEAD" })).status, 200);
  });

  it("with pages of a counted list", async () => {
    const { app } = createApp();
    const List = defineEndpoint("GET /items", {
      query: z.object({ name: z.string().optional(), tags: z.array(z.string()).optional() }),
      list: Item,
      page: { defaultLimit: 2, maxLimit: 10 },
    });
    const seen: unknown[] = [];
    implement(app, List, ({ query }) => {
      seen.push(query);
      return { items: [item, item], total: 5 };
    });
    const response = await app.request("/items?page=2&limit=2&tags=a");
    const { data, pagination, links } = await response.json() as Json;
    assert.deepEqual(seen, [{ page: 2, limit: 2, offset: 2, tags: ["a"] }]);
    assert.deepEqual(data[0], { id: 7, name: "Lipstick", made_at: "1970-01-01T00:00:00.000Z" });
    assert.deepEqual(pagination, {
      page: 2,
      limit: 2,
      total: 5,
      pages: 3,
      has_next: true,
      has_previous: true,
    });
    assert.equal(links.next, "/items?page=3&limit=2&tags=a");
    const refused = await (await app.request("/items?limit=11&page=x&name=a&name=b")).json() as Json;
    assert.deepEqual(refused.error.details.validation_errors.map(({ field }: Json) => field).sort(), [
      "query.limit",
      "query.name",
      "query.page",
    ]);
  });

  it("with pages that are walked by cursors", async () => {
    const { app } = createApp();
    const List = defineEndpoint("GET /items", { cursorList: Item });
    implement(app, List, ({ query }) => ({ items: [item], next: query.cursor === undefined ? "c2" : null }));
    const { pagination, links } = await (await app.request("/items?limit=1")).json() as Json;
    assert.deepEqual(pagination, { limit: 1, has_next: true, has_previous: false, next_cursor: "c2" });
    assert.equal(links.next, "/items?limit=1&cursor=c2");
  });

  it("plainly, with nothing, and with a response of its own", async () => {
    const { app } = createApp();
    implement(
      app,
      defineEndpoint("GET /plain", { plain: z.object({ big: bigintText() }) }),
      () => ({ big: 2n ** 60n }),
    );
    implement(app, defineEndpoint("DELETE /items/:id", { empty: true }), () => {});
    implement(
      app,
      defineEndpoint("GET /csv", { raw: { contentType: "text/csv" } }),
      () => new Response("a,b", { headers: { "Content-Type": "text/csv" } }),
    );
    assert.equal(await (await app.request("/plain")).text(), '{"big":"1152921504606846976"}');
    const empty = await app.request("/items/1", { method: "DELETE" });
    assert.deepEqual([empty.status, await empty.text(), empty.headers.get("content-type")], [204, "", null]);
    assert.equal(await (await app.request("/csv")).text(), "a,b");
  });

  it("with another status of its own, with headers, and with the path of what was made", async () => {
    const { app } = createApp();
    const Add = defineEndpoint("POST /items", {
      body: z.object({ name: z.string() }),
      data: z.object({ id: z.int() }),
      status: [201, 202],
      location: ({ id }) => `/items/${id}`,
      deprecated: { since: "2026-01-01T00:00:00Z", sunset: "2027-01-01T00:00:00Z" },
    });
    implement(
      app,
      Add,
      ({ body }) =>
        body.name === "later" ? reply(202, { id: 8 }, { headers: { "Retry-After": "5" } }) : { id: 7 },
    );
    const made = await app.request("/items", json({ name: "a" }));
    assert.deepEqual([made.status, made.headers.get("location")], [201, "/items/7"]);
    assert.equal(made.headers.get("deprecation"), "@1767225600");
    assert.equal(made.headers.get("sunset"), "Fri, 01 Jan 2027 00:00:00 GMT");
    const later = await app.request("/items", json({ name: "later" }));
    assert.deepEqual([later.status, later.headers.get("retry-after")], [202, "5"]);
  });

  it("with a page of another status, and with headers on a response whose own cannot be changed", async () => {
    const { app } = createApp();
    const ListSome = defineEndpoint("GET /some", { list: z.string(), status: [200, 206] });
    implement(app, ListSome, () => reply(206, { items: ["a"], total: 1 }));
    const Copy = defineEndpoint("GET /copy", {
      raw: { contentType: "text/plain" },
      deprecated: { since: "2026-01-01" },
    });
    implement(app, Copy, () => fetch("data:text/plain,copied"));
    const page = await app.request("/some");
    assert.deepEqual([page.status, page.headers.get("link")?.includes('rel="self"')], [206, true]);
    const copied = await app.request("/copy");
    assert.deepEqual([copied.headers.get("deprecation"), await copied.text()], ["@1767225600", "copied"]);
  });

  it("with the error that its handler throws", async () => {
    const { app } = createApp();
    const Get = defineEndpoint("GET /items/:id", { data: Item, errors: [NotFoundError] });
    implement(app, Get, () => {
      throw new NotFoundError("No such item");
    });
    assert.equal((await app.request("/items/1")).status, 404);
  });
});

describe("a request", () => {
  const Everything = defineEndpoint("POST /shops/:shop/items", {
    params: z.object({ shop: z.string().min(3) }),
    query: z.object({ dry: z.stringbool() }),
    headers: z.object({ "X-Tenant": z.string() }),
    cookies: z.object({ session: z.string().min(3) }),
    body: z.object({ name: z.string() }),
    data: z.unknown(),
  });
  const everything = () => {
    const { app } = createApp();
    implement(
      app,
      Everything,
      ({ params, query, headers, cookies, body }) => ({ params, query, headers, cookies, body }),
    );
    return app;
  };

  it("is read in all of its parts", async () => {
    const response = await everything().request("/shops/abc/items?dry=yes&other=1", {
      ...json({ name: "a" }),
      headers: { "Content-Type": "application/json", "x-tenant": "t", cookie: "other=1; session=s%20s" },
    });
    assert.deepEqual((await response.json() as Json).data, {
      params: { shop: "abc" },
      query: { dry: true },
      headers: { "X-Tenant": "t" },
      cookies: { session: "s s" },
      body: { name: "a" },
    });
  });

  it("is told all that does not fit, at once", async () => {
    const response = await everything().request("/shops/a/items", json({ name: 1 }));
    const { error } = await response.json() as Json;
    assert.equal(response.status, 422);
    assert.deepEqual(error.details.validation_errors.map(({ field }: Json) => field), [
      "path.shop",
      "query.dry",
      "header.X-Tenant",
      "cookie.session",
      "body.name",
    ]);
  });

  it("of another media type, too large, or no JSON is refused", async () => {
    const app = everything();
    const statusOf = async (init: RequestInit) => {
      const response = await app.request("/shops/abc/items?dry=1", init);
      return [response.status, (await response.json() as Json).error.code];
    };
    assert.deepEqual(await statusOf({ method: "POST", body: "name=a" }), [415, "HTTP_415"]);
    assert.deepEqual(await statusOf(json({ name: "a".repeat(2 ** 20) })), [413, "HTTP_413"]);
    assert.deepEqual(await statusOf({ ...json({}), body: "{" }), [422, "VALIDATION_ERROR"]);
    assert.deepEqual(await statusOf({ ...json({}), body: "[".repeat(5000) }), [422, "VALIDATION_ERROR"]);
  });

  it("takes a field of a form by its own name alone, whatever it is called", async () => {
    const { app } = createApp();
    const Send = defineEndpoint("POST /forms", {
      form: z.looseObject({ length: z.unknown().optional() }),
      data: z.object({ names: z.array(z.string()), length: z.string() }),
    });
    implement(app, Send, ({ form }) => ({ names: Object.keys(form), length: typeof form.length }));
    const body = new URLSearchParams([["__proto__", "1"], ["__proto__", "2"], ["toString", "3"]]);
    const { data } = await (await app.request("/forms", { method: "POST", body })).json() as Json;
    assert.deepEqual(data, { names: ["toString"], length: "undefined" });
  });

  it("takes forms with files", async () => {
    const { app } = createApp();
    const Upload = defineEndpoint("POST /images", {
      form: z.object({
        title: z.string(),
        tags: z.array(z.string()),
        image: file({ maxBytes: 4, types: ["image/*"] }),
        more: z.array(file()).optional(),
      }),
      data: z.object({ title: z.string(), tags: z.array(z.string()), size: z.int(), more: z.int() }),
    });
    implement(app, Upload, ({ form: { title, tags, image, more = [] } }) => ({
      title,
      tags,
      size: image.size,
      more: more.length,
    }));
    const send = async (fields: Record<string, string | Blob>) => {
      const body = new FormData();
      for (const [name, value] of Object.entries(fields)) body.append(name, value);
      const response = await app.request("/images", { method: "POST", body });
      return [response.status, await response.json()] as [number, Json];
    };
    const image = new Blob(["1234"], { type: "image/png" });
    const [, { data }] = await send({ title: "a", tags: "x", image, more: image });
    assert.deepEqual(data, { title: "a", tags: ["x"], size: 4, more: 1 });
    const [tooLarge] = await send({
      title: "a",
      tags: "x",
      image: new Blob(["12345"], { type: "image/png" }),
    });
    const [otherType] = await send({ title: "a", tags: "x", image: new Blob(["1"], { type: "text/html" }) });
    const [missing, { error }] = await send({ title: "a", tags: "x" });
    assert.deepEqual([tooLarge, otherType, missing], [413, 415, 422]);
    assert.equal(error.details.validation_errors[0].field, "body.image");
  });

  it("takes files as what their parts say that they are, whatever their name", async () => {
    const { app } = createApp();
    const Upload = defineEndpoint("POST /files", {
      form: z.object({ note: z.string(), files: z.array(file({ types: ["image/*"] })) }),
      data: z.object({ note: z.string(), files: z.array(z.string()) }),
    });
    implement(app, Upload, async ({ form: { note, files } }) => ({
      note,
      files: await Promise.all(files.map(async (one) => `${one.name} ${one.type} ${await one.text()}`)),
    }));
    const body = new FormData();
    body.append("files", new File(["--\r\n\r\nContent-Type: a/b"], "naïve.txt", { type: "image/png" }));
    body.append("note", "ä");
    body.append("files", new File(["ö"], "blob", { type: "image/webp" }));
    const sent = new Request("http://localhost/files", { method: "POST", body });
    const headers = { "Content-Type": sent.headers.get("content-type")! };
    const raw = await sent.arrayBuffer();
    const expected = {
      note: "ä",
      files: ["naïve.txt image/png --\r\n\r\nContent-Type: a/b", "blob image/webp ö"],
    };
    for (const length of [{}, { "Content-Length": String(raw.byteLength) }]) {
      const init = { method: "POST", headers: { ...headers, ...length }, body: raw };
      const { data } = await (await app.request("/files", init)).json() as Json;
      assert.deepEqual(data, expected);
    }
  });

  it("waits for asynchronous refinements, of no part twice in the second request", async () => {
    const { app } = createApp();
    let asked = 0;
    const Free = defineEndpoint("GET /free/:name", {
      params: z.object({ name: z.string().refine(() => Promise.resolve(++asked > 0)) }),
      query: z.object({ other: z.string().refine((text) => Promise.resolve(text === "a")) }),
      data: z.string(),
    });
    implement(app, Free, ({ params, query }) => params.name + query.other);
    assert.equal((await app.request("/free/x?other=b")).status, 422);
    const before = asked;
    const answer = await (await app.request("/free/x?other=a")).json() as { data: string };
    assert.deepEqual([answer.data, asked - before], ["xa", 1]);
  });

  it("runs the middleware that was given to implement, with the application's variables", async () => {
    const app = new Hono<{ Variables: GlamVariables & { user: string } }>();
    app.use(glamMiddleware({ logger: recordingLogger().logger }));
    implement(
      app,
      defineEndpoint("GET /me", { data: z.object({ user: z.string(), id: z.string() }) }),
      async (c, next) => {
        c.set("user", "u1");
        await next();
      },
      ({ c }) => ({ user: c.var.user, id: c.var.requestId }),
    );
    assert.equal((await (await app.request("/me")).json() as Json).data.user, "u1");
  });
});

describe("an answer that breaks its contract", () => {
  const Get = defineEndpoint("GET /items/:id", { data: Item });
  const answerOf = async (result: unknown) => {
    const { app, entries } = createApp();
    implement(app, Get, (() => result) as HandlerOf<typeof Get>);
    const response = await app.request("/items/1");
    const { error } = await response.json() as Json;
    const [entry] = entries.filter(({ level }) => level === "error");
    return { status: response.status, error, logged: (entry?.fields["error"] as Error | undefined)?.message };
  };

  it("is a 500 that says nothing to the client, and where to the log", async () => {
    const { status, error, logged } = await answerOf({ ...item, name: 5 });
    assert.equal(status, 500);
    assert.deepEqual(error, { code: "CONTRACT_ERROR", message: "An unexpected error occurred" });
    assert.match(
      logged!,
      /^The answer of GET \/items\/:id breaks its contract: data\.name: .*expected string/,
    );
  });

  it("is a 500 with a status that it does not list, and with a Response", async () => {
    assert.match((await answerOf(reply(418, item))).logged!, /The status 418 is not among its own/);
    assert.match((await answerOf(new Response("x"))).logged!, /gave a Response, which only `raw` takes/);
  });

  it("goes out where the endpoint says so", async () => {
    const { app } = createApp();
    const Fast = defineEndpoint("GET /fast", { data: z.object({ a: z.string() }), response: "unchecked" });
    implement(app, Fast, (() => ({ a: 1, b: 2 })) as never);
    assert.deepEqual((await (await app.request("/fast")).json() as Json).data, { a: 1, b: 2 });
  });
});

describe("a route", () => {
  const Get = defineEndpoint("GET /api/v1/items/:id", { data: z.string() });

  it("stands at the contract's path, whatever the base path of its application", async () => {
    const based = createApp().app.basePath("/api/v1");
    implement(based, Get, ({ params }) => params.id);
    assert.equal((await (await based.request("/api/v1/items/a%2Fb")).json() as Json).data, "a/b");
    const sub = new Hono();
    implement(sub, Get, { mountedAt: "/api/v1" }, ({ params }) => params.id);
    const { app } = createApp();
    app.route("/api/v1", sub);
    assert.equal((await (await app.request("/api/v1/items/7")).json() as Json).data, "7");
  });

  it("is refused twice, and under another path than its own", () => {
    const { app } = createApp();
    implement(app, Get, () => "a");
    assert.throws(() => implement(app, Get, () => "a"), {
      name: "TypeError",
      message: 'Cannot implement "GET /api/v1/items/:id" twice',
    });
    assert.throws(() => implement(new Hono().basePath("/other"), Get, () => "a"), {
      name: "TypeError",
      message: /the application is at "\/other"; give the contract that path, or say `mountedAt`/,
    });
  });

  it("is refused where the application has its path already, middleware aside", () => {
    const app = new Hono();
    app.get("/items/:item", async (_c, next) => await next());
    implement(app, defineEndpoint("GET /items/:id", { data: z.string() }), () => "a");
    assert.throws(
      () => implement(app, defineEndpoint("GET /items/:name", { data: z.string() }), () => "b"),
      {
        name: "TypeError",
        message: 'Cannot implement "GET /items/:name": "GET /items/:id" has the same path',
      },
    );
    implement(app, defineEndpoint("GET /items/:id{[0-9]+}", { data: z.string() }), () => "number");
    const plain = new Hono();
    plain.get("/old", (c) => c.text("by hand"));
    const mountedAt = "/api/v1";
    assert.throws(
      () =>
        implement(plain, defineEndpoint("GET /api/v1/old", { data: z.string() }), { mountedAt }, () => "b"),
      { name: "TypeError", message: /the application has a route of this path/ },
    );
    implement(plain, defineEndpoint("PUT /api/v1/old", { data: z.string() }), { mountedAt }, () => "b");
  });

  it("does not compile with a handler of other data", () => {
    const { app } = createApp();
    const Other = defineEndpoint("GET /other", { data: z.object({ id: z.int() }) });
    // @ts-expect-error: the id is a text
    implement(app, Other, () => ({ id: "7" }));
    assert.ok(notFound);
  });
});

describe("the signal of a handler", () => {
  it("aborts with the deadline, and never after the answer", async () => {
    const { app } = createApp({ timeoutMs: 20 });
    const reasons: unknown[] = [];
    const Slow = defineEndpoint("GET /slow", { empty: true });
    implement(app, Slow, async ({ signal }) => {
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      reasons.push((signal.reason as Error).name);
    });
    let kept: AbortSignal | undefined;
    implement(app, defineEndpoint("GET /quick", { empty: true }), ({ signal }) => void (kept = signal));
    assert.equal((await app.request("/slow")).status, 504);
    assert.deepEqual(reasons, ["RequestTimeoutError"]);
    const caller = new AbortController();
    await app.request("/quick", { signal: caller.signal });
    caller.abort();
    assert.equal(kept!.aborted, false);
  });

  for (const [name, timeoutMs] of [["longer", 20], ["shorter", 60_000], ["only", undefined]] as const) {
    it(`aborts with the endpoint's own time, where that is the ${name} one`, async () => {
      const { app } = createApp({ timeoutMs });
      const ownMs = name === "longer" ? 60_000 : 20;
      const Own = defineEndpoint("GET /own", { data: z.string(), timeoutMs: ownMs });
      implement(app, Own, async ({ signal }) => {
        const aborted = new Promise<string>((resolve) =>
          signal.addEventListener("abort", () => resolve("aborted"))
        );
        const later = new Promise<string>((resolve) => setTimeout(resolve, 60, "later"));
        return name === "longer" ? await Promise.race([aborted, later]) : await aborted;
      });
      const response = await app.request("/own");
      assert.equal(response.status, name === "longer" ? 200 : 504);
    });
  }

  it("aborts when the caller goes", async () => {
    const { app } = createApp();
    const caller = new AbortController();
    let aborted = false;
    implement(app, defineEndpoint("GET /slow", { empty: true }), async ({ signal }) => {
      queueMicrotask(() => caller.abort());
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      aborted = true;
    });
    await app.request("/slow", { signal: caller.signal });
    assert.equal(aborted, true);
  });
});
