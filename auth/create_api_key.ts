import { sha256 } from "./_digest.ts";

/** A new API key. */
export interface CreatedApiKey {
  /** What the customer gets, once. */
  readonly key: string;
  /** What is stored. */
  readonly hash: string;
}

/**
 * A new API key: a prefix, by which people and secret scanners recognise it, and 256 random bits.
 *
 * @example
 * ```ts
 * import { createApiKey } from "@glam/shared/auth";
 *
 * const { key, hash } = createApiKey("glam_live");
 * console.log(key.slice(0, 10), hash.length); // glam_live_ 64
 * ```
 *
 * @throws {TypeError} when the prefix is not of letters, digits and "_".
 */
export function createApiKey(prefix: string): CreatedApiKey {
  if (typeof prefix !== "string" || !/^[A-Za-z0-9_]{1,32}$/.test(prefix)) {
    throw new TypeError(
      `Expected \`prefix\` to be 1 to 32 letters, digits and "_", got ${JSON.stringify(prefix)}`,
    );
  }
  const random = crypto.getRandomValues(new Uint8Array(32));
  const text = btoa(String.fromCharCode(...random)).replace(/[+]/g, "-").replace(/\//g, "_").replace(
    /=/g,
    "",
  );
  const key = `${prefix}_${text}`;
  return { key, hash: sha256(key) };
}
