/**
 * The header fields of draft-ietf-httpapi-ratelimit-headers-10; the only file that knows their format.
 *
 * @module
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */
import type { RateLimitPolicy } from "./options.ts";
import type { RateLimitState } from "./rate_limit_store.ts";

/** The type of the problem document of a request that is over a limit. */
export const QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded";

/** How much later than it would be right clients are told to come back, at most: or they would all come at once. */
const JITTER = 0.1;

/** Names of policies that need no escape in a structured field, and no care in a metric or as a key. */
export const POLICY_NAME: RegExp = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;

/** The largest integer of a structured field. */
export const MAX_INTEGER = 999_999_999_999_999;

/** The item of a policy in `RateLimit-Policy`. */
export function policyItem({ name, limit, windowSeconds }: RateLimitPolicy): string {
  return `"${name}";q=${limit};w=${windowSeconds}`;
}

/** The item of a policy in `RateLimit`: what is left, and for how many seconds. */
export function stateItem({ name }: RateLimitPolicy, remaining: number, seconds: number): string {
  return `"${name}";r=${remaining};t=${seconds}`;
}

/** Seconds to tell a client: whole ones, and up to a tenth more. */
export function withJitter(seconds: number): number {
  return Math.ceil(seconds * (1 + Math.random() * JITTER));
}

/** Whole seconds until a request that was refused may be sent again, where it was; that of several policies is the longest. */
export function retryAfterOf(states: readonly RateLimitState[]): number {
  return Math.max(1, withJitter(Math.max(...states.map(({ waitSeconds }) => waitSeconds))));
}
