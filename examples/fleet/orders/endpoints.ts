import { defineEndpoint, type Endpoint, isoDate } from "@glam/shared/contract";
import { ConflictError, type GlamError, NotFoundError } from "@glam/shared/errors";
import * as z from "zod";
import { InsufficientCreditError } from "../../credits/errors.ts";
import type { HistoryEntry } from "./history.ts";
import type { Order } from "./store.ts";

const order = z.object({
  id: z.guid(),
  merchant_id: z.string(),
  credits: z.int().positive(),
  status: z.enum(["pending", "placed", "paid", "cancelled"]),
  pay_by: isoDate(),
  created_at: isoDate(),
}).meta({ id: "Order", description: "An order, and the credits that it has taken" });

/** What a merchant orders. */
export interface NewOrder {
  readonly credits: number;
}

/** Places an order. */
export const PlaceOrder: Endpoint<"POST /api/v1/orders", {
  body: NewOrder;
  data: Order;
  errors: GlamError;
}> = defineEndpoint("POST /api/v1/orders", {
  body: z.object({ credits: z.int().positive().max(1_000_000) }),
  data: order,
  status: 201,
  location: ({ id }) => `/api/v1/orders/${id}`,
  errors: [InsufficientCreditError, NotFoundError, ConflictError],
  // It calls another service, which no transaction of ours can take back.
  idempotent: { key: "required", mode: "lock", leaseMs: 5000 },
  timeoutMs: 4000,
  scopes: ["orders:write"],
  summary: "Place an order",
  description: "Its credits are taken at once, and given back if it is not paid in time.",
  tags: ["orders"],
  examples: [{ summary: "An order of thirty credits", body: { credits: 30 } }],
});

/** An order. */
export const GetOrder: Endpoint<"GET /api/v1/orders/:id", {
  params: { id: string };
  data: Order;
  errors: NotFoundError;
}> = defineEndpoint("GET /api/v1/orders/:id", {
  params: z.object({ id: z.guid() }),
  data: order,
  errors: [NotFoundError],
  scopes: ["orders:read"],
  summary: "One order",
  tags: ["orders"],
});

/** Pays an order. */
export const PayOrder: Endpoint<"POST /api/v1/orders/:id/pay", {
  params: { id: string };
  data: Order;
  errors: GlamError;
}> = defineEndpoint("POST /api/v1/orders/:id/pay", {
  params: z.object({ id: z.guid() }),
  data: order,
  errors: [NotFoundError, ConflictError],
  idempotent: "key",
  scopes: ["orders:write"],
  summary: "Pay an order",
  tags: ["orders"],
});

/** The orders of a merchant, the newest first. */
export const ListOrders: Endpoint<"GET /api/v1/orders", { cursorList: Order }> = defineEndpoint(
  "GET /api/v1/orders",
  {
    cursorList: order,
    scopes: ["orders:read"],
    summary: "The orders of a merchant, the newest first",
    tags: ["orders"],
  },
);

/** What has happened to an order. */
export const GetHistory: Endpoint<"GET /api/v1/orders/:id/history", {
  params: { id: string };
  data: HistoryEntry[];
}> = defineEndpoint("GET /api/v1/orders/:id/history", {
  params: z.object({ id: z.guid() }),
  data: z.array(z.object({ status: z.enum(["placed", "paid", "cancelled"]), at: isoDate() })),
  scopes: ["orders:read"],
  summary: "What has happened to an order, in its order",
  description: "Kept from the events, so it follows a change within a moment.",
  tags: ["orders"],
});
