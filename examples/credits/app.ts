import { glamMiddleware, type GlamOptions, implement } from "@glam/shared/api";
import { CreditDeducted } from "@glam/shared/messaging";
import { Hono } from "hono";
import { CreateMerchant, DeductCredits, GetMerchant, GetUsage, ListLedger } from "./endpoints.ts";
import type { CreditStore } from "./store.ts";

/** Lends a store for the time of a request: the one of the process, or one that is opened for it. */
export type UseStore = (work: (store: CreditStore) => Promise<void>) => Promise<void>;

interface Env {
  Variables: { store: CreditStore };
}

/** The credits service. */
export function createApp(useStore: UseStore, options: GlamOptions = {}): Hono<Env> {
  const app = new Hono<Env>();
  const docs = { title: "Credits", version: "1.0.0", events: [CreditDeducted], ...options.docs };
  app.use(glamMiddleware({ service: "credits", app, ...options, docs }));
  app.use("/api/v1/merchants/*", (c, next) =>
    useStore((store) => {
      c.set("store", store);
      return next();
    }));

  implement(app, CreateMerchant, async ({ body: { credits, ...merchant }, c }) => {
    return await c.var.store.create(merchant, credits);
  });
  implement(app, GetMerchant, ({ params, c }) => c.var.store.get(params.id));
  implement(app, DeductCredits, ({ params, body, c }) => c.var.store.deduct(params.id, body));
  implement(app, ListLedger, ({ params, query, c }) => c.var.store.ledger(params.id, query));
  implement(app, GetUsage, ({ params, c }) => c.var.store.usage(params.id));
  return app;
}
