import {
  glamMiddleware,
  type GlamOptions,
  type Idempotency,
  idempotency,
  type IdempotencyOptions,
  implement,
} from "@glam/shared/api";
import { setContext } from "@glam/shared/context";
import { defineEndpoint, type Endpoint } from "@glam/shared/contract";
import { Hono } from "hono";
import * as z from "zod";
import { type Answer, post, recordingLogger, send } from "../_support.ts";

export type { Answer } from "../_support.ts";

/** What the tests place orders by. */
export const PlaceOrder: Endpoint<"POST /orders/:shop", {
  params: { shop: string };
  query: { note?: string | undefined };
  body: { sku: string; amount?: number | undefined };
  data: Ordered;
}> = defineEndpoint("POST /orders/:shop", {
  params: z.object({ shop: z.string() }),
  query: z.object({ note: z.string().optional() }),
  body: z.object({ sku: z.string(), amount: z.int().optional() }),
  data: z.object({ n: z.int(), sku: z.string() }),
  location: ({ n }) => `/orders/${n}`,
  idempotent: "key",
});

/** What a handler of {@link PlaceOrder} gets. */
export interface OrderRequest {
  readonly body: { readonly sku: string };
  readonly c: { readonly req: { readonly raw: Request } };
  readonly signal: AbortSignal;
}

/** Makes the answer to an order. */
export type OrderHandler = (request: OrderRequest) => Promise<Ordered> | Ordered;

/** The answer to an order. */
export interface Ordered {
  n: number;
  sku: string;
}

/** An application whose callers name their merchant in a header, as if it were a credential. */
export interface KeyedApp {
  readonly app: Hono;
  readonly guard: Idempotency;
  readonly entries: ReturnType<typeof recordingLogger>["entries"];
  /** Sends an order. */
  order(
    key: string | undefined,
    body?: unknown,
    headers?: Record<string, string>,
    path?: string,
  ): Promise<Answer>;
  /** How many requests ended so. */
  outcomes(): Promise<Record<string, number>>;
}

/** The scope of the tests: the merchant that a header names. */
export const merchantScope: IdempotencyOptions["scope"] = (c) => c.req.raw.headers.get("merchant") ?? "m1";

/** An application with {@link PlaceOrder}. */
export function keyedApp(
  options: IdempotencyOptions,
  handle: OrderHandler,
  { endpoint = PlaceOrder, ...more }: Partial<GlamOptions> & { readonly endpoint?: typeof PlaceOrder } = {},
): KeyedApp {
  const { logger, entries } = recordingLogger();
  const guard = idempotency({ scope: merchantScope, ...options });
  const app = new Hono();
  app.use(glamMiddleware({ service: "orders", logger, app, guards: { idempotency: guard }, ...more }));
  app.use(async (c, next) => {
    const merchantId = c.req.header("merchant");
    if (merchantId !== undefined) setContext({ merchantId });
    await next();
  });
  implement(app, endpoint, (request) => handle(request as OrderRequest) as never);
  return {
    app,
    guard,
    entries,
    order: (key, body = { sku: "lipstick" }, headers = {}, path = "/orders/s1") =>
      send(app, path, post(body, { ...key !== undefined && { "Idempotency-Key": key }, ...headers })),
    async outcomes() {
      const { text } = await send(app, "/metrics");
      const found = text.matchAll(/^idempotency_requests_total\{service="orders",outcome="(.*)"\} (\d+)$/gm);
      return Object.fromEntries(Array.from(found, ([, outcome, count]) => [outcome, Number(count)]));
    },
  };
}
