/**
 * Two applications with the same two routes: one object by its id, and a list of 50 rows with a date each.
 *
 * @module
 */
import {
  glamMiddleware,
  type GlamOptions,
  implement,
  paginated,
  paginationQuery,
  rateLimit,
  success,
  validate,
} from "@glam/shared/api";
import { defineEndpoint, isoDate } from "@glam/shared/contract";
import { Hono } from "hono";
import * as z from "zod";
import type { App } from "../http/apps.ts";
import { rows } from "./rows.ts";

const Params = z.object({ id: z.string().min(1).max(40) });
const Item = z.object({ id: z.string(), name: z.string(), price: z.number(), tags: z.array(z.string()) });
const Row = z.object({
  id: z.int(),
  operation_id: z.guid(),
  merchant_id: z.string(),
  amount: z.int(),
  balance_after: z.int(),
  reason: z.string(),
  created_at: isoDate(),
});

const itemOf = (id: string) => ({ id, name: "Lipstick", price: 12.5, tags: ["red", "matte"] });

/** By `validate`, `success` and `paginated`: nothing looks at the answers. */
export function createByHelpers(): App {
  const app = create();
  app.get("/items/:id", validate("param", Params), (c) => success(c, itemOf(c.req.valid("param").id)));
  app.get("/rows", validate("query", paginationQuery()), (c) => {
    const { page, limit } = c.req.valid("query");
    return paginated(c, rows, { page, limit, total: 1000 });
  });
  return app;
}

/** By contracts: every answer goes through its schema. */
export function createByContracts(options: GlamOptions = {}): App {
  const app = create(options);
  implement(
    app,
    defineEndpoint("GET /items/:id", { params: Params, data: Item }),
    ({ params }) => itemOf(params.id),
  );
  implement(app, defineEndpoint("GET /rows", { list: Row }), () => ({ items: rows, total: 1000 }));
  return app;
}

/** The same under a policy that nobody uses up, for callers that are known already, or by their address. */
export function createLimited(by: "address" | "caller"): App {
  const limits = rateLimit({
    policies: [{ name: "hourly", limit: 1_000_000_000, windowSeconds: 3600, by }],
    key: () => "acme",
  });
  return createByContracts({ guards: { rateLimit: limits } });
}

/** So many endpoints with a body, an answer and two errors. */
export function createLarge(endpoints: number): Hono {
  const app = create();
  for (let i = 0; i < endpoints; i++) {
    const endpoint = defineEndpoint(`POST /api/v1/things_${i}/:id`, {
      body: z.object({ amount: z.int().positive(), operation_id: z.guid(), note: z.string().optional() }),
      data: z.object({ id: z.uuid(), balance: z.int(), created_at: isoDate(), tags: z.array(z.string()) }),
      summary: "Does a thing",
      tags: [`things ${i % 10}`],
    });
    implement(app, endpoint, () => ({ id: "", balance: 0, created_at: new Date(), tags: [] }));
  }
  return app;
}

function create(options: GlamOptions = {}): Hono {
  const app = new Hono();
  app.use(glamMiddleware({ service: "bench", accessLog: false, ...options }));
  return app;
}
