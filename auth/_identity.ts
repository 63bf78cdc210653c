import type { ContextPatch } from "../context/request_context.ts";
import { UnauthorizedError } from "../errors/common.ts";
import type { Principal } from "../api/guards.ts";
import type { IdentityContext, VerifiedCredential } from "./strategy.ts";

/** Who sent a request, and what its context has of that. */
export interface Identity {
  readonly principal: Principal;
  readonly context: ContextPatch;
  readonly expiresAt: number | undefined;
}

/** What a credential says, with the context that `toContext` makes of it. */
export function toIdentity(
  { principal, context, expiresAt }: VerifiedCredential,
  toContext: ((principal: Principal) => IdentityContext) | undefined,
): Identity {
  deepFreeze(principal); // it is shared by all requests with the same credential
  const given = { ...context, ...toContext?.(principal) };
  return {
    principal,
    context: {
      merchantId: textOf("merchantId", given.merchantId),
      merchantDomain: textOf("merchantDomain", given.merchantDomain),
      userId: textOf("userId", given.userId),
      sourceService: principal.caller,
    },
    expiresAt,
  };
}

// deno-lint-ignore no-control-regex -- control characters are what must not be there
const TEXT = /^[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,255}$/;

/**
 * A claim as text: issuers write ids as numbers, too.
 *
 * @throws {UnauthorizedError} when it is neither. Left out, it could make a request without a tenant of one with a wrong one.
 */
export function textOf(name: string, claim: unknown): string | undefined {
  if (claim === undefined || claim === null) return undefined;
  if (typeof claim === "string" && TEXT.test(claim)) return claim;
  if (Number.isSafeInteger(claim)) return String(claim);
  throw new UnauthorizedError(
    `Expected \`${name}\` to be 1 to 255 characters or a whole number, got ${typeof claim}`,
  );
}

/** The scopes that a token has: `scope`, separated by spaces (RFC 8693, 4.2), or the list `scp`. */
export function scopesOf({ scope, scp }: Readonly<Record<string, unknown>>): readonly string[] {
  const given = scope ?? scp;
  const list = typeof given === "string" ? given.split(" ") : Array.isArray(given) ? given : [];
  return list.filter((each) => typeof each === "string" && each !== "");
}

function deepFreeze(value: unknown): void {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  if (ArrayBuffer.isView(value)) return; // cannot be frozen
  Object.freeze(value);
  for (const member of Object.values(value)) deepFreeze(member);
}
