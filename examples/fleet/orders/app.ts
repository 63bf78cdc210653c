import { glamMiddleware, type GlamOptions, type GlamVariables, implement } from "@glam/shared/api";
import { getContext } from "@glam/shared/context";
import { ForbiddenError } from "@glam/shared/errors";
import { Hono } from "hono";
import type { CreditsClient } from "./credits_client.ts";
import { GetHistory, GetOrder, ListOrders, PayOrder, PlaceOrder } from "./endpoints.ts";
import { OrderChanged } from "./events.ts";
import { historyOf } from "./history.ts";
import { placeOrder } from "./place_order.ts";
import type { OrderStore } from "./store.ts";

/** What the application is made of. */
export interface AppParts {
  readonly orders: OrderStore;
  readonly credits: CreditsClient;
  readonly payWithinSeconds: number;
}

/** The HTTP side of the orders service. */
export function createApp(
  { orders, credits, payWithinSeconds }: AppParts,
  options: GlamOptions,
): Hono<{ Variables: GlamVariables }> {
  const app = new Hono<{ Variables: GlamVariables }>();
  const docs = { title: "Orders", version: "1.0.0", events: [OrderChanged], ...options.docs };
  app.use(glamMiddleware({ service: "orders", app, ...options, docs }));

  implement(app, PlaceOrder, async ({ body, c, signal }) => {
    const key = c.req.header("Idempotency-Key")!; // the contract requires it
    return await placeOrder(
      orders,
      credits,
      { merchantId: merchant(), key, credits: body.credits, payWithinSeconds },
      signal,
    );
  });
  implement(app, GetOrder, ({ params }) => orders.get(merchant(), params.id));
  implement(app, PayOrder, ({ params }) => orders.pay(merchant(), params.id));
  implement(app, ListOrders, ({ query }) => orders.list(merchant(), query));
  implement(app, GetHistory, ({ params }) => historyOf(orders.database, merchant(), params.id));
  return app;
}

/** The merchant whose token came with the request: it sees its own orders alone. */
function merchant(): string {
  const merchantId = getContext()?.merchantId;
  if (merchantId === undefined) throw new ForbiddenError("Orders are a merchant's: its token names none");
  return merchantId;
}
