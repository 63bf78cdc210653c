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
import { CreditStore } from "./store.ts";

const merchantId = z.string().regex(/^[a-z0-9_-]{1,40}$/);
const newMerchant = z.object({
  id: merchantId,
  domain: z.hostname(),
  credits: z.number().int().min(0).max(1_000_000).default(0),
});
const deduction = z.object({
  amount: z.number().int().positive(),
  reason: z.string().trim().min(1).max(200).default("usage"),
});

/** The credits service: `store` holds its merchants. */
export function createApp(store: CreditStore = demoStore(), options: GlamOptions = {}): Hono {
  const app = new Hono();
  app.use(glamMiddleware({ service: "credits", methodNotAllowed: app, ...options }));

  app.post("/api/v1/merchants", validate("json", newMerchant), (c) => {
    const { credits, ...merchant } = c.req.valid("json");
    return created(c, store.create(merchant, credits), `/api/v1/merchants/${merchant.id}`);
  });
  app.get("/api/v1/merchants/:id", (c) => success(c, store.get(c.req.param("id"))));
  app.post("/api/v1/merchants/:id/credits/deduct", validate("json", deduction), (c) => {
    const { amount, reason } = c.req.valid("json");
    return created(c, store.deduct(c.req.param("id"), amount, reason));
  });
  app.get("/api/v1/merchants/:id/ledger", validate("query", paginationQuery()), (c) => {
    const { page, limit, offset } = c.req.valid("query");
    const { items, total } = store.ledger(c.req.param("id"), { offset, limit });
    return paginated(c, items, { page, limit, total });
  });
  return app;
}

function demoStore(): CreditStore {
  const store = new CreditStore();
  store.create({ id: "demo", domain: "demo.example.com" }, 100);
  return store;
}
