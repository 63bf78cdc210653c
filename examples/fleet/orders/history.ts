import { type Database, defineTable, Repository, type Table } from "@glam/shared/db";
import { createInbox, createListener, type Listener, type MessageBus } from "@glam/shared/messaging";
import type { Metrics } from "@glam/shared/metrics";
import * as z from "zod";
import { type KnownStatus, OrderChanged } from "./events.ts";

const History = defineTable("order_history", {
  columns: z.object({
    id: z.int32(),
    order_id: z.guid(),
    merchant_id: z.string(),
    status: z.enum(["placed", "paid", "cancelled"]),
    at: z.date(),
  }),
  columnTypes: { id: "integer generated always as identity" },
  indexes: [["order_id", "id"]],
});

/** The table of the read model. */
export const historyTables: readonly Table[] = [History];

/** A change of an order. */
export interface HistoryEntry {
  readonly status: KnownStatus;
  readonly at: Date;
}

/** What has happened to an order of a merchant, in its order. */
export async function historyOf(db: Database, merchantId: string, orderId: string): Promise<HistoryEntry[]> {
  const rows = await new Repository(db, History).findAll(
    { order_id: orderId, merchant_id: merchantId },
    { orderBy: [{ column: "id" }] },
  );
  return rows.map(({ status, at }) => ({ status, at }));
}

/** Keeps the history from the events, each once and in the order of its order. */
export function createHistoryListener(bus: MessageBus, db: Database, metrics?: Metrics): Listener {
  return createListener(bus, {
    service: "orders",
    queueGroup: "history",
    events: [OrderChanged],
    ackWaitMs: 5000, // so long after a crash others get what it had
    inbox: createInbox(db, { fence: true }), // a run that hung writes nothing behind a later one
    metrics,
    async handle({ event, data, tx }) {
      await tx`
        insert into order_history (order_id, merchant_id, status, at)
        values (${data.order_id}, ${data.merchant_id}, ${data.status}, ${event.timestamp})`;
    },
  });
}
