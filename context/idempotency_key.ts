/**
 * A key that is the same each time the same operation is asked for: `SYSTEM_OPERATION_ID` or
 * `SYSTEM_OPERATION_ID_EXTRA`. System, operation and extra are upper-cased with `-` and `.` as `_`; the id is kept.
 *
 * @example
 * ```ts
 * import { generateIdempotencyKey } from "@glam/shared/context";
 *
 * console.log(generateIdempotencyKey("shopify", "order", 123, "test-store")); // SHOPIFY_ORDER_123_TEST_STORE
 * ```
 */
export function generateIdempotencyKey(
  system: string,
  operation: string,
  id: string | number | bigint,
  extra?: string,
): string {
  const parts = [normalize(system), normalize(operation), String(id)];
  if (extra) parts.push(normalize(extra));
  return parts.join("_");
}

function normalize(part: string): string {
  return String(part).toUpperCase().replace(/[-.]/g, "_");
}
