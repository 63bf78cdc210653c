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

interface HexSources {
  readonly Buffer?: { from(bytes: ArrayBuffer): { toString(encoding: "hex"): string } };
}

/** Natively where the runtime can: Node 24 has no `toHex` yet, but a `Buffer`. */
function toHex(bytes: Uint8Array<ArrayBuffer> & { toHex?(): string }): string {
  const { Buffer } = globalThis as HexSources;
  return bytes.toHex?.() ?? Buffer?.from(bytes.buffer).toString("hex") ??
    Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
