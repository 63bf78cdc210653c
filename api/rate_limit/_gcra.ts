/**
 * The generic cell rate algorithm (ITU-T I.371). Of a key and a policy it keeps one number, the theoretical arrival time:
 * when the quota will be whole again. Each unit moves it by the emission interval, `windowSeconds / limit`, and a request
 * passes where it stays within one window from now.
 *
 * @module
 */
import type { RateLimitQuota, RateLimitState } from "./rate_limit_store.ts";

/**
 * How much too early a unit may come back, as a part of the emission interval: sums of intervals are rounded, and the
 * last unit of a burst must not be lost to that.
 */
export const TOLERANCE = 0.1;

/** Seconds by which the cost of a request moves the arrival time. */
export function costSeconds({ limit, windowSeconds, cost }: RateLimitQuota): number {
  return (cost * windowSeconds) / limit;
}

/** What is left of a quota whose arrival time is `aheadSeconds` from now, for a request that would take its cost from it. */
export function stateOfQuota(quota: RateLimitQuota, aheadSeconds: number): RateLimitState {
  const { limit, windowSeconds } = quota;
  const left = leftOfQuota(quota, Math.max(0, aheadSeconds));
  const missing = left.resetSeconds + costSeconds(quota) - windowSeconds;
  return missing > (windowSeconds / limit) * TOLERANCE ? { ...left, waitSeconds: missing } : left;
}

/** What is left of a quota whose arrival time is so many seconds ahead, when its request has passed. */
export function leftOfQuota({ limit, windowSeconds }: RateLimitQuota, resetSeconds: number): RateLimitState {
  const remaining = Math.max(0, Math.floor((1 - resetSeconds / windowSeconds) * limit + TOLERANCE));
  return { remaining, resetSeconds, waitSeconds: 0 };
}
