const POOL_BYTES = 2048;
const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

let pool = "";
let used = 0;

/**
 * `length` random lower-case hexadecimal digits from the runtime's cryptographic generator.
 *
 * Digits are drawn from a pool, filled on first use: workerd refuses randomness at import.
 */
export function randomHex(length: number): string {
  if (used + length > pool.length) refill();
  const digits = pool.slice(used, used + length);
  used += length;
  return digits;
}

function refill(): void {
  const bytes = crypto.getRandomValues(new Uint8Array(POOL_BYTES));
  pool = "";
  for (const byte of bytes) pool += HEX[byte];
  used = 0;
}
