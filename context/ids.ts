import { randomIdMaker } from "../internal/random.ts";

const WELL_FORMED_ID = /^[A-Za-z0-9._:=+/-]{1,128}$/;

/** Whether `id` may be taken from a caller: 1 to 128 characters of `A-Z a-z 0-9 . _ : = + / -`. */
export function isWellFormedId(id: string): boolean {
  return WELL_FORMED_ID.test(id);
}

/** A new request id: `req_` and 12 hexadecimal digits. */
export const makeRequestId: () => string = /* @__PURE__ */ randomIdMaker("req_");

/** A new correlation id: `corr_` and 12 hexadecimal digits. */
export const makeCorrelationId: () => string = /* @__PURE__ */ randomIdMaker("corr_");
