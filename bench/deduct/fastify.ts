/**
 * The same route on Fastify 5 with Drizzle and an outbox by hand, and the usual parts of a service there: ids, pino,
 * prom-client.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import { Writable } from "node:stream";
import { eq } from "drizzle-orm";
import { customType, integer, jsonb, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/postgres-js";
import Fastify from "fastify";
import postgres from "postgres";
import { Counter, Histogram, Registry } from "prom-client";
import { eventOf } from "./by_hand.ts";

const now = () => new Date();
const identity = customType<{ data: number }>({ dataType: () => "integer generated always as identity" });
const merchants = pgTable("merchants", {
  id: text().primaryKey(),
  balance: integer().notNull(),
  uid: uuid().notNull(),
  updated_at: timestamp({ withTimezone: true }).notNull().$onUpdate(now),
});
const ledger = pgTable("ledger", {
  id: identity().primaryKey().generatedAlwaysAs(0),
  merchant_id: text().notNull(),
  operation_id: uuid().notNull(),
  amount: integer().notNull(),
  balance_after: integer().notNull(),
  reason: text().notNull(),
  created_at: timestamp({ withTimezone: true }).notNull().defaultNow(),
});
const outbox = pgTable("glam_outbox", {
  event_id: text().notNull(),
  subject: text().notNull(),
  message_id: text().notNull(),
  key: text(),
  headers: jsonb().notNull(),
  body: text().notNull(),
});

const SCHEMA = {
  params: { type: "object", required: ["id"], properties: { id: { type: "string", maxLength: 40 } } },
  body: {
    type: "object",
    required: ["amount"],
    properties: {
      amount: { type: "integer", minimum: 1 },
      reason: { type: "string", minLength: 1, maxLength: 200, default: "usage" },
      operation_id: { type: "string", format: "uuid" },
    },
  },
} as const;

interface Route {
  Params: { id: string };
  Body: { amount: number; reason: string; operation_id?: string };
}

/** Serves on a free port, and gives it. */
export async function listen(url: string): Promise<number> {
  const db = drizzle(postgres(url, { max: 16, onnotice: () => {} }));
  const registers = [new Registry()];
  const labelNames = ["method", "endpoint", "status"];
  const total = new Counter({ name: "http_requests_total", help: "Requests", labelNames, registers });
  const duration = new Histogram({ name: "http_seconds", help: "Duration", labelNames, registers });
  const stream = new Writable({ write: (_chunk, _encoding, done) => done() });
  const app = Fastify({ logger: { stream }, genReqId: () => `req_${randomBytes(6).toString("hex")}` });
  app.addHook("onRequest", (request, reply, done) => {
    reply.header("X-Request-ID", request.id);
    done();
  });
  app.addHook("onResponse", (request, reply, done) => {
    const endpoint = request.routeOptions.url ?? "unmatched";
    const labels = { method: request.method, endpoint, status: reply.statusCode };
    total.inc(labels);
    duration.observe(labels, reply.elapsedTime / 1000);
    done();
  });
  app.post<Route>("/api/v1/merchants/:id/credits/deduct", { schema: SCHEMA }, async (request, reply) => {
    const { id } = request.params;
    const { amount, reason, operation_id = crypto.randomUUID() } = request.body;
    const entry = await db.transaction(async (tx) => {
      const [merchant] = await tx.select().from(merchants).where(eq(merchants.id, id)).for("update");
      if (merchant === undefined) return undefined;
      const [done] = await tx.select().from(ledger).where(eq(ledger.operation_id, operation_id)).limit(1);
      if (done !== undefined) return done;
      const balance = merchant.balance - amount;
      if (balance < 0) throw new Error("Insufficient credit");
      await tx.update(merchants).set({ balance }).where(eq(merchants.id, id));
      const row = { merchant_id: id, operation_id, amount: -amount, balance_after: balance, reason };
      const [entry] = await tx.insert(ledger).values(row).returning();
      const event = eventOf(merchant.uid, operation_id, amount, merchant.balance, reason);
      await tx.insert(outbox).values({
        event_id: event.event_id,
        subject: event.event_type,
        message_id: operation_id,
        key: merchant.uid,
        headers: {},
        body: JSON.stringify(event),
      });
      return entry;
    });
    if (entry === undefined) return reply.code(404).send({ error: "Not found" });
    reply.code(201);
    return { data: entry, meta: { request_id: request.id, timestamp: new Date().toISOString() } };
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  return (app.server.address() as AddressInfo).port;
}
