import { randomIdMaker } from "../internal/random.ts";

const WELL_FORMED_ID = /^[A-Za-z0-9._:=+/-]{1,128}$/;

/** Whether `id` may be taken from a caller: 1 to 128 characters of `A-Z a-z 0-9 . _ : = + / -`. */
export function isWellFormedId(id: string): boolean {
  return WELL_FORMED_ID.test(id);
}

/**
 * Checks an id that the service's own code gives. One with a control character, such as a line break, could add lines to
 * what is written with it.
 *
 * @throws {TypeError} when `id` is not a text of 1 to 128 characters without control characters.
 */
export function assertId(option: string, id: string): void {
  // deno-lint-ignore no-control-regex -- control characters are what must not be there
  if (typeof id === "string" && /^[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,128}$/.test(id)) return;
  throw new TypeError(
    `Expected \`${option}\` to be 1 to 128 characters without control characters, got ${
      JSON.stringify(id)?.slice(0, 200)
    }; leave it out to get a new id`,
  );
}

/** A new request id: `req_` and 12 hexadecimal digits. */
export const makeRequestId: () => string = /* @__PURE__ */ randomIdMaker("req_");

/** A new correlation id: `corr_` and 12 hexadecimal digits. */
export const makeCorrelationId: () => string = /* @__PURE__ */ randomIdMaker("corr_");
