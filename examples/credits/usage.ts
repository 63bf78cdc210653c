import { type Database, defineTable, Repository, type Table } from "@glam/shared/db";
import {
  createInbox,
  createListener,
  CreditDeducted,
  type Listener,
  type MessageBus,
} from "@glam/shared/messaging";
import type { Metrics } from "@glam/shared/metrics";
import * as z from "zod";

const Usage = defineTable("usage", {
  columns: z.object({
    merchant_uid: z.guid(),
    day: z.iso.date(),
    credits: z.int32(),
    deductions: z.int32(),
  }),
  primaryKey: ["merchant_uid", "day"],
});

/** The table of the summary. */
export const usageTables: readonly Table[] = [Usage];

/** What a merchant used on one day. */
export interface DailyUsage {
  readonly day: string;
  readonly credits: number;
  readonly deductions: number;
}

/** The days on which a merchant used credits, the latest first. */
export async function usageOf(db: Database, merchantUid: string): Promise<DailyUsage[]> {
  const rows = await new Repository(db, Usage).findAll(
    { merchant_uid: merchantUid },
    { orderBy: [{ column: "day", direction: "desc" }], limit: 31 },
  );
  return rows.map(({ day, credits, deductions }) => ({ day, credits, deductions }));
}

/** Keeps the summary from the events of deductions, whoever publishes them, each once: the inbox sees to that. */
export function createUsageListener(bus: MessageBus, db: Database, metrics?: Metrics): Listener {
  return createListener(bus, {
    service: "credits",
    queueGroup: "usage",
    events: [CreditDeducted],
    ackWaitMs: 5000, // so long after a crash others get what it had
    concurrency: 16,
    keyOf: ({ data }) => data.merchant_id, // two at once would wait for each other at the merchant's row
    inbox: createInbox(db),
    metrics,
    async handle({ event, data, tx }) {
      await tx`
        insert into usage (merchant_uid, day, credits, deductions)
        values (${data.merchant_id}, ${event.timestamp.slice(0, 10)}, ${data.credits_deducted}, 1)
        on conflict (merchant_uid, day) do update
        set credits = usage.credits + excluded.credits, deductions = usage.deductions + 1`;
    },
  });
}
