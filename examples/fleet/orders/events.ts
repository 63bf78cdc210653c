import { defineEvent, type EventContract } from "@glam/shared/messaging";
import * as z from "zod";

/** The states of an order that others hear of. */
export type KnownStatus = "cancelled" | "paid" | "placed";

/** What others hear of an order. */
export interface OrderChangedPayload {
  readonly order_id: string;
  readonly merchant_id: string;
  readonly status: KnownStatus;
  readonly credits: number;
}

/**
 * An order was placed, paid or cancelled: one event for all states, whose partitions keep the events of an order in their
 * order, whichever replicas handle them.
 */
export const OrderChanged: EventContract<
  OrderChangedPayload,
  OrderChangedPayload,
  "evt.order.changed.v1"
> = defineEvent(
  "evt.order.changed.v1",
  z.looseObject({
    order_id: z.guid(),
    merchant_id: z.string(),
    status: z.enum(["placed", "paid", "cancelled"]),
    credits: z.int().positive(),
  }),
  {
    title: "An order was placed, paid or cancelled",
    partitions: 16,
    keyOf: ({ order_id }) => order_id,
  },
);
