import { type Database, defineTable, Repository, type Table, timestamps } from "@glam/shared/db";
import { defineError, NotFoundError } from "@glam/shared/errors";
import { createLogger } from "@glam/shared/logging";
import { CreditDeducted, type Publisher } from "@glam/shared/messaging";
import * as z from "zod";
import { type DailyUsage, usageOf, usageTables } from "./usage.ts";

const Merchants = defineTable("merchants", {
  columns: z.object({
    id: z.string().regex(/^[a-z0-9_-]{1,40}$/),
    domain: z.hostname().max(253),
    balance: z.int32().min(0),
    uid: z.guid(), // what the fleet's events call a merchant
  }),
  defaults: { uid: "gen_random_uuid()" },
  unique: ["uid"],
  columnTypes: { id: "varchar(40)", domain: "varchar(253)" },
  checks: { balance_not_negative: "balance >= 0" },
  ...timestamps,
});

const Ledger = defineTable("ledger", {
  columns: z.object({
    id: z.int32(),
    merchant_id: z.string(),
    amount: z.int32(),
    balance_after: z.int32(),
    reason: z.string().min(1).max(200),
  }),
  columnTypes: {
    id: "integer generated always as identity",
    merchant_id: "varchar(40)",
    reason: "varchar(200)",
  },
  indexes: [["merchant_id", "id"]],
  foreignKeys: [{ columns: "merchant_id", references: Merchants }],
  ...timestamps,
});

/** The tables, in the order in which they refer to each other. */
export const tables: readonly Table[] = [Merchants, Ledger, ...usageTables];

/** A shop. */
export interface Merchant {
  readonly id: string;
  readonly domain: string;
  readonly balance: number;
}

/** One movement on a merchant's account. */
export interface LedgerEntry {
  readonly id: number;
  readonly merchant_id: string;
  /** Positive for credits granted, negative for credits used. */
  readonly amount: number;
  readonly balance_after: number;
  readonly reason: string;
  readonly created_at: Date;
}

/** The account does not hold what was to be deducted. */
const InsufficientCreditError = defineError<{ balance: number; requested: number }>({
  code: "INSUFFICIENT_CREDIT",
  status: 409,
  message: "Insufficient credit",
});

const log = createLogger("credits");

/** Merchants and their credits, in Postgres; other services hear of each deduction where there is a publisher. */
export class CreditStore {
  readonly #db: Database;
  readonly #publisher: Publisher | undefined;
  readonly #merchants: Repository<typeof Merchants>;
  readonly #ledger: Repository<typeof Ledger>;

  constructor(db: Database, publisher?: Publisher) {
    this.#db = db;
    this.#publisher = publisher;
    this.#merchants = new Repository(db, Merchants);
    this.#ledger = new Repository(db, Ledger);
  }

  /** Adds a merchant, with an opening balance. */
  async create(
    merchant: { readonly id: string; readonly domain: string },
    credits: number,
  ): Promise<Merchant> {
    return await this.#db.transaction(async () => {
      const row = await this.#merchants.save({ ...merchant, balance: credits });
      if (credits > 0) await this.#book(row.id, credits, credits, "opening balance");
      return toMerchant(row);
    });
  }

  /** Adds the merchant `demo` with 100 credits, unless it is there. */
  async ensureDemo(): Promise<void> {
    if (await this.#merchants.exists({ id: "demo" })) return;
    await this.create({ id: "demo", domain: "demo.example.com" }, 100);
  }

  /** A merchant and what it has left. */
  async get(id: string): Promise<Merchant> {
    const merchant = await this.#merchants.findById(id);
    if (merchant === null) throw notFound(id);
    return toMerchant(merchant);
  }

  /** Takes credits off an account, or none: two at once wait for each other at the row. */
  async deduct(id: string, amount: number, reason: string): Promise<LedgerEntry> {
    const { entry, uid } = await this.#db.transaction(async (sql) => {
      const [row] = await sql<{ balance: number; uid: string }>`
        update merchants set balance = balance - ${amount}, updated_at = now()
        where id = ${id} and balance >= ${amount} returning balance, uid`;
      if (row !== undefined) {
        return { entry: await this.#book(id, -amount, row.balance, reason), uid: row.uid };
      }
      const { balance } = await this.get(id);
      throw new InsufficientCreditError(undefined, { balance, requested: amount });
    });
    await this.#tell(entry, uid);
    return entry;
  }

  /** The days on which a merchant used credits, the latest first. */
  async usage(id: string): Promise<DailyUsage[]> {
    const merchant = await this.#merchants.findById(id);
    if (merchant === null) throw notFound(id);
    return await usageOf(this.#db, merchant.uid);
  }

  /** A page of the movements of a merchant, the newest first. */
  async ledger(
    id: string,
    page: { readonly offset: number; readonly limit: number },
  ): Promise<{ items: LedgerEntry[]; total: number }> {
    await this.get(id);
    const filter = { merchant_id: id };
    const [items, total] = await Promise.all([
      this.#ledger.findAll(filter, { orderBy: [{ column: "id", direction: "desc" }], ...page }),
      this.#ledger.count(filter),
    ]);
    return { items: items.map(toEntry), total };
  }

  /** The deduction stands whether or not the event is published: what is lost is in the log. */
  async #tell({ amount, balance_after, reason }: LedgerEntry, uid: string): Promise<void> {
    const event = {
      merchant_id: uid,
      credits_deducted: -amount,
      previous_balance: balance_after - amount,
      new_balance: balance_after,
      operation_type: reason,
      operation_id: crypto.randomUUID(),
    };
    try {
      await this.#publisher?.publish(CreditDeducted, event);
    } catch (error) {
      log.error("A deduction was not published", { error, event });
    }
  }

  async #book(merchantId: string, amount: number, balance: number, reason: string): Promise<LedgerEntry> {
    return toEntry(
      await this.#ledger.save({ merchant_id: merchantId, amount, balance_after: balance, reason }),
    );
  }
}

function notFound(id: string): NotFoundError {
  return new NotFoundError(`Merchant ${id} not found`, { resource: "merchant", resourceId: id });
}

function toMerchant({ id, domain, balance }: Merchant): Merchant {
  return { id, domain, balance };
}

function toEntry({ id, merchant_id, amount, balance_after, reason, created_at }: LedgerEntry): LedgerEntry {
  return { id, merchant_id, amount, balance_after, reason, created_at };
}
