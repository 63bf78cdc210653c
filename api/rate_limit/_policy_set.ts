import { policyItem } from "./_fields.ts";
import type { Policy } from "./_settings.ts";
import type { RateLimitQuota } from "./rate_limit_store.ts";

/** Policies that hold together: a request takes from all of them, or from none. */
export class PolicySet {
  readonly policies: readonly Policy[];
  /** `RateLimit-Policy`. */
  readonly field: string;
  readonly #ofOne: readonly RateLimitQuota[];

  constructor(policies: readonly Policy[]) {
    this.policies = policies;
    this.field = policies.map(policyItem).join(", ");
    this.#ofOne = quotasOf(policies, 1);
  }

  /** What a request of this cost takes. */
  quotasFor(cost: number): readonly RateLimitQuota[] {
    return cost === 1 ? this.#ofOne : quotasOf(this.policies, cost);
  }
}

function quotasOf(policies: readonly Policy[], cost: number): readonly RateLimitQuota[] {
  return policies.map(({ name, limit, windowSeconds }) => ({
    policy: name,
    limit,
    windowSeconds,
    cost: Math.min(cost, limit),
  }));
}

/** The set of these policies, or `undefined` where there are none. */
export function toPolicySet(policies: readonly Policy[]): PolicySet | undefined {
  return policies.length === 0 ? undefined : new PolicySet(policies);
}
