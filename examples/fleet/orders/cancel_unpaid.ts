import { getContext, runWithContext } from "@glam/shared/context";
import { NotFoundError } from "@glam/shared/errors";
import { defineSchedule, type Schedule } from "@glam/shared/schedule";
import type { CreditsClient } from "./credits_client.ts";
import type { OrderStore } from "./store.ts";

/** So many orders at a time: the next tick takes the others. */
const LIMIT = 100;

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
  const owed = await sql<OwedOrder>`
    select id, merchant_id from orders where status = 'cancelled' and refunded_at is null
    order by pay_by limit ${LIMIT}`;
  const results = await Promise.allSettled(owed.map(async (order) => {
    await giveBack(credits, order, signal);
    await sql`update orders set refunded_at = now() where id = ${order.id}`;
  }));
  const failed = results.find(({ status }) => status === "rejected");
  if (failed !== undefined) throw (failed as PromiseRejectedResult).reason; // and the next run tries again
}

/** A cancelled order, whose credits are not back yet. */
interface OwedOrder {
  readonly id: string;
  readonly merchant_id: string;
}

async function giveBack(
  credits: CreditsClient,
  { id, merchant_id: merchantId }: OwedOrder,
  signal: AbortSignal,
): Promise<void> {
  const refund = { params: { id: merchantId }, body: { operation_id: id } };
  try {
    await runWithContext(
      { ...getContext(), merchantId }, // for whom the call is made
      () => credits.RefundCredits(refund, { idempotencyKey: `refund-${id}`, signal }),
    );
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error; // a merchant without an account had nothing to take
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
