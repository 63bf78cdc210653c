import { type Database, defineTable, Repository, type Table, timestamps } from "@glam/shared/db";
import { ConflictError, NotFoundError } from "@glam/shared/errors";
import type { Outbox } from "@glam/shared/messaging";
import * as z from "zod";
import { type KnownStatus, OrderChanged } from "./events.ts";

/** The state of an order: `pending` until its credits are taken. */
export type OrderStatus = KnownStatus | "pending";

const Orders = defineTable("orders", {
  columns: z.object({
    id: z.guid(),
    merchant_id: z.string(),
    request_key: z.string(), // whoever asks again with the same one gets the same order
    credits: z.int32().positive(),
    status: z.enum(["pending", "placed", "paid", "cancelled"]),
    pay_by: z.date(),
    refunded_at: z.date().nullable(), // of a cancelled order: when credits had given back what it took
  }),
  defaults: { id: "gen_random_uuid()" },
  unique: [["merchant_id", "request_key"]],
  indexes: [["merchant_id", "created_at", "id"], ["status", "pay_by"]],
  ...timestamps,
});

/** The table of orders. */
export const orderTables: readonly Table[] = [Orders];

/** An order. */
export interface Order {
  readonly id: string;
  readonly merchant_id: string;
  readonly credits: number;
  readonly status: OrderStatus;
  readonly pay_by: Date;
  readonly created_at: Date;
}

/** The orders of all merchants. */
export class OrderStore {
  /** Where they are. */
  readonly database: Database;
  readonly #outbox: Outbox;
  readonly #orders: Repository<typeof Orders>;

  constructor(database: Database, outbox: Outbox) {
    this.database = database;
    this.#outbox = outbox;
    this.#orders = new Repository(database, Orders);
  }

  /** Writes down what a merchant asks for, or finds what it asked for with the same key. */
  async open(
    merchantId: string,
    key: string,
    credits: number,
    payWithinSeconds: number,
  ): Promise<Order> {
    const { sql } = this.database;
    await sql`
      insert into orders (merchant_id, request_key, credits, status, pay_by)
      values (${merchantId}, ${key}, ${credits}, 'pending', now() + make_interval(secs => ${payWithinSeconds}))
      on conflict (merchant_id, request_key) do nothing`;
    const [order] = await this.#orders.findAll({ merchant_id: merchantId, request_key: key }, { limit: 1 });
    return order!;
  }

  /** Forgets an order that was never placed. */
  async discard(id: string): Promise<void> {
    await this.database.sql`delete from orders where id = ${id} and status = 'pending'`;
  }

  /** Changes the state of an order and tells of it, both or neither. Gives `undefined` where it has another state. */
  async change(
    id: string,
    from: readonly OrderStatus[],
    status: KnownStatus,
  ): Promise<Order | undefined> {
    return await this.database.transaction(async (tx) => {
      const [order] = await tx<Order>`
        update orders set status = ${status}, updated_at = now()
        where id = ${id} and status = any(${tx.array(from)})
        returning *`;
      if (order === undefined) return undefined;
      const { merchant_id, credits } = order;
      await this.#outbox.add(tx, OrderChanged, { order_id: id, merchant_id, status, credits });
      return order;
    });
  }

  /** An order of a merchant. */
  async get(merchantId: string, id: string): Promise<Order> {
    const [order] = await this.#orders.findAll({ id, merchant_id: merchantId }, { limit: 1 });
    if (order === undefined) {
      throw new NotFoundError(`Order ${id} not found`, { resource: "order", resourceId: id });
    }
    return order;
  }

  /** Pays an order of a merchant, once. */
  async pay(merchantId: string, id: string): Promise<Order> {
    await this.get(merchantId, id); // or it is not this merchant's
    const order = await this.change(id, ["placed"], "paid") ?? await this.get(merchantId, id);
    if (order.status === "paid") return order;
    throw new ConflictError(`Order ${id} is ${order.status}: it cannot be paid`);
  }

  /** A page of the orders of a merchant, the newest first. */
  async list(
    merchantId: string,
    { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
  ): Promise<{ items: Order[]; next?: string | null; previous?: string | null }> {
    const orderBy = [{ column: "created_at", direction: "desc" }, { column: "id" }] as const;
    return await this.#orders.findAfter({ merchant_id: merchantId }, { orderBy, limit, after: cursor });
  }
}
