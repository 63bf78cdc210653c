import type { LoggerLike } from "../../logging/logger.ts";
import type { ContextLike } from "../_hono.ts";
import type { RateLimitStage } from "../guards.ts";
import type { RateLimitStore } from "./rate_limit_store.ts";

/** How much one caller may take in a time. */
export interface RateLimitPolicy {
  /** Its name in headers, metrics and contracts: a letter, then up to 63 letters, digits, `_`, `.` and `-`. */
  readonly name: string;
  /** Units in a window, all of which may be taken at once; a whole number from 1. */
  readonly limit: number;
  /** Seconds after which a quota that was used up is whole again; a whole number from 1. It fills up evenly. */
  readonly windowSeconds: number;
  /**
   * What the quota is for: each address, which is known before authentication, or each caller.
   * @default "caller"
   */
  readonly by?: RateLimitStage | undefined;
  /**
   * Whether requests are refused with 503 while the store fails, whatever `onStoreError` says.
   * @default false
   */
  readonly strict?: boolean | undefined;
  /**
   * Whether it holds for endpoints whose contract names no policies. One for a few endpoints says `false`.
   * @default true
   */
  readonly everywhere?: boolean | undefined;
}

/** Options of {@link rateLimit}. */
export interface RateLimitOptions {
  /** The policies; each has a name of its own. */
  readonly policies: readonly RateLimitPolicy[];
  /**
   * Whom the policies by caller tell apart; for `undefined` they do not hold.
   * @default the merchant, else the principal, the user or the service that authentication found, else the address
   */
  readonly key?: ((c: ContextLike) => string | undefined) | undefined;
  /**
   * Units that a request takes, a whole number from 0. More than the limit of a policy is all of it.
   * @default 1
   */
  readonly cost?: ((c: ContextLike) => number) | undefined;
  /**
   * Where it is kept what was taken.
   * @default createMemoryRateLimitStore()
   */
  readonly store?: RateLimitStore | undefined;
  /**
   * Whether a request passes, or is refused with 503, while the store fails.
   * @default "open"
   */
  readonly onStoreError?: "closed" | "open" | undefined;
  /**
   * Milliseconds that the store has for an answer; after them it has failed.
   * @default 100
   */
  readonly storeTimeoutMs?: number | undefined;
  /**
   * Which headers say what is left: those of the IETF's draft, `RateLimit` and `RateLimit-Policy`, or none. `Retry-After`
   * is sent in any case.
   * @default "draft"
   */
  readonly headers?: "draft" | false | undefined;
  /**
   * Receives the warnings.
   * @default that of glamMiddleware
   */
  readonly logger?: LoggerLike | undefined;
}
