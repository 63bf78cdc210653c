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
  const interval = windowSeconds / limit;
  const ahead = Math.max(0, aheadSeconds);
  const missing = ahead + costSeconds(quota) - windowSeconds;
  return {
    remaining: Math.max(0, Math.floor((windowSeconds - ahead) / interval + TOLERANCE)),
    resetSeconds: ahead,
    waitSeconds: missing > interval * TOLERANCE ? missing : 0,
  };
}
