import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { glamMiddleware, type IdempotencyGuard, implement } from "@glam/shared/api";
import { createServiceClient, type ServiceClient } from "@glam/shared/client";
import { defineEndpoint, isoDate } from "@glam/shared/contract";
import { getContext, runWithContext } from "@glam/shared/context";
import {
  ConflictError,
  defineError,
  isRetryableError,
  NotFoundError,
  RequestTimeoutError,
  UnauthorizedError,
  UpstreamServiceError,
} from "@glam/shared/errors";
import { Hono } from "hono";
import * as z from "zod";
import { recordingLogger } from "../_support/recording_logger.ts";

const Item = z.object({ id: z.string(), made_at: isoDate() });
const OutOfStockError = defineError<{ sku: string }>({ code: "CLIENT_TEST_OUT_OF_STOCK", status: 409 });

const GetItem = defineEndpoint("GET /items/:id", { data: Item, errors: [NotFoundError] });
const AddItem = defineEndpoint("POST /items", {
  query: z.object({ dry: z.coerce.boolean().optional() }),
  body: z.object({ name: z.string() }),
  data: Item,
  status: 201,
  errors: [OutOfStockError],
  idempotent: "key",
});
const ListItems = defineEndpoint("GET /items", {
  query: z.object({ tag: z.array(z.string()).optional() }),
  list: Item,
});
const WalkItems = defineEndpoint("GET /walk", { cursorList: Item });
const DropItem = defineEndpoint("DELETE /items/:id", { empty: true });
const Export = defineEndpoint("GET /export", { raw: { contentType: "text/csv" } });
const endpoints = { GetItem, AddItem, ListItems, WalkItems, DropItem, Export };
const made_at = new Date(0);

/** A service, a client of it over no socket, and what the service saw. */
function open(): { client: ServiceClient<typeof endpoints>; seen: Request[]; entries: unknown[] } {
  const { logger, entries } = recordingLogger();
  const app = new Hono();
  // What is tested here is the key that a client sends, not what a service makes of it.
  const idempotency: IdempotencyGuard = { run: (_c, _request, respond) => respond() };
  app.use(glamMiddleware({ service: "catalog", logger, guards: { idempotency } }));
  implement(app, GetItem, ({ params: { id } }) => {
    if (id === "none") throw new NotFoundError("No such item", { resource: "item" });
    if (id === "secret") throw new UnauthorizedError();
    if (id === "bug") throw new Error("boom");
    return { id, made_at };
  });
  implement(app, AddItem, ({ body: { name } }) => {
    if (name === "gone") throw new OutOfStockError("Out of stock", { sku: "7" });
    return { id: name, made_at };
  });
  implement(app, ListItems, ({ query: { offset, limit, tag = [] } }) => ({
    items: Array.from(
      { length: Math.min(limit, 5 - offset) },
      (_, i) => ({ id: `${offset + i}${tag}`, made_at }),
    ),
    total: 5,
  }));
  implement(app, WalkItems, ({ query: { cursor = "0" } }) => ({
    items: [{ id: cursor, made_at }],
    next: cursor === "2" ? null : String(Number(cursor) + 1),
  }));
  implement(app, DropItem, () => {});
  implement(app, Export, () => new Response("a,b", { headers: { "Content-Type": "text/csv" } }));
  const seen: Request[] = [];
  const transport = {
    fetch(request: Request) {
      seen.push(request);
      return app.fetch(request);
    },
  };
  return {
    client: createServiceClient({ service: "catalog", endpoints, transport, trusted: true }),
    seen,
    entries,
  };
}

describe("a call", () => {
  it("gives the data as the contract's schema has them", async () => {
    const { client } = open();
    assert.deepEqual(await client.GetItem({ params: { id: "a/b c" } }), { id: "a/b c", made_at });
    const { status, data, meta, headers } = await client.AddItem.raw({ body: { name: "x" } });
    assert.deepEqual([status, data.id, meta?.request_id], [201, "x", headers.get("x-request-id")]);
    assert.equal(await client.DropItem({ params: { id: "7" } }), undefined);
    assert.equal(await (await client.Export()).text(), "a,b");
  });

  it("walks the pages of both kinds of lists", async () => {
    const { client, seen } = open();
    const { items, pagination } = await client.ListItems({ query: { page: 2, limit: 2 } });
    assert.deepEqual([items.map(({ id }) => id), pagination.total], [["2", "3"], 5]);
    const all = await Array.fromAsync(client.ListItems.items({ query: { limit: 2, tag: ["a", "b"] } }));
    assert.deepEqual(all.map(({ id }) => id), ["0a,b", "1a,b", "2a,b", "3a,b", "4a,b"]);
    assert.match(seen.at(-1)!.url, /\?limit=2&tag=a&tag=b&page=3$/);
    const walked = await Array.fromAsync(client.WalkItems.pages());
    assert.deepEqual(walked.map(({ items: [item] }) => item!.id), ["0", "1", "2"]);
  });

  it("throws the errors that the endpoint declares as their classes", async () => {
    const { client } = open();
    await assert.rejects(client.GetItem({ params: { id: "none" } }), (error) => {
      assert.ok(error instanceof NotFoundError);
      assert.deepEqual([error.message, error.details, error.status], [
        "No such item",
        { resource: "item" },
        404,
      ]);
      assert.equal((error as { upstream?: string }).upstream, "catalog");
      return true;
    });
    await assert.rejects(client.AddItem({ body: { name: "gone" } }), OutOfStockError);
  });

  it("throws anything else as a failure behind us, with what was received as its cause", async () => {
    const { client } = open();
    for (const [id, upstream] of [["secret", 401], ["bug", 500]] as const) {
      await assert.rejects(client.GetItem({ params: { id } }), (error) => {
        assert.ok(error instanceof UpstreamServiceError);
        assert.deepEqual([error.status, error.details["upstream_status"]], [502, upstream]);
        assert.equal((error.cause as { status: number }).status, upstream);
        return true;
      });
    }
    await assert.rejects(client.AddItem({ body: { name: 7 as unknown as string } }), { status: 502 });
  });

  it("refuses before a request what would lead to another route, and what has no text", async () => {
    const { client, seen } = open();
    for (const id of ["", ".", "..", undefined as unknown as string]) {
      await assert.rejects(client.GetItem({ params: { id } }), { name: "TypeError" });
    }
    await assert.rejects(client.ListItems({ query: { tag: [{} as string] } }), {
      name: "TypeError",
      message: 'Cannot call "GET /items": `query.tag` has no text, got Object',
    });
    const half = "\u{1F6D2}".slice(0, 1);
    await assert.rejects(client.GetItem({ params: { id: half } }), {
      name: "TypeError",
      message: 'Cannot call "GET /items/:id": `params.id` has no text, got a lone surrogate',
    });
    await assert.rejects(client.ListItems({ query: { tag: [half] } }), { name: "TypeError" });
    assert.equal(seen.length, 0);
  });

  it("carries ids, a trace of its own, the deadline and a key", async () => {
    const { client, seen } = open();
    await runWithContext(
      { service: "orders", correlationId: "corr_1", deadlineAt: Date.now() + 2000 },
      async () => {
        await client.AddItem({ body: { name: "a" } }, { headers: { "X-Other": "1" } });
        assert.equal(getContext()?.correlationId, "corr_1");
      },
    );
    const { headers } = seen[0]!;
    assert.equal(headers.get("x-correlation-id"), "corr_1");
    assert.match(headers.get("idempotency-key")!, /^"[0-9a-f-]{36}"$/);
    assert.match(headers.get("traceparent")!, /^00-/);
    const left = Number(headers.get("x-request-timeout-ms"));
    assert.ok(left > 0 && left <= 2000, String(left));
    assert.equal(headers.get("x-other"), "1");
  });

  it("does not begin when there is no time left, and ends when there is none", async () => {
    const { client, seen } = open();
    await runWithContext({ service: "orders", deadlineAt: Date.now() - 1 }, async () => {
      await assert.rejects(client.GetItem({ params: { id: "7" } }), RequestTimeoutError);
    });
    assert.equal(seen.length, 0);
    const hanging = createServiceClient({
      service: "catalog",
      endpoints,
      timeoutMs: 20,
      transport: { fetch: () => new Promise<Response>(() => {}) },
    });
    await assert.rejects(hanging.GetItem({ params: { id: "7" } }), RequestTimeoutError);
    const caller = new AbortController();
    const given = hanging.GetItem({ params: { id: "7" } }, { signal: caller.signal, timeoutMs: 60_000 });
    caller.abort(new ConflictError("changed my mind"));
    await assert.rejects(given, { message: "changed my mind" });
    const open2 = hanging.GetItem({ params: { id: "7" } }, { timeoutMs: 60_000 });
    hanging.close();
    await assert.rejects(open2, { code: "SERVICE_UNAVAILABLE" });
    await assert.rejects(hanging.GetItem({ params: { id: "7" } }), { code: "SERVICE_UNAVAILABLE" });
  });
});

describe("fakes", () => {
  it("get what a handler gets, and answer over the wire", async () => {
    const seen: unknown[] = [];
    const client = createServiceClient({
      service: "catalog",
      endpoints: { GetItem, AddItem, ListItems },
      fakes: {
        GetItem: ({ params }) => ({ id: params.id, made_at, secret: 1 }),
        AddItem({ body, query }) {
          seen.push(body, query);
          throw new OutOfStockError("Out of stock", { sku: "7" });
        },
        ListItems: () => ({ items: [{ id: "1", made_at }], total: 1 }),
      },
    });
    assert.deepEqual(await client.GetItem({ params: { id: "7" } }), { id: "7", made_at });
    const error = await client.AddItem({ body: { name: "a" }, query: { dry: true } }).catch((error) => error);
    assert.ok(error instanceof OutOfStockError);
    assert.equal(isRetryableError(error), false);
    assert.deepEqual(seen, [{ name: "a" }, { dry: true }]);
    assert.deepEqual((await client.ListItems()).pagination.total, 1);
  });

  it("send and get what a service would, of a schema that lets everything through", async () => {
    const Echo = defineEndpoint("POST /echo", { body: z.unknown(), data: z.unknown() });
    const Plain = defineEndpoint("GET /plain", { plain: z.unknown() });
    const endpoints = { Echo, Plain };
    const app = new Hono();
    app.use(glamMiddleware({ logger: recordingLogger().logger }));
    implement(app, Echo, ({ body }) => ({ body, large: 1n }));
    implement(app, Plain, () => ({ large: 1n }));
    const service = "catalog";
    const fakes = {
      Echo: ({ body }: { body: unknown }) => ({ body, large: 1n }),
      Plain: () => ({ large: 1n }),
    };
    for (const over of [{ transport: app }, { fakes }]) {
      const client = createServiceClient({ service, endpoints, ...over });
      assert.deepEqual(await client.Echo({ body: undefined }), { body: null, large: "1" });
      assert.deepEqual(await client.Plain(), { large: "1" });
    }
  });

  it("do not compile with other data, and fail when they break the contract", async () => {
    const client = createServiceClient({
      service: "catalog",
      endpoints: { GetItem },
      // @ts-expect-error: the id is a text
      fakes: { GetItem: () => ({ id: 7, made_at }) },
    });
    await assert.rejects(client.GetItem({ params: { id: "7" } }), {
      name: "TypeError",
      message: /^The fake of GET \/items\/:id breaks its contract: id/,
    });
  });
});

describe("a client is refused", () => {
  it("with a reserved name, without a place, and with numbers out of range", () => {
    const transport = { fetch: () => new Response() };
    assert.throws(() => createServiceClient({ service: "a", endpoints: { then: GetItem }, transport }), {
      message: 'Cannot make a client of "a": an endpoint cannot be called "then"',
    });
    assert.throws(() => createServiceClient({ service: "a", endpoints }), {
      name: "TypeError",
      message: /`baseUrl`/,
    });
    for (const baseUrl of ["nowhere", "ftp://a", "http://u:p4ss@a", "http://a?x=1"]) {
      assert.throws(() => createServiceClient({ service: "a", endpoints, baseUrl }), (error) => {
        assert.ok(error instanceof TypeError);
        assert.doesNotMatch(error.message, /p4ss/);
        return true;
      });
    }
    const options = { service: "a", endpoints, transport };
    assert.throws(() => createServiceClient({ ...options, timeoutMs: 0 }), RangeError);
    assert.throws(() => createServiceClient({ ...options, retry: { attempts: 6 } }), RangeError);
    assert.throws(() => createServiceClient({ ...options, maxInFlight: 0 }), RangeError);
  });
});
