import { UnauthorizedError } from "../errors/common.ts";
import type { Credential, UnverifiedToken } from "./strategy.ts";

/** Characters that a credential may have; a token of more is refused before anything looks into it. */
export const MAX_LENGTH = 8192;

/** The header of bearer tokens. */
export const AUTHORIZATION = "authorization";

// RFC 6750, 2.1. Two Authorization headers are joined by ", ", which no token contains.
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/**
 * The header of a request that has its credential, as it was sent, or `undefined` where there is none.
 *
 * @throws {UnauthorizedError} when it is too long, or there are several.
 */
export function credentialOf(headers: Headers, names: readonly string[]): Credential | undefined {
  let found: Credential | undefined;
  for (const header of names) {
    const value = headers.get(header);
    if (value === null) continue;
    if (found !== undefined) throw new UnauthorizedError("The request has more than one credential");
    if (value.length > MAX_LENGTH) {
      throw new UnauthorizedError(`The credential is longer than ${MAX_LENGTH} characters`);
    }
    found = { header, value };
  }
  return found;
}

/**
 * The token of an Authorization header, with what it says of itself if it is a JWT. Other headers are credentials as they
 * are.
 *
 * @throws {UnauthorizedError} when it is malformed.
 */
export function readCredential(credential: Credential): Credential {
  return credential.header === AUTHORIZATION ? readToken(bearer(credential.value)) : credential;
}

function bearer(value: string): Credential {
  const token = BEARER.exec(value)?.[1];
  if (token === undefined) throw new UnauthorizedError("The Authorization header is not one bearer token");
  return { header: AUTHORIZATION, value: token };
}

function readToken(credential: Credential): Credential {
  const [header, claims, signature, ...rest] = credential.value.split(".");
  if (signature === undefined || rest.length > 0) return credential;
  const unverified = { header: decode(header!), claims: decode(claims!) };
  if (unverified.header === undefined || unverified.claims === undefined) return credential;
  return { ...credential, unverified: unverified as UnverifiedToken };
}

function decode(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const bytes = Uint8Array.from(
      atob(part.replace(/-/g, "+").replace(/_/g, "/")),
      (char) => char.charCodeAt(0),
    );
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? value as Record<string, unknown> : undefined;
  } catch {
    return undefined;
  }
}
