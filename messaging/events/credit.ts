import * as z from "zod";
import type { EventContract } from "../contract/define_event.ts";
import { count, event, positive, uuid } from "./_payload.ts";

/** Credits are to be deducted. */
export interface CreditDeductionRequestedPayload {
  /** UUID of the merchant. */
  readonly merchant_id: string;
  /** Number of credits, from 1. */
  readonly credits_to_deduct: number;
  /** Kind of operation that uses the credits. */
  readonly operation_type: string;
  /** UUID of that operation. */
  readonly operation_id: string;
  /** User or service that requested it. */
  readonly requested_by: string;
}

/** Credits have been deducted. */
export interface CreditDeductedPayload {
  /** UUID of the merchant. */
  readonly merchant_id: string;
  /** Number of credits, from 1. */
  readonly credits_deducted: number;
  /** Balance before, from 0. */
  readonly previous_balance: number;
  /** Balance after, from 0. */
  readonly new_balance: number;
  /** Kind of operation that used the credits. */
  readonly operation_type: string;
  /** UUID of that operation. */
  readonly operation_id: string;
}

/** `cmd.credit.deduction.requested.v1`: deduct credits. */
export const CreditDeductionRequested: EventContract<
  CreditDeductionRequestedPayload,
  CreditDeductionRequestedPayload,
  "cmd.credit.deduction.requested.v1"
> = event(
  "cmd.credit.deduction.requested.v1",
  () => ({
    merchant_id: uuid(),
    credits_to_deduct: positive(),
    operation_type: z.string(),
    operation_id: uuid(),
    requested_by: z.string(),
  }),
  {
    title: "Credit deduction requested",
    examples: [{
      merchant_id: "6f1c2b7e-3a52-4d09-9a3e-5f8f0a1b2c3d",
      credits_to_deduct: 3,
      operation_type: "selfie_analysis",
      operation_id: "0b0f7f1e-9d4c-4b43-8a35-0d3f2a7b9c11",
      requested_by: "analysis",
    }],
  },
);

/** `evt.credit.deducted.v1`: credits have been deducted. */
export const CreditDeducted: EventContract<
  CreditDeductedPayload,
  CreditDeductedPayload,
  "evt.credit.deducted.v1"
> = event("evt.credit.deducted.v1", () => ({
  merchant_id: uuid(),
  credits_deducted: positive(),
  previous_balance: count(),
  new_balance: count(),
  operation_type: z.string(),
  operation_id: uuid(),
}), {
  title: "Credits deducted",
  examples: [{
    merchant_id: "6f1c2b7e-3a52-4d09-9a3e-5f8f0a1b2c3d",
    credits_deducted: 3,
    previous_balance: 10,
    new_balance: 7,
    operation_type: "selfie_analysis",
    operation_id: "0b0f7f1e-9d4c-4b43-8a35-0d3f2a7b9c11",
  }],
});
