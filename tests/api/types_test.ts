import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type ApiResponse,
  created,
  cursorPage,
  type CursorPagination,
  cursorQuery,
  type ErrorDetail,
  glamMiddleware,
  type GlamOptions,
  type GlamVariables,
  type Links,
  type Meta,
  notFound,
  onError,
  type PageEnvelope,
  paginated,
  type Pagination,
  paginationQuery,
  success,
  type SuccessEnvelope,
  validate,
} from "@glam/shared/api";
import { ConflictError, GlamError } from "@glam/shared/errors";
import { Hono } from "hono";
import { hc, type InferResponseType } from "hono/client";
import { Registry } from "prom-client";
import * as z from "zod";
import { recordingLogger } from "./_support.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
function expectType<_ extends true>(): void {}

const { logger } = recordingLogger();
const Item = z.object({ id: z.coerce.number(), name: z.string() });

function createTypedApp() {
  return new Hono<{ Variables: GlamVariables }>()
    .use(glamMiddleware({ service: "catalog", logger }))
    .get("/items/:id", validate("param", z.object({ id: z.coerce.number() })), (c) => {
      const { id } = c.req.valid("param");
      expectType<Equal<typeof id, number>>();
      expectType<Equal<typeof c.var.requestId, string>>();
      expectType<Equal<typeof c.var.correlationId, string>>();
      expectType<Equal<typeof c.var.signal, AbortSignal | undefined>>();
      // @ts-expect-error: only the param was validated
      (() => c.req.valid("json"));
      return success(c, { id, name: "x" });
    })
    .get("/items", validate("query", paginationQuery()), (c) => {
      const query = c.req.valid("query");
      expectType<Equal<typeof query.page, number>>();
      expectType<Equal<typeof query.limit, number>>();
      expectType<Equal<typeof query.offset, number>>();
      return paginated(c, [{ id: 1 }], { ...query, total: 1 });
    })
    .get("/events", validate("query", cursorQuery()), (c) => {
      const { limit, cursor } = c.req.valid("query");
      expectType<Equal<typeof cursor, string | undefined>>();
      return cursorPage(c, ["a"], { limit, next: cursor });
    })
    .post("/items", validate("json", Item), validate("header", z.object({ "x-key": z.string() })), (c) => {
      const item = c.req.valid("json");
      expectType<Equal<typeof item, { id: number; name: string }>>();
      expectType<Equal<ReturnType<typeof c.req.valid<"header">>, { "x-key": string }>>();
      return created(c, item, `/items/${item.id}`);
    });
}

type TypedApp = ReturnType<typeof createTypedApp>;

describe("the types", () => {
  it("let Hono's typed client know requests and answers", async () => {
    const app = createTypedApp();
    const client = hc<TypedApp>("http://localhost", { fetch: app.request as typeof fetch });
    type One = InferResponseType<(typeof client.items)[":id"]["$get"], 200>;
    expectType<Equal<One["data"], { id: number; name: string }>>();
    expectType<Equal<One["meta"]["request_id"], string>>();
    const one = await (await client.items[":id"].$get({ param: { id: "7" } })).json();
    assert.deepEqual(one.data, { id: 7, name: "x" });

    const page = await (await client.items.$get({ query: { page: "1" } })).json();
    expectType<Equal<typeof page.data, { id: number }[]>>();
    expectType<Equal<typeof page.pagination.total, number>>();
    assert.equal(page.pagination.total, 1);
    assert.equal(page.links.self, "/items?page=1&limit=50");

    const events = await (await client.events.$get({ query: {} })).json();
    expectType<Equal<typeof events.data, string[]>>();
    expectType<Equal<typeof events.pagination.next_cursor, string | undefined>>();
    assert.equal(events.pagination.has_next, false);

    const response = await client.items.$post({ json: { id: 7, name: "y" }, header: { "x-key": "k" } });
    expectType<Equal<typeof response.status, 201>>();
    assert.deepEqual([response.status, (await response.json()).data.name], [201, "y"]);
    (() => {
      // @ts-expect-error: the body is required
      client.items.$post({ header: { "x-key": "k" } });
      // @ts-expect-error: the header is required
      client.items.$post({ json: { id: 7, name: "y" } });
      // @ts-expect-error: the parameter is required
      client.items[":id"].$get({});
    });
  });

  it("fit applications of any environment, with and without GlamVariables", () => {
    interface Bindings {
      readonly KV: string;
    }
    const middleware = glamMiddleware({ logger });
    new Hono().use(middleware).onError(onError).notFound(notFound);
    new Hono<{ Bindings: Bindings }>().use("/api/*", middleware).onError(onError).notFound(notFound);
    new Hono<{ Variables: { own: string } & GlamVariables }>().use(middleware).get("/", (c) => {
      expectType<Equal<typeof c.var.own, string>>();
      return success(c, c.var.requestId);
    });
    new Hono<{ Bindings: Bindings; Variables: { own: string } }>()
      .use(middleware)
      .post("/", validate("json", Item), (c) => {
        expectType<Equal<ReturnType<typeof c.req.valid<"json">>, { id: number; name: string }>>();
        expectType<Equal<typeof c.env.KV, string>>();
        return success(c, c.req.valid("json"));
      });
  });

  it("take the options that are documented, also as undefined, and refuse others", () => {
    const app = new Hono();
    const taken: GlamOptions[] = [
      {},
      { service: undefined, logger: undefined, metrics: undefined, health: undefined, accessLog: undefined },
      { exposeTrace: undefined, errors: undefined, methodNotAllowed: undefined, trustProxy: undefined },
      { timeoutMs: undefined },
      { metrics: false, health: false, trustProxy: false, methodNotAllowed: app },
      { metrics: { path: "/m", registry: new Registry(), buckets: [0.1, 1] } },
      { health: { path: "/h", checks: { a: () => true, b: { check: async () => {}, required: false } } } },
      { errors: { map: (error) => error instanceof Error ? new ConflictError("x") : undefined } },
      { trustProxy: ["10.0.0.0/8"] },
      { trustProxy: 1 },
      { logger: { debug() {}, info() {}, warn() {}, error() {}, critical() {} } },
    ];
    const refused = [
      // @ts-expect-error: an option nobody knows
      (): GlamOptions => ({ serviceName: "x" }),
      // @ts-expect-error: true is no option object
      (): GlamOptions => ({ metrics: true }),
      // @ts-expect-error: not everybody
      (): GlamOptions => ({ trustProxy: true }),
      // @ts-expect-error: a GlamError or undefined
      (): GlamOptions => ({ errors: { map: () => new Error("x") } }),
      // @ts-expect-error: `critical` is missing
      (): GlamOptions => ({ logger: console as Pick<Console, "debug" | "info" | "warn" | "error"> }),
      // @ts-expect-error: no such target
      () => validate("body", Item),
      // @ts-expect-error: total is required
      () => app.get("/", (c) => paginated(c, [], { page: 1, limit: 1 })),
      // @ts-expect-error: a Location is text
      () => app.get("/", (c) => created(c, 1, new URL("http://h"))),
    ];
    assert.equal(taken.length + refused.length, 19);
  });

  it("of the envelope say what goes over the wire", () => {
    expectType<Equal<Meta["request_id"] | Meta["correlation_id"] | Meta["timestamp"], string>>();
    expectType<Equal<ErrorDetail["code"] | ErrorDetail["message"], string>>();
    expectType<Equal<Pagination["has_next"], boolean>>();
    expectType<Equal<CursorPagination["previous_cursor"], string | undefined>>();
    expectType<Equal<Links["previous"], string | undefined>>();
    expectType<Equal<ApiResponse<7>["data"], 7 | undefined>>();
    expectType<Equal<SuccessEnvelope<7>["data"], 7>>();
    expectType<Equal<PageEnvelope<7>["data"], 7[]>>();
    assert.ok(new GlamError("x") instanceof Error);
  });
});
