import { detectRuntime } from "./runtime.ts";

const POOL_BYTES = 4096;

let pool = "";
let used = 0;

/**
 * `length` random lower-case hexadecimal digits from the runtime's cryptographic generator.
 *
 * Digits are drawn from a pool, filled on first use: workerd refuses randomness at import.
 */
export function randomHex(length: number): string {
  if (used + length > pool.length) {
    pool = toHex(crypto.getRandomValues(new Uint8Array(POOL_BYTES)));
    used = 0;
  }
  return pool.slice(used, used += length);
}

/**
 * `prefix` and 12 random digits, as a function that makes them.
 *
 * V8 keeps `"req_" + digits` as a rope, and flattens it where the text is written: twice in an answer, which costs more
 * than all the rest of an id. Made from character codes it is flat at once. JavaScriptCore has it the other way round.
 */
export function randomIdMaker(prefix: string): () => string {
  if (detectRuntime() === "bun") return () => prefix + randomHex(12);
  const codes = Array.from(prefix + "0".repeat(12), (character) => character.charCodeAt(0));
  return () => {
    if (pairsUsed + 6 > pairs.length) {
      pairs = crypto.getRandomValues(new Uint8Array(POOL_BYTES));
      pairsUsed = 0;
    }
    for (let i = prefix.length; i < codes.length; i += 2) {
      const pair = pairs[pairsUsed++]!;
      codes[i] = DIGITS[pair >> 4]!;
      codes[i + 1] = DIGITS[pair & 15]!;
    }
    return String.fromCharCode(...codes);
  };
}

const DIGITS = Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));
let pairs = new Uint8Array(0);
let pairsUsed = 0;

interface HexSources {
  readonly Buffer?: { from(bytes: ArrayBuffer): { toString(encoding: "hex"): string } };
}

/** Natively where the runtime can: Node 24 has no `toHex` yet, but a `Buffer`. */
function toHex(bytes: Uint8Array<ArrayBuffer> & { toHex?(): string }): string {
  const { Buffer } = globalThis as HexSources;
  return bytes.toHex?.() ?? Buffer?.from(bytes.buffer).toString("hex") ??
    Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
