import {
  created,
  glamMiddleware,
  type GlamOptions,
  paginated,
  paginationQuery,
  success,
  validate,
} from "@glam/shared/api";
import { Hono } from "hono";
import * as z from "zod";
import type { CreditStore } from "./store.ts";

const newMerchant = z.object({
  id: z.string().regex(/^[a-z0-9_-]{1,40}$/),
  domain: z.hostname(),
  credits: z.number().int().min(0).max(1_000_000).default(0),
});
const deduction = z.object({
  operation_id: z.guid().default(() => crypto.randomUUID()), // to ask again without deducting again
  amount: z.number().int().positive().max(1_000_000),
  reason: z.string().trim().min(1).max(200).default("usage"),
});

/** Lends a store for the time of a request: the one of the process, or one that is opened for it. */
export type UseStore = (work: (store: CreditStore) => Promise<void>) => Promise<void>;

interface Env {
  Variables: { store: CreditStore };
}

/** The credits service. */
export function createApp(useStore: UseStore, options: GlamOptions = {}): Hono<Env> {
  const app = new Hono<Env>();
  app.use(glamMiddleware({ service: "credits", methodNotAllowed: app, ...options }));
  app.use("/api/v1/merchants/*", (c, next) =>
    useStore((store) => {
      c.set("store", store);
      return next();
    }));

  app.post("/api/v1/merchants", validate("json", newMerchant), async (c) => {
    const { credits, ...merchant } = c.req.valid("json");
    const row = await c.var.store.create(merchant, credits);
    return created(c, row, `/api/v1/merchants/${row.id}`);
  });
  app.get("/api/v1/merchants/:id", async (c) => {
    return success(c, await c.var.store.get(c.req.param("id")));
  });
  app.post("/api/v1/merchants/:id/credits/deduct", validate("json", deduction), async (c) => {
    return created(c, await c.var.store.deduct(c.req.param("id"), c.req.valid("json")));
  });
  app.get("/api/v1/merchants/:id/ledger", validate("query", paginationQuery()), async (c) => {
    const { page, limit, offset } = c.req.valid("query");
    const { items, total } = await c.var.store.ledger(c.req.param("id"), { offset, limit });
    return paginated(c, items, { page, limit, total });
  });
  app.get("/api/v1/merchants/:id/usage", async (c) => {
    return success(c, await c.var.store.usage(c.req.param("id")));
  });
  return app;
}
