import { ConflictError, NotFoundError } from "@glam/shared/errors";
import { InsufficientCreditError } from "../../credits/errors.ts";
import type { CreditsClient } from "./credits_client.ts";
import type { Order, OrderStore } from "./store.ts";

/** What a merchant asks for. */
export interface OrderRequest {
  readonly merchantId: string;
  /** Names the request; the same one again is the same order. */
  readonly key: string;
  readonly credits: number;
  readonly payWithinSeconds: number;
}

/**
 * Places an order: writes it down, takes its credits, and tells of it. A process may die after each step. Whoever asks again
 * goes on where it was; of what nobody asks for again, `cancelUnpaid` gives the credits back.
 */
export async function placeOrder(
  orders: OrderStore,
  credits: CreditsClient,
  { merchantId, key, credits: amount, payWithinSeconds }: OrderRequest,
  signal: AbortSignal,
): Promise<Order> {
  const order = await orders.open(merchantId, key, amount, payWithinSeconds);
  const { id, status } = order;
  if (status !== "pending") return order;
  try {
    await credits.DeductCredits(
      { params: { id: merchantId }, body: { amount: order.credits, operation_id: id, reason: "order" } },
      { idempotencyKey: id, signal },
    );
  } catch (error) {
    // Only then it is known that nothing was taken. What else fails may have been done all the same.
    if (error instanceof InsufficientCreditError || error instanceof NotFoundError) await orders.discard(id);
    throw error;
  }
  const placed = await orders.change(id, ["pending"], "placed") ?? await orders.get(merchantId, id);
  if (placed.status !== "cancelled") return placed;
  throw new ConflictError(`Order ${id} was cancelled before it was placed`);
}
