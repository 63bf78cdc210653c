import { AUTHORIZATION } from "./_credential.ts";
import { sha256 } from "./_digest.ts";
import type { Credential, VerifiedCredential } from "./strategy.ts";

const MAX_AGE_MS = 60_000;
const MAX_ENTRIES = 10_000;

/** The texts of the last moment are kept as they are: a hash takes a tenth of a small request. */
const RECENT_MS = 5000;
const MAX_RECENT = 1000;

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
  readonly #recent = new Map<string, Entry<Value>>();
  #recentSince = 0;

  get(credential: Credential): Value | undefined {
    const now = Date.now();
    const text = textOf(credential);
    if (Math.abs(now - this.#recentSince) > RECENT_MS || this.#recent.size >= MAX_RECENT) {
      this.#recent.clear();
      this.#recentSince = now;
    }
    let entry = this.#recent.get(text);
    if (entry === undefined) {
      entry = this.#entries.get(sha256(text));
      if (entry === undefined) return undefined;
      this.#recent.set(text, entry);
    }
    if (now < entry.until) return entry.value;
    this.#recent.delete(text);
    this.#entries.delete(sha256(text));
    return undefined;
  }

  set(credential: Credential, value: Value): void {
    const hash = sha256(textOf(credential));
    this.#entries.delete(hash); // so that it is the newest
    if (this.#entries.size >= MAX_ENTRIES) this.#entries.delete(this.#entries.keys().next().value!);
    this.#entries.set(hash, { value, until: Math.min(value.expiresAt ?? Infinity, Date.now() + MAX_AGE_MS) });
  }
}

/** Unlike for each header; no value of a header has a line break. */
function textOf({ header, value }: Credential): string {
  return header === AUTHORIZATION ? value : `${header}\n${value}`;
}
