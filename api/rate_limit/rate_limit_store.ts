/** What a request takes from one policy. */
export interface RateLimitQuota {
  /** Name of the policy. */
  readonly policy: string;
  /** Units in a window, all of which may be taken at once. */
  readonly limit: number;
  /** Seconds after which a quota that was used up is whole again. */
  readonly windowSeconds: number;
  /** Units to take: at least 1, at most `limit`. */
  readonly cost: number;
}

/** What is left of one quota. */
export interface RateLimitState {
  /** Whole units that are left. */
  readonly remaining: number;
  /** Seconds until the quota is whole again. */
  readonly resetSeconds: number;
  /** Seconds until the cost is there; 0 where it was. */
  readonly waitSeconds: number;
}

/** Whether a request took what it costs. */
export interface RateLimitResult {
  /** Whether it was taken from every quota; if not, it was taken from none. */
  readonly passed: boolean;
  /** What is left, in the order of the quotas. */
  readonly quotas: readonly RateLimitState[];
}

/** Keeps what was taken. One of your own has two methods. */
export interface RateLimitStore {
  /**
   * Takes the cost from each quota of a key, or from none of them where one has not enough left: in one step, whatever
   * other processes take. The key is a hash. By its signal a take is given up.
   */
  take(
    key: string,
    quotas: readonly RateLimitQuota[],
    options: { readonly signal: AbortSignal },
  ): Promise<RateLimitResult> | RateLimitResult;
  /** Forgets the keys whose quotas are whole again, and gives their number. A service calls it once a minute. */
  cleanUp(options: { readonly signal: AbortSignal }): Promise<number> | number;
  /** Resolves when the store can do its work; a service asks before it listens. */
  ping?(): Promise<void>;
}
