import { defineEndpoint, type Endpoint, isoDate } from "@glam/shared/contract";
import { ConflictError, type GlamError, NotFoundError } from "@glam/shared/errors";
import * as z from "zod";
import { InsufficientCreditError } from "./errors.ts";
import type { Deduction, LedgerEntry, Merchant } from "./store.ts";
import type { DailyUsage } from "./usage.ts";

const merchantId = z.string().regex(/^[a-z0-9_-]{1,40}$/);
const credits = z.int().max(1_000_000);

const merchant = z.object({ id: merchantId, domain: z.hostname(), balance: z.int().min(0) })
  .meta({ id: "Merchant", description: "A shop, and the credits that it has left" });

const ledgerEntry = z.object({
  id: z.int(),
  operation_id: z.guid(),
  merchant_id: merchantId,
  amount: z.int().describe("Positive amounts were granted, negative ones used"),
  balance_after: z.int().min(0),
  reason: z.string(),
  created_at: isoDate(),
}).meta({ id: "LedgerEntry", description: "One movement on a merchant's account" });

/** A merchant to add, with an opening balance. */
export interface NewMerchant {
  readonly id: string;
  readonly domain: string;
  readonly credits: number;
}

/** Adds a merchant. */
export const CreateMerchant: Endpoint<"POST /api/v1/merchants", {
  body: NewMerchant;
  data: Merchant;
  errors: ConflictError;
  in: { body: Omit<NewMerchant, "credits"> & { credits?: number | undefined } };
}> = defineEndpoint("POST /api/v1/merchants", {
  body: z.object({ id: merchantId, domain: z.hostname(), credits: credits.min(0).default(0) }),
  data: merchant,
  status: 201,
  location: ({ id }) => `/api/v1/merchants/${id}`,
  errors: [ConflictError],
  scopes: ["merchants:all"],
  summary: "Add a merchant",
  tags: ["merchants"],
});

/** A merchant and what it has left. */
export const GetMerchant: Endpoint<"GET /api/v1/merchants/:id", {
  params: { id: string };
  data: Merchant;
  errors: NotFoundError;
}> = defineEndpoint("GET /api/v1/merchants/:id", {
  data: merchant,
  errors: [NotFoundError],
  scopes: ["credits:read"],
  summary: "One merchant",
  tags: ["merchants"],
});

/** Takes credits off an account. */
export const DeductCredits: Endpoint<"POST /api/v1/merchants/:id/credits/deduct", {
  params: { id: string };
  body: Deduction;
  data: LedgerEntry;
  errors: GlamError;
  in: { body: Pick<Deduction, "amount"> & Partial<Deduction> };
}> = defineEndpoint("POST /api/v1/merchants/:id/credits/deduct", {
  body: z.object({
    operation_id: z.guid().default(() => crypto.randomUUID()).describe(
      "Names the operation in the ledger and in the event",
    ),
    amount: credits.positive(),
    reason: z.string().trim().min(1).max(200).default("usage"),
  }),
  data: ledgerEntry,
  status: 201,
  errors: [NotFoundError, ConflictError, InsufficientCreditError],
  idempotent: "key",
  scopes: ["credits:write"],
  summary: "Take credits off an account",
  description:
    "All of it or nothing: the balance, the entry of the ledger and the event `evt.credit.deducted.v1`.\n\n" +
    "Asked again with the same `Idempotency-Key`, it answers the same and deducts nothing.",
  tags: ["credits"],
  examples: [{ summary: "Thirty credits", body: { amount: 30, reason: "analysis" } }],
});

/** What names a deduction to give back. */
export interface Refund {
  /** The operation of the deduction. */
  readonly operation_id: string;
}

/** Gives the credits of a deduction back. */
export const RefundCredits: Endpoint<"POST /api/v1/merchants/:id/credits/refund", {
  params: { id: string };
  body: Refund;
  data: LedgerEntry;
  errors: NotFoundError;
}> = defineEndpoint("POST /api/v1/merchants/:id/credits/refund", {
  body: z.object({ operation_id: z.guid().describe("The operation of the deduction") }),
  data: ledgerEntry,
  status: 201,
  errors: [NotFoundError],
  idempotent: "key",
  scopes: ["credits:refund"], // which no merchant has
  summary: "Give the credits of a deduction back",
  description:
    "Once for each deduction, however often it is asked for. Where there is no such deduction, nothing is given " +
    "back, and one that comes later is refused: whoever does not know what became of a request can end it.",
  tags: ["credits"],
});

/** The movements on an account, the newest first. */
export const ListLedger: Endpoint<"GET /api/v1/merchants/:id/ledger", {
  params: { id: string };
  list: LedgerEntry;
  errors: NotFoundError;
}> = defineEndpoint("GET /api/v1/merchants/:id/ledger", {
  list: ledgerEntry,
  errors: [NotFoundError],
  scopes: ["credits:read"],
  rateLimit: ["ledger"],
  summary: "The movements on an account, the newest first",
  tags: ["credits"],
});

/** The days on which a merchant used credits, the latest first. */
export const GetUsage: Endpoint<"GET /api/v1/merchants/:id/usage", {
  params: { id: string };
  data: DailyUsage[];
  errors: NotFoundError;
}> = defineEndpoint("GET /api/v1/merchants/:id/usage", {
  data: z.array(z.object({ day: z.iso.date(), credits: z.int(), deductions: z.int() })),
  errors: [NotFoundError],
  scopes: ["credits:read"],
  summary: "What was used on the last days, the latest first",
  description: "Kept from the events, so it follows a deduction within a moment.",
  tags: ["credits"],
});
