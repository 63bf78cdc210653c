import { ConflictError, defineError, NotFoundError } from "@glam/shared/errors";

/** A shop. */
export interface Merchant {
  readonly id: string;
  readonly domain: string;
  readonly balance: number;
}

/** One movement on a merchant's credit account. */
export interface LedgerEntry {
  readonly id: number;
  readonly merchant_id: string;
  /** Positive for credits granted, negative for credits used. */
  readonly amount: number;
  readonly balance_after: number;
  readonly reason: string;
  readonly created_at: string;
}

/** The account does not hold what was to be deducted. */
const InsufficientCreditError = defineError<{ balance: number; requested: number }>({
  code: "INSUFFICIENT_CREDIT",
  status: 409,
  message: "Insufficient credit",
});

/** Merchants and their credits, in memory: a restart forgets them. */
export class CreditStore {
  readonly #merchants = new Map<string, Merchant>();
  readonly #ledger = new Map<string, LedgerEntry[]>();

  create(merchant: { readonly id: string; readonly domain: string }, credits: number): Merchant {
    if (this.#merchants.has(merchant.id)) {
      throw new ConflictError(`Merchant ${merchant.id} exists`, { conflictingResource: "merchant" });
    }
    this.#merchants.set(merchant.id, { ...merchant, balance: 0 });
    this.#ledger.set(merchant.id, []);
    if (credits > 0) this.#move(merchant.id, credits, "opening balance");
    return this.get(merchant.id);
  }

  get(id: string): Merchant {
    const merchant = this.#merchants.get(id);
    if (merchant === undefined) {
      throw new NotFoundError(`Merchant ${id} not found`, { resource: "merchant", resourceId: id });
    }
    return merchant;
  }

  deduct(id: string, amount: number, reason: string): LedgerEntry {
    const { balance } = this.get(id);
    if (balance < amount) throw new InsufficientCreditError(undefined, { balance, requested: amount });
    return this.#move(id, -amount, reason);
  }

  /** The newest movements first. */
  ledger(
    id: string,
    page: { readonly offset: number; readonly limit: number },
  ): { items: LedgerEntry[]; total: number } {
    this.get(id);
    const entries = this.#ledger.get(id)!;
    return {
      items: entries.toReversed().slice(page.offset, page.offset + page.limit),
      total: entries.length,
    };
  }

  #move(id: string, amount: number, reason: string): LedgerEntry {
    const merchant = this.get(id);
    const entries = this.#ledger.get(id)!;
    const entry = {
      id: entries.length + 1,
      merchant_id: id,
      amount,
      balance_after: merchant.balance + amount,
      reason,
      created_at: new Date().toISOString(),
    };
    this.#merchants.set(id, { ...merchant, balance: entry.balance_after });
    entries.push(entry);
    return entry;
  }
}
