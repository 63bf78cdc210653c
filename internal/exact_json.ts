/**
 * JSON whose integers stay what they are: those beyond 2^53, which other languages write, are read and written as bigints.
 *
 * @module
 */

interface ExactJson {
  /** There from Node 22, Deno 2, Bun 1.3 and the V8 of workerd on. */
  rawJSON?(text: string): object;
}

const LARGE = /\d{16}/;
const INTEGER = /^-?\d+$/;

/** Parses JSON; an integer that a number would round is a bigint. */
export function parseExact(text: string): unknown {
  if (!LARGE.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key: string, value: unknown, context?: { readonly source?: string }) => {
    if (typeof value !== "number" || !Number.isInteger(value) || Number.isSafeInteger(value)) return value;
    const source = context?.source;
    return source !== undefined && INTEGER.test(source) ? BigInt(source) : value;
  });
}

/** Writes JSON; a bigint is an integer. */
export function stringifyExact(value: unknown): string | undefined {
  return stringifyBigints(value, (integer) => {
    const { rawJSON } = JSON as ExactJson;
    if (rawJSON === undefined) throw new TypeError("This runtime cannot write a bigint as JSON");
    return rawJSON(String(integer));
  });
}

/** Writes JSON; bigints are what `write` makes of them. Without any it costs nothing: JSON refuses them by itself. */
export function stringifyBigints(value: unknown, write: (integer: bigint) => unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return JSON.stringify(value, (_key, each) => typeof each === "bigint" ? write(each) : each);
  }
}
