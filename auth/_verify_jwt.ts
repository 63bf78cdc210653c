import { errors, jwtVerify, type JWTVerifyOptions } from "jose";
import { UnauthorizedError } from "../errors/common.ts";
import { isGlamError } from "../errors/glam_error.ts";
import type { LoggerLike } from "../logging/logger.ts";
import type { KeyFinder } from "./_keys_of.ts";

/** What a token must be. */
export interface TokenRules {
  readonly issuer?: string | undefined;
  readonly audience: string | readonly string[];
  readonly algorithms: readonly string[];
  readonly clockToleranceSeconds: number;
}

/** A token that was verified. */
export interface VerifiedToken {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>> & { readonly exp: number; readonly sub: string };
}

/**
 * Verifies a JWT by the rules of RFC 8725.
 *
 * @throws {UnauthorizedError} that says what is wrong with it, without a part of it.
 */
export async function verifyJwt(
  token: string,
  keys: KeyFinder | Uint8Array,
  { issuer, audience, algorithms, clockToleranceSeconds }: TokenRules,
  logger: LoggerLike | undefined,
): Promise<VerifiedToken> {
  const rules: JWTVerifyOptions = {
    audience: audience as string | string[],
    algorithms: [...algorithms],
    clockTolerance: clockToleranceSeconds,
    requiredClaims: ["exp", "sub"],
    ...(issuer !== undefined && { issuer }),
  };
  try {
    const { payload, protectedHeader } = keys instanceof Uint8Array
      ? await jwtVerify(token, keys, rules)
      : await jwtVerify(token, (header, jws) => keys(header, jws, logger), rules);
    const { sub } = payload;
    if (typeof sub !== "string" || sub === "" || sub.length > 255) {
      throw new UnauthorizedError("Expected `sub` to be 1 to 255 characters");
    }
    return { header: { ...protectedHeader }, claims: payload as VerifiedToken["claims"] };
  } catch (error) {
    if (isGlamError(error)) throw error;
    throw new UnauthorizedError(reasonOf(error));
  }
}

/** What is wrong with a token. Errors of jose carry its claims, which belong into no log. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return "The token has expired";
  if (error instanceof errors.JWTClaimValidationFailed) {
    return `The claim \`${error.claim}\` of the token is ${
      error.reason === "missing" ? "missing" : "not right"
    }`;
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return "The signature of the token is wrong";
  if (error instanceof errors.JOSEAlgNotAllowed) return "The algorithm of the token is not allowed";
  if (error instanceof errors.JWKSNoMatchingKey) return "Nobody knows the key of the token (`kid`)";
  if (error instanceof errors.JWKSMultipleMatchingKeys) {
    return "The token does not say which key it is signed with (`kid`)";
  }
  if (error instanceof errors.JOSENotSupported) {
    return "The token has a critical header (`crit`) that nobody knows";
  }
  if (error instanceof errors.JOSEError) return "The token is malformed";
  return `The token could not be checked (${error instanceof Error ? error.name : typeof error})`;
}

/** Of which kind tokens are that nobody says more about: access tokens, and those that only say that they are JWTs. */
const PLAIN_TYPES: ReadonlySet<string> = new Set(["", "jwt", "at+jwt"]);

/** The `typ` of a token's header (RFC 7515, 4.1.9), in lower case. */
export function typeOf({ typ }: Readonly<Record<string, unknown>>): string {
  return typeof typ === "string" ? typ.toLowerCase().replace(/^application\//, "") : "";
}

/** Whether a token is one of a user, and not made for another purpose. */
export function isPlainType(header: Readonly<Record<string, unknown>>): boolean {
  return PLAIN_TYPES.has(typeOf(header));
}
