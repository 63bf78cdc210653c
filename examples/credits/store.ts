import { type Database, defineTable, Repository, type Table, timestamps } from "@glam/shared/db";
import { ConflictError, NotFoundError } from "@glam/shared/errors";
import { CreditDeducted, type Outbox } from "@glam/shared/messaging";
import * as z from "zod";
import { InsufficientCreditError } from "./errors.ts";
import { type DailyUsage, usageOf } from "./usage.ts";

/** A shop, and the credits that it has left. */
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

/** Every movement on an account: positive amounts were granted, negative ones used. */
const Ledger = defineTable("ledger", {
  columns: z.object({
    id: z.int32(),
    merchant_id: z.string(),
    operation_id: z.guid(), // whoever asks again with the same one gets the same entry
    amount: z.int32(),
    balance_after: z.int32(),
    reason: z.string().min(1).max(200),
    refunds: z.guid().nullable(), // the operation whose credits this entry gave back
  }),
  columnTypes: {
    id: "integer generated always as identity",
    merchant_id: "varchar(40)",
    reason: "varchar(200)",
  },
  unique: ["operation_id", "refunds"],
  indexes: [["merchant_id", "id"]],
  foreignKeys: [{ columns: "merchant_id", references: Merchants }],
  ...timestamps,
});

/** Their tables, in the order in which they refer to each other. */
export const storeTables: readonly Table[] = [Merchants, Ledger];

/** A shop. */
export interface Merchant {
  readonly id: string;
  readonly domain: string;
  readonly balance: number;
}

/** One movement on a merchant's account. */
export interface LedgerEntry {
  readonly id: number;
  readonly operation_id: string;
  readonly merchant_id: string;
  readonly amount: number;
  readonly balance_after: number;
  readonly reason: string;
  readonly created_at: Date;
}

/** Credits to take off an account. */
export interface Deduction {
  readonly amount: number;
  readonly reason: string;
  /** A UUID that names the operation; the same one again is the same operation. */
  readonly operation_id: string;
}

/** Merchants and their credits. */
export class CreditStore {
  /** Where they are. */
  readonly database: Database;
  readonly #outbox: Outbox;
  readonly #merchants: Repository<typeof Merchants>;
  readonly #ledger: Repository<typeof Ledger>;

  constructor(db: Database, outbox: Outbox) {
    this.database = db;
    this.#outbox = outbox;
    this.#merchants = new Repository(db, Merchants);
    this.#ledger = new Repository(db, Ledger);
  }

  /** Adds a merchant, with an opening balance. */
  async create(
    merchant: { readonly id: string; readonly domain: string },
    credits: number,
  ): Promise<Merchant> {
    return await this.database.transaction(async () => {
      const row = await this.#merchants.save({ ...merchant, balance: credits }, { from: "client" });
      if (credits > 0) {
        await this.#book(row.id, credits, {
          amount: credits,
          reason: "opening balance",
          operation_id: crypto.randomUUID(),
        });
      }
      return toMerchant(row);
    });
  }

  /** Adds the merchant `demo` with 100 credits, unless it is there. */
  async ensureDemo(): Promise<void> {
    if (await this.#merchants.exists({ id: "demo" })) return;
    try {
      await this.create({ id: "demo", domain: "demo.example.com" }, 100);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error; // another replica was faster
    }
  }

  /** A merchant and what it has left. */
  async get(id: string): Promise<Merchant> {
    return toMerchant(await this.#find(id));
  }

  /**
   * Takes credits off an account, or none. What happened, the entry of the ledger and the event are one transaction: all
   * of it is there, or nothing.
   */
  async deduct(id: string, deduction: Deduction): Promise<LedgerEntry> {
    return await this.database.transaction(async (tx) => {
      // Two at once wait for each other at this row.
      const [merchant] = await tx<{ balance: number; uid: string }>`
        select balance, uid from merchants where id = ${id} for update`;
      if (merchant === undefined) throw notFound(id);
      const { amount, operation_id } = deduction;
      const [done] = await this.#ledger.findAll({ operation_id }, { limit: 1 });
      if (done !== undefined) return sameOperation(done, id, deduction);
      const balance = merchant.balance - amount;
      if (balance < 0) {
        throw new InsufficientCreditError(undefined, { balance: merchant.balance, requested: amount });
      }
      await this.#merchants.update(id, { balance });
      const entry = await this.#book(id, balance, { ...deduction, amount: -amount });
      await this.#outbox.add(tx, CreditDeducted, {
        merchant_id: merchant.uid,
        credits_deducted: amount,
        previous_balance: merchant.balance,
        new_balance: balance,
        operation_type: deduction.reason,
        operation_id,
      }, { key: merchant.uid, idempotencyKey: operation_id });
      return entry;
    });
  }

  /**
   * Gives the credits of an operation back, once. Of one that has not come, the entry takes its place: should its
   * deduction still be on the way, it is refused.
   */
  async refund(id: string, operation_id: string): Promise<LedgerEntry> {
    return await this.database.transaction(async (tx) => {
      const [merchant] = await tx<{ balance: number }>`
        select balance from merchants where id = ${id} for update`;
      if (merchant === undefined) throw notFound(id);
      const [done] = await this.#ledger.findAll({ merchant_id: id, refunds: operation_id }, { limit: 1 });
      if (done !== undefined) return toEntry(done);
      const [deducted] = await this.#ledger.findAll({ merchant_id: id, operation_id }, { limit: 1 });
      const amount = deducted === undefined ? 0 : Math.max(0, -deducted.amount);
      const balance = merchant.balance + amount;
      await this.#merchants.update(id, { balance });
      return await this.#book(id, balance, {
        amount,
        reason: "refund",
        operation_id: deducted === undefined ? operation_id : crypto.randomUUID(),
        refunds: operation_id,
      });
    });
  }

  /** A page of the movements of a merchant, the newest first. */
  async ledger(
    id: string,
    page: { readonly offset: number; readonly limit: number },
  ): Promise<{ items: LedgerEntry[]; total: number }> {
    await this.#find(id);
    const filter = { merchant_id: id };
    const [items, total] = await Promise.all([
      this.#ledger.findAll(filter, { orderBy: [{ column: "id", direction: "desc" }], ...page }),
      this.#ledger.count(filter),
    ]);
    return { items: items.map(toEntry), total };
  }

  /** The days on which a merchant used credits, the latest first. */
  async usage(id: string): Promise<DailyUsage[]> {
    const { uid } = await this.#find(id);
    return await usageOf(this.database, uid);
  }

  async #find(id: string): Promise<Merchant & { readonly uid: string }> {
    const merchant = await this.#merchants.findById(id);
    if (merchant === null) throw notFound(id);
    return merchant;
  }

  async #book(
    merchantId: string,
    balance: number,
    movement: Deduction & { readonly refunds?: string },
  ): Promise<LedgerEntry> {
    const row = { merchant_id: merchantId, balance_after: balance, refunds: null, ...movement };
    return toEntry(await this.#ledger.save(row, { from: "client" })); // amount and reason are
  }
}

/** The entry that an operation made, when it is asked for again. */
function sameOperation(
  entry: LedgerEntry,
  merchantId: string,
  { amount, operation_id }: Deduction,
): LedgerEntry {
  if (entry.merchant_id === merchantId && entry.amount === -amount) return toEntry(entry);
  throw new ConflictError(`Operation ${operation_id} was another one`);
}

function notFound(id: string): NotFoundError {
  return new NotFoundError(`Merchant ${id} not found`, { resource: "merchant", resourceId: id });
}

function toMerchant({ id, domain, balance }: Merchant): Merchant {
  return { id, domain, balance };
}

function toEntry(entry: LedgerEntry): LedgerEntry {
  const { id, operation_id, merchant_id, amount, balance_after, reason, created_at } = entry;
  return { id, operation_id, merchant_id, amount, balance_after, reason, created_at };
}
