import {
  createLocalJWKSet,
  type CryptoKey,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from "jose";
import { fetchKeys } from "./_fetch_keys.ts";
import { KeyCache, type LocalKeys } from "./_key_cache.ts";
import type { LoggerLike } from "../logging/logger.ts";
import type { JsonWebKeySet, KeySource } from "./key_set.ts";

/** Gives the key that a token was signed with. */
export type KeyFinder = (
  header: JWSHeaderParameters,
  token: FlattenedJWSInput,
  logger: LoggerLike | undefined,
) => Promise<CryptoKey>;

/**
 * The keys of a source.
 *
 * @throws {TypeError} when it is none.
 */
export function keysOf(option: string, source: KeySource): KeyFinder {
  if (typeof source === "function") return finderIn(new KeyCache(async () => keySet(option, await source())));
  if (typeof source === "string" || source instanceof URL) {
    const url = parseUrl(option, source);
    return finderIn(new KeyCache(async () => keySet(option, await fetchKeys(url))));
  }
  const keys = keySet(option, source);
  return (header, token) => keys(header, token);
}

function finderIn(cache: KeyCache): KeyFinder {
  return (header, token, logger) => cache.find((keys) => keys(header, token), logger);
}

function keySet(option: string, set: JsonWebKeySet): LocalKeys {
  try {
    return createLocalJWKSet(set as unknown as JSONWebKeySet);
  } catch {
    throw new TypeError(`Expected \`${option}\` to give \`{ keys: [...] }\`, a JSON Web Key Set`);
  }
}

function parseUrl(option: string, source: string | URL): URL {
  const url = URL.canParse(source) ? new URL(source) : undefined;
  const isLocal = url !== undefined && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isLocal)) return url;
  throw new TypeError(
    `Expected \`${option}\` to be an https URL, as whoever can change the answer can sign tokens, got ${
      url === undefined ? "no URL" : `"${url.origin}"`
    }; to fetch the keys in another way, give a function`,
  );
}
