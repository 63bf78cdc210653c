// The application that fuzz_test.ts attacks: every kind of validated route, and handlers that give back what they got.
import {
  clientIp,
  created,
  cursorPage,
  cursorQuery,
  glamMiddleware,
  type LoggerLike,
  paginated,
  paginationQuery,
  success,
  validate,
} from "@glam/shared/api";
import { getContext, propagationHeaders } from "@glam/shared/context";
import { NotFoundError } from "@glam/shared/errors";
import { Hono } from "hono";
import * as z from "zod";

const Item = z.strictObject({
  name: z.string().min(1).max(100),
  price: z.number().min(0),
  count: z.coerce.number().int().optional(),
  tags: z.array(z.string().regex(/^[a-z]+$/)).max(5).optional(),
  size: z.union([z.literal("s"), z.object({ width: z.number(), height: z.number() })]).optional(),
  owner: z.object({ address: z.object({ city: z.string(), zip: z.string().length(5) }) }).partial()
    .optional(),
  attributes: z.record(z.string(), z.unknown()).optional(),
  event: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("a"), at: z.iso.datetime() }),
    z.object({ kind: z.literal("b"), id: z.uuid() }),
  ]).optional(),
});

interface Tree {
  name: string;
  children?: Tree[] | undefined;
}

const Tree: z.ZodType<Tree> = z.object({
  name: z.string(),
  get children() {
    return z.array(Tree).optional();
  },
});

const Form = z.object({
  title: z.string().max(50),
  count: z.coerce.number().int().optional(),
  file: z.union([z.string(), z.instanceof(File)]).optional(),
});

const Search = z.object({
  q: z.string().max(200).optional(),
  sort: z.enum(["asc", "desc"]).optional(),
  ids: z.union([z.string(), z.array(z.string())]).optional(),
  "filter[name]": z.string().optional(),
});

/** Lines that a log got. */
export interface CapturedLogger extends LoggerLike {
  readonly errors: readonly unknown[];
}

/** A logger that keeps what was logged as an error. */
export function captureErrors(): CapturedLogger {
  const errors: unknown[] = [];
  const ignore = () => {};
  const keep = (message: string, fields?: { readonly error?: unknown }) => {
    errors.push(`${message}: ${(fields?.error as Error | undefined)?.stack ?? JSON.stringify(fields)}`);
  };
  return { debug: ignore, info: ignore, warn: ignore, error: keep, critical: keep, errors };
}

/** The paths that have a route, for requests that should get further than the router. */
export const paths: readonly string[] = [
  "/items",
  "/tree",
  "/any",
  "/form",
  "/search",
  "/things/7",
  "/slugs/abc",
  "/guarded",
  "/pages",
  "/cursors",
  "/created",
  "/lookup/7",
  "/echo",
  "/files/a/b",
  "/optional/a",
  "/sub/x/deep",
  "/api/v1/health",
  "/health/live",
  "/health/ready",
];

/** Every validated route there is, behind a middleware with every option on. */
export function createHostileApp(logger: LoggerLike): Hono {
  const app = new Hono();
  app.use(glamMiddleware({
    service: "hostile",
    logger,
    methodNotAllowed: app,
    exposeTrace: true,
    timeoutMs: 600_000,
    trustProxy: ["10.0.0.0/8", "127.0.0.0/8"],
  }));
  app.post("/items", validate("json", Item), (c) => success(c, c.req.valid("json")));
  app.put("/items", validate("json", z.array(Item)), (c) => success(c, c.req.valid("json").length));
  app.post("/tree", validate("json", Tree), (c) => success(c, c.req.valid("json")));
  app.post("/any", validate("json", z.unknown()), (c) => success(c, c.req.valid("json")));
  app.post("/form", validate("form", Form), (c) => success(c, c.req.valid("form").title));
  app.get("/search", validate("query", Search), (c) => success(c, c.req.valid("query")));
  app.get(
    "/things/:id",
    validate("param", z.object({ id: z.coerce.number().int().positive() })),
    (c) => success(c, c.req.valid("param")),
  );
  app.get(
    "/slugs/:slug",
    validate("param", z.object({ slug: z.string().regex(/^[a-z-]{1,40}$/) })),
    (c) => success(c, c.req.valid("param")),
  );
  app.get(
    "/guarded",
    validate(
      "header",
      z.object({ "x-api-version": z.string().regex(/^\d+$/), "x-tenant": z.string().max(20) }),
    ),
    validate("cookie", z.object({ session: z.string().max(64).optional() })),
    (c) => success(c, [c.req.valid("header"), c.req.valid("cookie")]),
  );
  app.get("/pages", validate("query", paginationQuery()), (c) => {
    const { page, limit } = c.req.valid("query");
    return paginated(c, [], { page, limit, total: 12_345 });
  });
  app.get("/:shop{.+}/pages", (c) => paginated(c, [], { page: 2, limit: 10, total: 100 }));
  app.get("/cursors", validate("query", cursorQuery()), (c) => {
    const { limit, cursor } = c.req.valid("query");
    return cursorPage(c, [], { limit, next: cursor ?? "first", previous: cursor });
  });
  app.post("/created", async (c) => created(c, null, await c.req.text()));
  app.get("/lookup/:id", (c) => {
    const id = c.req.param("id");
    throw new NotFoundError(`Item ${id} not found`, { resource: "item", resourceId: id });
  });
  app.all("/echo", async (c) =>
    success(c, {
      method: c.req.method,
      path: c.req.path,
      query: c.req.query(),
      queries: c.req.queries(),
      headers: c.req.header(),
      ip: clientIp(c),
      body: await c.req.text(),
      context: { ...getContext(), signal: undefined },
      propagated: [...propagationHeaders({}, { trusted: true })],
    }));
  app.get("/files/*", (c) => success(c, c.req.path));
  app.get("/optional/:a/:b?", (c) => success(c, c.req.param()));
  const sub = new Hono();
  sub.get("/:name/deep", (c) => success(c, c.req.param("name")));
  app.route("/sub", sub);
  return app;
}
