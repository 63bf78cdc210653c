import { defineError, type ErrorClass, type GlamError } from "@glam/shared/errors";

/** The account does not hold what was to be deducted. */
export const InsufficientCreditError: ErrorClass<
  { balance: number; requested: number },
  typeof GlamError,
  string | undefined
> = defineError({ code: "INSUFFICIENT_CREDIT", status: 409, message: "Insufficient credit" });
