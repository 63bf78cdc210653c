import type { VerifiedCredential } from "./strategy.ts";

const MAX_AGE_MS = 60_000;
const MAX_ENTRIES = 10_000;

interface Entry<Value> {
  readonly value: Value;
  readonly until: number;
}

/**
 * Credentials that were found right, by their SHA-256: for a minute at most, and no longer than each is valid. The oldest
 * makes room.
 */
export class VerifiedCache<Value extends Pick<VerifiedCredential, "expiresAt">> {
  readonly #entries = new Map<string, Entry<Value>>();

  get(hash: string): Value | undefined {
    const entry = this.#entries.get(hash);
    if (entry === undefined) return undefined;
    if (Date.now() < entry.until) return entry.value;
    this.#entries.delete(hash);
    return undefined;
  }

  set(hash: string, value: Value): void {
    this.#entries.delete(hash); // so that it is the newest
    if (this.#entries.size >= MAX_ENTRIES) this.#entries.delete(this.#entries.keys().next().value!);
    this.#entries.set(hash, { value, until: Math.min(value.expiresAt ?? Infinity, Date.now() + MAX_AGE_MS) });
  }
}
