import {
  type AuthenticationGuard,
  glamMiddleware,
  type GlamOptions,
  type GlamVariables,
  type Guards,
  idempotency,
  implement,
  rateLimit,
  type RateLimitPolicy,
} from "@glam/shared/api";
import { CreditDeducted } from "@glam/shared/messaging";
import { type Context, Hono } from "hono";
import { ownAccount } from "./auth.ts";
import {
  CreateMerchant,
  DeductCredits,
  GetMerchant,
  GetUsage,
  ListLedger,
  RefundCredits,
} from "./endpoints.ts";
import type { CreditStore } from "./store.ts";

/** Lends a store for the time of a request: the one of the process, or one that is opened for it. */
export type UseStore = (work: (store: CreditStore) => Promise<void>) => Promise<void>;

interface Env {
  Variables: GlamVariables & { store: CreditStore };
}

/** What the service cannot do without: who proves who calls. */
export interface AppOptions extends GlamOptions {
  readonly guards: Guards & { readonly authenticate: AuthenticationGuard };
}

/** Only contracts that name one are limited. Each replica counts for itself, which is enough to keep a loop off the ledger. */
const policies: readonly RateLimitPolicy[] = [
  { name: "ledger", limit: 60, windowSeconds: 60, everywhere: false },
];

/** The credits service. */
export function createApp(useStore: UseStore, options: AppOptions): Hono<Env> {
  const app = new Hono<Env>();
  const docs = { title: "Credits", version: "1.0.0", events: [CreditDeducted], ...options.docs };
  // The transaction of a request with a key is one of the store that the request has.
  const database = (c: { get(name: never): unknown }) => (c.get("store" as never) as CreditStore).database;
  const guards = {
    rateLimit: rateLimit({ policies }),
    idempotency: idempotency({ database }),
    ...options.guards,
  };
  app.use(glamMiddleware({ service: "credits", app, ...options, docs, guards }));
  const withStore = (c: Context<Env>, next: () => Promise<void>) =>
    useStore((store) => {
      c.set("store", store);
      return next();
    });

  implement(app, CreateMerchant, withStore, async ({ body: { credits, ...merchant }, c }) => {
    return await c.var.store.create(merchant, credits);
  });
  implement(app, GetMerchant, ownAccount, withStore, ({ params, c }) => c.var.store.get(params.id));
  implement(
    app,
    DeductCredits,
    ownAccount,
    withStore,
    ({ params, body, c }) => c.var.store.deduct(params.id, body),
  );
  implement(
    app,
    RefundCredits,
    ownAccount,
    withStore,
    ({ params, body, c }) => c.var.store.refund(params.id, body.operation_id),
  );
  implement(
    app,
    ListLedger,
    ownAccount,
    withStore,
    ({ params, query, c }) => c.var.store.ledger(params.id, query),
  );
  implement(app, GetUsage, ownAccount, withStore, ({ params, c }) => c.var.store.usage(params.id));
  return app;
}
