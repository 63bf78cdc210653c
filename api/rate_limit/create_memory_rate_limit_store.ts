import { assertWhole } from "../../internal/assert_number.ts";
import { costSeconds, leftOfQuota, stateOfQuota } from "./_gcra.ts";
import type { RateLimitQuota, RateLimitResult, RateLimitState, RateLimitStore } from "./rate_limit_store.ts";

/** Options of {@link createMemoryRateLimitStore}. */
export interface MemoryRateLimitStoreOptions {
  /**
   * Limit on the number of keys. Beyond it, the least recently used ones are dropped.
   * @default 100000
   */
  readonly maxKeys?: number | undefined;
  /**
   * Milliseconds of a clock that never goes back.
   * @default performance.now
   */
  readonly now?: (() => number) | undefined;
}

/** A store in the memory of this process. */
export interface MemoryRateLimitStore extends RateLimitStore {
  /** Keys that are kept. */
  readonly size: number;
  /** Takes the cost from each quota of a key, or from none of them. */
  take(key: string, quotas: readonly RateLimitQuota[]): RateLimitResult;
  /** Forgets the keys whose quotas are whole again. */
  cleanUp(): number;
}

/** The arrival times of a key, in seconds, by policy. */
type Arrivals = Map<string, number>;

/**
 * A store in the memory of this process: each replica of a service then has quotas of its own. It runs no timer.
 *
 * Keys are kept in two generations of half of `maxKeys` each. When the younger one is full, the older one is dropped: that
 * takes no list of the order in which keys were used.
 *
 * @example
 * ```ts
 * import { createMemoryRateLimitStore } from "@glam/shared/api";
 *
 * const store = createMemoryRateLimitStore({ maxKeys: 10_000 });
 * const burst = { policy: "burst", limit: 2, windowSeconds: 60, cost: 1 };
 * const passed = [1, 2, 3].map(() => store.take("a", [burst]).passed);
 * console.log(passed, store.size); // [ true, true, false ] 1
 * ```
 *
 * @throws {RangeError} when `maxKeys` is not a whole number from 2.
 */
export function createMemoryRateLimitStore(options: MemoryRateLimitStoreOptions = {}): MemoryRateLimitStore {
  const { maxKeys = 100_000, now = () => performance.now() } = options;
  assertWhole("maxKeys", maxKeys, 2);
  const perGeneration = Math.floor(maxKeys / 2);
  let younger = new Map<string, Arrivals>();
  let older = new Map<string, Arrivals>();

  function keep(key: string, arrivals: Arrivals): void {
    if (younger.size >= perGeneration) {
      older = younger;
      younger = new Map();
    }
    younger.set(key, arrivals);
  }

  function find(key: string): Arrivals {
    const found = younger.get(key);
    if (found !== undefined) return found;
    const arrivals = older.get(key) ?? new Map<string, number>();
    older.delete(key);
    keep(key, arrivals);
    return arrivals;
  }

  return {
    get size() {
      return younger.size + older.size;
    },
    take(key, quotas) {
      const at = now() / 1000;
      const arrivals = find(key);
      const before: RateLimitState[] = [];
      let passed = true;
      for (const quota of quotas) {
        const state = stateOfQuota(quota, (arrivals.get(quota.policy) ?? 0) - at);
        if (state.waitSeconds > 0) passed = false;
        before.push(state);
      }
      if (!passed) return { passed, quotas: before };
      const after = quotas.map((quota, i) => {
        const ahead = before[i]!.resetSeconds + costSeconds(quota);
        arrivals.set(quota.policy, at + ahead);
        return leftOfQuota(quota, ahead);
      });
      return { passed, quotas: after };
    },
    cleanUp() {
      const at = now() / 1000;
      let forgotten = 0;
      for (const generation of [younger, older]) {
        for (const [key, arrivals] of generation) {
          if (!isWhole(arrivals, at)) continue;
          generation.delete(key);
          forgotten++;
        }
      }
      return forgotten;
    },
  };
}

function isWhole(arrivals: Arrivals, at: number): boolean {
  for (const arrival of arrivals.values()) if (arrival > at) return false;
  return true;
}
