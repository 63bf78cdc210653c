/** A set of public keys (RFC 7517, 5). */
export interface JsonWebKeySet {
  /** The keys. */
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/**
 * Where public keys come from: a URL, the keys themselves, or a function that gives them. What a URL or a function gives is
 * kept for 10 minutes, and for up to 24 hours while it fails. A token with a key that is not known is a reason to ask again,
 * once in 30 seconds at most.
 */
export type KeySource = string | URL | JsonWebKeySet | (() => JsonWebKeySet | Promise<JsonWebKeySet>);
