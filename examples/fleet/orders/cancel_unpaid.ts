import { getContext, runWithContext } from "@glam/shared/context";
import { defineSchedule, type Schedule } from "@glam/shared/schedule";
import type { CreditsClient } from "./credits_client.ts";
import type { OrderStore } from "./store.ts";

/** So many orders at a time: the next tick takes the others. */
const LIMIT = 200;

/** Cancels what was not paid in time, and gives its credits back. */
export async function cancelUnpaid(
  orders: OrderStore,
  credits: CreditsClient,
  signal: AbortSignal,
): Promise<void> {
  const { sql } = orders.database;
  const unpaid = await sql<{ id: string }>`
    select id from orders where status in ('pending', 'placed') and pay_by < now() order by pay_by limit ${LIMIT}`;
  for (const { id } of unpaid) {
    signal.throwIfAborted();
    await orders.change(id, ["pending", "placed"], "cancelled");
  }
  // Those of earlier runs, too, that were killed or could not reach credits.
  const owed = await sql<{ id: string; merchant_id: string }>`
    select id, merchant_id from orders where status = 'cancelled' and refunded_at is null
    order by pay_by limit ${LIMIT}`;
  for (const { id, merchant_id: merchantId } of owed) {
    await runWithContext({ ...getContext(), merchantId }, () =>
      credits.RefundCredits(
        { params: { id: merchantId }, body: { operation_id: id } },
        { idempotencyKey: `refund-${id}`, signal },
      ));
    await sql`update orders set refunded_at = now() where id = ${id}`;
  }
}

/** Does so again and again, in one process at a time. */
export function cancelUnpaidOrders(
  orders: OrderStore,
  credits: CreditsClient,
  everyMs: number,
): Schedule {
  return defineSchedule("cancel-unpaid-orders", {
    everyMs,
    leaseMs: 5000, // so long after a crash another process goes on
    run: (_, { signal }) => cancelUnpaid(orders, credits, signal),
  });
}
