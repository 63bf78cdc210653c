/**
 * The same route by hand: Hono, Zod and postgres.js, with the very statements of the example, and no ids, context, metrics,
 * log or documentation.
 *
 * @module
 */
import { Hono } from "hono";
import postgres from "postgres";
import * as z from "zod";

const Body = z.object({
  amount: z.int().positive(),
  reason: z.string().min(1).max(200).default("usage"),
  operation_id: z.guid().default(() => crypto.randomUUID()),
});

/** The application, on a pool of its own. */
export function createByHand(url: string): Hono {
  const sql = postgres(url, { max: 16, onnotice: () => {} });
  const app = new Hono();
  app.post("/api/v1/merchants/:id/credits/deduct", async (c) => {
    const parsed = Body.safeParse(await c.req.json());
    if (!parsed.success) return c.json({ error: parsed.error.issues }, 422);
    const { amount, reason, operation_id } = parsed.data;
    const id = c.req.param("id");
    const entry = await sql.begin(async (tx) => {
      const [merchant] = await tx`select balance, uid from merchants where id = ${id} for update`;
      if (merchant === undefined) return undefined;
      const [done] = await tx`
        select id, merchant_id, operation_id, amount, balance_after, reason, created_at::text as created_at,
          updated_at::text as updated_at
        from ledger as stored where operation_id = ${operation_id} order by stored.id limit 1`;
      if (done !== undefined) return done;
      const balance = merchant["balance"] - amount;
      if (balance < 0) throw new Error("Insufficient credit");
      await tx`
        update merchants set balance = ${balance},
          updated_at = greatest(clock_timestamp(), updated_at + interval '1 microsecond')
        where id = ${id}
        returning id, domain, balance, uid, created_at::text as created_at, updated_at::text as updated_at`;
      const [entry] = await tx`
        insert into ledger (merchant_id, operation_id, amount, balance_after, reason)
        values (${id}, ${operation_id}, ${-amount}, ${balance}, ${reason})
        returning id, merchant_id, operation_id, amount, balance_after, reason, created_at::text as created_at,
          updated_at::text as updated_at`;
      const event = eventOf(merchant["uid"], operation_id, amount, merchant["balance"], reason);
      await tx`
        insert into glam_outbox
          (event_id, subject, message_id, key, headers, body, available_at, next_attempt_at)
        select ${event.event_id}::text, ${event.event_type}::text, ${operation_id}::text, ${
        merchant["uid"]
      }::text,
          '{}'::jsonb, ${JSON.stringify(event)}::text, due.at, due.at
        from (
          select pg_advisory_xact_lock(('glam_outbox'::regclass::oid::bigint << 32) | ${
        lockOf(merchant["uid"])
      }::bigint),
            pg_notify('glam_outbox_' || 'glam_outbox'::regclass::oid, ''), clock_timestamp() as at offset 0
        ) due`;
      return entry;
    });
    if (entry === undefined) return c.json({ error: "Not found" }, 404);
    return c.json({ data: entry, meta: { timestamp: new Date().toISOString() } }, 201);
  });
  return app;
}

/** An event as it stands in the outbox. */
export interface OutboxEvent {
  readonly event_id: string;
  readonly event_type: string;
  readonly timestamp: string;
  readonly source_service: string;
  readonly data: Readonly<Record<string, string | number>>;
}

/** The event of a deduction. */
export function eventOf(
  merchant_id: string,
  operation_id: string,
  amount: number,
  balance: number,
  operation_type: string,
): OutboxEvent {
  return {
    event_id: crypto.randomUUID(),
    event_type: "evt.credits.deducted.v1",
    timestamp: new Date().toISOString(),
    source_service: "credits",
    data: {
      merchant_id,
      credits_deducted: amount,
      previous_balance: balance,
      new_balance: balance - amount,
      operation_type,
      operation_id,
    },
  };
}

/** A number for a key, whose events are taken in their order. */
function lockOf(key: string): number {
  let hash = 0;
  for (let i = 0; i < key.length; i++) hash = (Math.imul(hash, 31) + key.charCodeAt(i)) >>> 0;
  return hash;
}
