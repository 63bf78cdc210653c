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
  const start = draw(length);
  return pool.slice(start, start + length);
}

/**
 * A function that makes `prefix` and 12 random digits.
 *
 * V8 keeps `"req_" + digits` as a rope and flattens it at each write, twice per response, which costs more than the rest of
 * the id. A string from character codes is flat from the start. On JavaScriptCore concatenation is faster.
 */
export function randomIdMaker(prefix: string): () => string {
  if (detectRuntime() === "bun") return () => prefix + randomHex(12);
  const codes = Array.from(prefix + "0".repeat(12), (character) => character.charCodeAt(0));
  return () => {
    const start = draw(12);
    for (let i = 0; i < 12; i++) codes[prefix.length + i] = pool.charCodeAt(start + i);
    return String.fromCharCode(...codes);
  };
}

/** Takes digits out of the pool; returns the index of the first. */
function draw(length: number): number {
  if (used + length > pool.length) {
    pool = toHex(crypto.getRandomValues(new Uint8Array(POOL_BYTES)));
    used = 0;
  }
  const start = used;
  used += length;
  return start;
}

interface HexSources {
  readonly Buffer?: { from(bytes: ArrayBuffer): { toString(encoding: "hex"): string } };
}

/** Bytes in hexadecimal, by the runtime where it can: Node 24 lacks `toHex`, but has `Buffer`. */
function toHex(bytes: Uint8Array<ArrayBuffer> & { toHex?(): string }): string {
  const { Buffer } = globalThis as HexSources;
  return bytes.toHex?.() ?? Buffer?.from(bytes.buffer).toString("hex") ??
    Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
